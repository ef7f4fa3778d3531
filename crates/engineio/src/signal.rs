//! Tells one reason to wake a task from all others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

/// Says whether a source woke its task, so that a wake by another costs it nothing.
#[derive(Debug)]
pub(crate) struct Signal {
    inner: Arc<Inner>,
    /// Sets the signal and wakes the task.
    waker: Waker,
}

#[derive(Debug)]
struct Inner {
    fired: AtomicBool,
    task: Waker,
}

impl Signal {
    /// Creates a signal for this task. It is set: the source has to be asked once to know whom to wake.
    pub(crate) fn new(task: &Waker) -> Self {
        let inner = Arc::new(Inner { fired: AtomicBool::new(true), task: task.clone() });
        Self { waker: Arc::clone(&inner).into(), inner }
    }

    /// Returns the task that is woken.
    pub(crate) fn task(&self) -> &Waker {
        &self.inner.task
    }

    /// Returns what the source is to wake.
    pub(crate) fn waker(&self) -> &Waker {
        &self.waker
    }

    /// Says whether the source may have something new since the last call.
    pub(crate) fn take(&self) -> bool {
        // A load alone when it is not: that is most wakes of who is written to.
        self.inner.fired.load(Ordering::Relaxed) && self.inner.fired.swap(false, Ordering::Acquire)
    }
}

impl Wake for Inner {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.fired.store(true, Ordering::Release);
        self.task.wake_by_ref();
    }
}
