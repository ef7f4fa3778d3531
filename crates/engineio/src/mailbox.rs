//! The queue between anyone who sends and the one task that writes.
//!
//! It is bounded in bytes and never waits: a push succeeds, or it says why not. The owner takes the
//! whole backlog with one lock, and reports with [`Mailbox::report`] what of it is not written yet; so
//! [`Mailbox::buffered`] counts what has not left yet, wherever it lies.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use engineio_proto::Backlog;
use tokio::sync::Notify;

/// A queue with many senders and one owner. Clones share it.
pub struct Mailbox<T>(Arc<Inner<T>>);

struct Inner<T> {
    limit: usize,
    state: Mutex<State<T>>,
    /// Wakes those who wait for the mailbox to drain or to close.
    changed: Notify,
}

struct State<T> {
    items: VecDeque<T>,
    /// Bytes of `items`.
    queued: usize,
    /// Those, and what the owner took and has not reported as written.
    backlog: Backlog,
    /// The owner could write an item at once.
    idle: bool,
    status: Status,
    /// The owner, while it waits for items.
    owner: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq)]
enum Status {
    Open,
    /// An item did not fit; the owner has still to be told.
    Overflowed,
    Closed,
}

/// Why a mailbox did not take an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushError {
    /// The item would have passed the limit. The mailbox takes nothing more.
    Overflow,
    /// A volatile item came while something else waits to be written.
    Busy,
    /// The owner is gone.
    Closed,
}

/// An item did not fit, and what waited has been dropped: the peer is too slow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;

impl<T> Clone for Mailbox<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> fmt::Debug for Mailbox<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mailbox").field("buffered", &self.buffered()).finish_non_exhaustive()
    }
}

