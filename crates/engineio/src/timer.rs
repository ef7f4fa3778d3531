//! The one timer of a session.

use std::future::Future;
use std::pin::Pin;
use std::task::Context;
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

/// Wakes a task at a deadline that moves.
///
/// A deadline that moved away is looked at again when the old one passes: most do, so the timer is touched
/// once a ping rather than once a packet.
#[derive(Debug)]
pub(crate) struct Timer {
    sleep: Pin<Box<Sleep>>,
    /// The timer knows whom to wake.
    armed: bool,
}

impl Timer {
    /// Begins with a deadline after this time, however long that is.
    pub(crate) fn new(after: Duration) -> Self {
        Self { sleep: Box::pin(sleep(after)), armed: false }
    }

    /// Notes that another task waits from here on.
    pub(crate) fn rouse(&mut self) {
        self.armed = false;
    }

    /// Returns the time if the deadline has passed. Costs a load if the timer has not fired.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, deadline: Instant) -> Option<Instant> {
        if deadline < self.sleep.deadline() {
            self.sleep.as_mut().reset(deadline);
            self.armed = false;
        }
        while !self.armed || self.sleep.is_elapsed() {
            self.armed = self.sleep.as_mut().poll(cx).is_pending();
            if self.armed {
                return None;
            }
            self.sleep.as_mut().reset(deadline);
            let now = Instant::now();
            if deadline <= now {
                return Some(now);
            }
        }
        None
    }
}
