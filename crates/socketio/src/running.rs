//! The handlers of one connection, run by its own task: in order to start, together once they wait.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tracing::Span;

use crate::handler::BoxFuture;

/// A handler that runs, and what is to be done when it ends.
pub(crate) struct Job<T, O> {
    future: BoxFuture<O>,
    span: Span,
    /// What its end is for.
    task: Option<T>,
}

impl<T, O> Unpin for Job<T, O> {}

/// How a handler ended: with its outcome, or by a panic.
pub(crate) struct Ended<T, O> {
    pub(crate) task: T,
    pub(crate) span: Span,
    pub(crate) outcome: Result<O, Panicked>,
}

/// A handler panicked. The panic hook has printed it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a handler panicked")
    }
}

impl std::error::Error for Panicked {}

impl<T, O> Future for Job<T, O> {
    type Output = Ended<T, O>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Ended<T, O>> {
        let this = &mut *self;
        let entered = this.span.enter();
        // A panic leaves nothing behind but the future, which is not polled again.
        let polled = catch_unwind(AssertUnwindSafe(|| this.future.as_mut().poll(cx)));
        drop(entered);
        let outcome = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(outcome)) => Ok(outcome),
            Err(_) => Err(Panicked),
        };
        let task = this.task.take().expect("a future is not polled after it ended");
        Poll::Ready(Ended { task, span: this.span.clone(), outcome })
    }
}

/// Handlers that have started and not ended.
pub(crate) struct Running<T, O> {
    jobs: FuturesUnordered<Job<T, O>>,
}

impl<T, O> Default for Running<T, O> {
    fn default() -> Self {
        Self { jobs: FuturesUnordered::new() }
    }
}

impl<T, O> fmt::Debug for Running<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("jobs", &self.jobs.len()).finish()
    }
}

impl<T, O> Running<T, O> {
    /// Starts a handler: runs it to its first wait, as JavaScript does. Returns how it ended, if it did.
    ///
    /// Most handlers never wait, so most cost no scheduling at all.
    pub(crate) fn start(
        &mut self,
        task: T,
        span: Span,
        future: BoxFuture<O>,
    ) -> Option<Ended<T, O>> {
        let mut job = Job { future, span, task: Some(task) };
        // If it waits, it is polled again with a waker of its own as soon as it is among the others.
        match Pin::new(&mut job).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ended) => Some(ended),
            Poll::Pending => {
                self.jobs.push(job);
                None
            }
        }
    }

    /// Runs the handlers until one ends, or returns `None` if there are none.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended<T, O>>> {
        self.jobs.poll_next_unpin(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn handlers_start_in_order_and_wait_together() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut running = Running::default();
        for (name, wait) in [("slow", 20), ("instant", 0), ("quick", 10), ("panics", 1)] {
            let said = Arc::clone(&log);
            let ended = running.start(
                name,
                Span::none(),
                Box::pin(async move {
                    said.lock().unwrap().push(format!("{name} starts"));
                    if wait > 0 {
                        tokio::time::sleep(Duration::from_millis(wait)).await;
                    }
                    assert_ne!(name, "panics");
                }),
            );
            if let Some(ended) = ended {
                log.lock().unwrap().push(format!("{} ends", ended.task));
            }
        }
        while let Some(ended) = poll_fn(|cx| running.poll_next(cx)).await {
            let how = if ended.outcome.is_ok() { "ends" } else { "panicked" };
            log.lock().unwrap().push(format!("{} {how}", ended.task));
        }
        let log = log.lock().unwrap().join(", ");
        assert_eq!(
            log,
            "slow starts, instant starts, instant ends, quick starts, panics starts, \
             panics panicked, quick ends, slow ends"
        );
    }
}
