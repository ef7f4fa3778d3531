//! The handlers of one connection, run by its own task: in order to start, together once they wait.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

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
        let outcome = ready!(poll(&mut this.future, &this.span, cx));
        let task = this.task.take().expect("a future is not polled after it ended");
        Poll::Ready(Ended { task, span: this.span.clone(), outcome })
    }
}

/// Runs a handler that has just started to its first wait, as JavaScript does. Returns its outcome if it has one.
///
/// Most handlers never wait, so most cost no scheduling at all. One that does is for [`Running::push`].
pub(crate) fn start<O>(future: &mut BoxFuture<O>, span: &Span) -> Poll<Result<O, Panicked>> {
    // If it waits, it is polled again with a waker of its own as soon as it is among the others.
    poll(future, span, &mut Context::from_waker(Waker::noop()))
}

/// Runs a handler that has started to its end.
pub(crate) async fn finish<O>(future: &mut BoxFuture<O>, span: &Span) -> Result<O, Panicked> {
    poll_fn(|cx| poll(future, span, cx)).await
}

fn poll<O>(
    future: &mut BoxFuture<O>,
    span: &Span,
    cx: &mut Context<'_>,
) -> Poll<Result<O, Panicked>> {
    let _entered = span.enter();
    // A panic leaves nothing behind but the future, which is not polled again.
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(outcome)) => Poll::Ready(Ok(outcome)),
        Err(_) => Poll::Ready(Err(Panicked)),
    }
}

/// Handlers that have started and not ended.
pub(crate) struct Running<T, O> {
    /// Made when a handler waits, and gone when none does: most clients have none.
    jobs: Option<Box<FuturesUnordered<Job<T, O>>>>,
}

impl<T, O> Default for Running<T, O> {
    fn default() -> Self {
        Self { jobs: None }
    }
}

impl<T, O> fmt::Debug for Running<T, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let jobs = self.jobs.as_ref().map_or(0, |jobs| jobs.len());
        f.debug_struct("Running").field("jobs", &jobs).finish()
    }
}

impl<T, O> Running<T, O> {
    /// Adds a handler that waits.
    pub(crate) fn push(&mut self, task: T, span: Span, future: BoxFuture<O>) {
        let jobs = self.jobs.get_or_insert_with(Box::default);
        jobs.push(Job { future, span, task: Some(task) });
    }

    /// Runs the handlers until one ends, or returns `None` if there are none.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Ended<T, O>>> {
        let Some(jobs) = &mut self.jobs else { return Poll::Ready(None) };
        let ended = ready!(jobs.poll_next_unpin(cx));
        if jobs.is_empty() {
            self.jobs = None;
        }
        Poll::Ready(ended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn handlers_start_in_order_and_wait_together() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let mut running = Running::default();
        for (name, wait) in [("slow", 20), ("instant", 0), ("quick", 10), ("panics", 1)] {
            let said = Arc::clone(&log);
            let mut future: BoxFuture<()> = Box::pin(async move {
                said.lock().unwrap().push(format!("{name} starts"));
                if wait > 0 {
                    tokio::time::sleep(Duration::from_millis(wait)).await;
                }
                assert_ne!(name, "panics");
            });
            match start(&mut future, &Span::none()) {
                Poll::Ready(_) => log.lock().unwrap().push(format!("{name} ends")),
                Poll::Pending => running.push(name, Span::none(), future),
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