impl<T> Mailbox<T> {
    /// Creates a mailbox for up to `limit` bytes.
    ///
    /// One item larger than all that may wait passes, and does not count against what comes behind it.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let state = State {
            items: VecDeque::new(),
            queued: 0,
            backlog: Backlog::default(),
            idle: false,
            status: Status::Open,
            owner: None,
        };
        Self(Arc::new(Inner { limit, state: Mutex::new(state), changed: Notify::new() }))
    }

    /// Adds an item of `bytes` bytes.
    ///
    /// # Errors
    /// [`PushError::Overflow`] if the limit would be passed, [`PushError::Closed`] after
    /// [`Mailbox::close`] or an overflow.
    pub fn push(&self, item: T, bytes: usize) -> Result<(), PushError> {
        self.push_into(self.lock(), item, bytes)
    }

    /// Adds an item of `bytes` bytes if it would be written at once.
    ///
    /// # Errors
    /// [`PushError::Busy`] if anything waits to be written, otherwise as [`Mailbox::push`].
    pub fn push_volatile(&self, item: T, bytes: usize) -> Result<(), PushError> {
        let state = self.lock();
        if state.status == Status::Open && !state.idle {
            return Err(PushError::Busy);
        }
        self.push_into(state, item, bytes)
    }

    fn push_into(
        &self,
        mut state: MutexGuard<'_, State<T>>,
        item: T,
        bytes: usize,
    ) -> Result<(), PushError> {
        if state.status != Status::Open {
            drop(state); // before the item is, which may own anything
            return Err(PushError::Closed);
        }
        let overflows = !state.backlog.admit(bytes, self.0.limit);
        let dropped = if overflows {
            state.status = Status::Overflowed;
            state.queued = 0;
            std::mem::take(&mut state.items)
        } else {
            state.queued += bytes;
            state.idle = false;
            state.items.push_back(item);
            VecDeque::new()
        };
        let owner = state.owner.take();
        drop(state);
        drop(dropped); // outside the lock as well
        if let Some(owner) = owner {
            owner.wake();
        }
        if overflows {
            self.0.changed.notify_waiters();
            return Err(PushError::Overflow);
        }
        Ok(())
    }

    /// Waits for items and takes them all. Only the owner may call it. Cancel safe.
    ///
    /// # Errors
    /// [`Overflow`], once, when an item did not fit.
    pub fn poll_take(&self, cx: &mut Context<'_>) -> Poll<Result<VecDeque<T>, Overflow>> {
        let mut state = self.lock();
        if state.status == Status::Overflowed {
            state.status = Status::Closed;
            return Poll::Ready(Err(Overflow));
        }
        if state.items.is_empty() {
            if !state.owner.as_ref().is_some_and(|owner| owner.will_wake(cx.waker())) {
                state.owner = Some(cx.waker().clone());
            }
            return Poll::Pending;
        }
        state.queued = 0;
        Poll::Ready(Ok(std::mem::take(&mut state.items)))
    }

    /// Reports how many bytes of what was taken are not written yet, and whether the next item would be
    /// written at once.
    pub fn report(&self, unwritten: usize, idle: bool) {
        let mut state = self.lock();
        if state.status != Status::Open {
            return;
        }
        let waiting = state.queued + unwritten;
        state.backlog.set_waiting(waiting, self.0.limit);
        state.idle = idle && state.items.is_empty();
        let drained = waiting == 0;
        drop(state);
        if drained {
            self.0.changed.notify_waiters();
        }
    }

    /// Refuses further items and drops those that wait.
    pub fn close(&self) {
        let mut state = self.lock();
        state.status = Status::Closed;
        state.idle = false;
        (state.queued, state.backlog) = (0, Backlog::default());
        let dropped = (std::mem::take(&mut state.items), state.owner.take());
        drop(state);
        drop(dropped);
        self.0.changed.notify_waiters();
    }

    /// Returns the bytes that have not been written yet.
    #[must_use]
    pub fn buffered(&self) -> usize {
        self.lock().backlog.waiting()
    }

    /// Waits until everything is written or the mailbox is closed. Cancel safe.
    pub async fn drained(&self) {
        self.wait(|state| state.backlog.waiting() == 0 || state.status != Status::Open).await;
    }

    /// Waits until the mailbox is closed. Cancel safe.
    pub async fn closed(&self) {
        self.wait(|state| state.status != Status::Open).await;
    }

    async fn wait(&self, condition: impl Fn(&State<T>) -> bool) {
        loop {
            let changed = self.0.changed.notified(); // from here on, no change is missed
            if condition(&self.lock()) {
                return;
            }
            changed.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        // No code of others runs under this lock, so a panic cannot leave the state half changed.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::{Future, poll_fn};
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::task::Wake;

    async fn take<T>(mailbox: &Mailbox<T>) -> Result<VecDeque<T>, Overflow> {
        poll_fn(|cx| mailbox.poll_take(cx)).await
    }

    #[tokio::test]
    async fn every_item_arrives_in_order() {
        let mailbox = Mailbox::new(usize::MAX);
        let sender = mailbox.clone();
        let thread =
            std::thread::spawn(move || (0..10_000).for_each(|n| sender.push(n, 1).unwrap()));
        let mut next = 0;
        while next < 10_000 {
            for n in take(&mailbox).await.unwrap() {
                assert_eq!(n, next);
                next += 1;
            }
        }
        thread.join().unwrap();
        mailbox.close();
        assert_eq!(mailbox.push(1, 1), Err(PushError::Closed));
    }

    #[tokio::test]
    async fn the_limit_counts_what_is_taken_and_not_flushed() {
        let mailbox = Mailbox::new(10);
        mailbox.push("a", 6).unwrap();
        take(&mailbox).await.unwrap();
        assert_eq!(mailbox.buffered(), 6);
        assert_eq!(mailbox.push("b", 5), Err(PushError::Overflow));
        assert_eq!(take(&mailbox).await, Err(Overflow));
        assert_eq!(mailbox.push("c", 1), Err(PushError::Closed));
    }

    #[tokio::test]
    async fn one_item_larger_than_the_limit_passes_and_counts_against_no_other() {
        let mailbox = Mailbox::new(10);
        mailbox.push("large", 100).unwrap();
        assert_eq!(take(&mailbox).await.unwrap(), ["large"]);
        mailbox.report(0, true);
        mailbox.push("large", 100).unwrap();
        mailbox.push("small", 10).unwrap();
        assert_eq!(mailbox.push("small", 1), Err(PushError::Overflow));
    }

    #[tokio::test]
    async fn a_volatile_item_passes_only_when_nothing_waits() {
        let mailbox = Mailbox::new(10);
        assert_eq!(mailbox.push_volatile(1, 1), Err(PushError::Busy));
        mailbox.report(0, true);
        mailbox.push_volatile(2, 1).unwrap();
        assert_eq!(mailbox.push_volatile(3, 1), Err(PushError::Busy));
        assert_eq!(take(&mailbox).await.unwrap(), [2]);
        assert_eq!(mailbox.push_volatile(4, 1), Err(PushError::Busy));
        mailbox.report(0, true);
        mailbox.push_volatile(5, 1).unwrap();
    }

    #[tokio::test]
    async fn draining_ends_when_all_is_flushed_or_the_mailbox_closes() {
        let mailbox = Mailbox::new(10);
        mailbox.push(1, 1).unwrap();
        let mut drained = pin!(mailbox.drained());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(drained.as_mut().poll(&mut cx).is_pending());
        take(&mailbox).await.unwrap();
        assert!(drained.as_mut().poll(&mut cx).is_pending());
        mailbox.report(0, true);
        drained.await;

        mailbox.push(2, 1).unwrap();
        let closing = mailbox.clone();
        tokio::join!(mailbox.drained(), async { closing.close() });
    }

    #[tokio::test]
    async fn an_overflow_ends_every_wait() {
        let mailbox = Mailbox::new(10);
        mailbox.push(1, 10).unwrap();
        let mut drained = pin!(mailbox.drained());
        let mut closed = pin!(mailbox.closed());
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut cx = Context::from_waker(&waker);
        assert!(drained.as_mut().poll(&mut cx).is_pending());
        assert!(closed.as_mut().poll(&mut cx).is_pending());
        mailbox.push(2, 1).unwrap_err();
        assert!(woken.0.load(Ordering::Relaxed));
        drained.await;
        closed.await;
    }

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_mailbox_forgets_who_gave_up_waiting() {
        let mailbox = Mailbox::<u8>::new(10);
        let task = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&task));
        let mut cx = Context::from_waker(&waker);
        let alone = Arc::strong_count(&task);
        assert!(pin!(mailbox.closed()).poll(&mut cx).is_pending());
        assert_eq!(Arc::strong_count(&task), alone);
        assert!(mailbox.poll_take(&mut cx).is_pending());
        mailbox.close();
        assert_eq!(Arc::strong_count(&task), alone);
    }

    #[test]
    fn items_are_dropped_outside_the_lock() {
        struct Item(Mailbox<Self>);

        impl Drop for Item {
            fn drop(&mut self) {
                assert!(self.0.0.state.try_lock().is_ok());
            }
        }

        let mailbox = Mailbox::new(10);
        let push = |bytes| mailbox.push(Item(mailbox.clone()), bytes);
        assert_eq!(mailbox.push_volatile(Item(mailbox.clone()), 1), Err(PushError::Busy));
        push(1).unwrap();
        assert_eq!(push(10), Err(PushError::Overflow));
        assert_eq!(push(1), Err(PushError::Closed));
        mailbox.close();
        assert_eq!(push(1), Err(PushError::Closed));
    }
}
