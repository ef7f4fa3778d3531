//! The acknowledgements that one socket still owes.

use std::collections::HashMap;

use socketio_proto::Arguments;

use crate::ack::Waiter;

/// Entries below which nothing is swept.
const MIN_SWEEP: usize = 16;

/// Who waits for which acknowledgement. Dropping it tells everybody that none will come.
#[derive(Debug)]
pub(crate) struct Pending {
    waiters: HashMap<u64, Waiter>,
    /// Entries at which those that nobody waits for any more are swept.
    sweep_at: usize,
}

impl Default for Pending {
    fn default() -> Self {
        Self { waiters: HashMap::new(), sweep_at: MIN_SWEEP }
    }
}

impl Pending {
    /// Adds a waiter. Amortised O(1).
    ///
    /// Late acknowledgements leave entries behind: they are swept whenever the number has doubled, so at most
    /// half are dead.
    pub(crate) fn insert(&mut self, ack: u64, waiter: Waiter) {
        if self.waiters.len() >= self.sweep_at {
            self.waiters.retain(|_, waiter| !waiter.is_abandoned());
            self.sweep_at = MIN_SWEEP.max(2 * self.waiters.len());
        }
        self.waiters.insert(ack, waiter);
    }

    /// Hands an answer to who waits for it, or says that nobody does.
    pub(crate) fn answer(&mut self, ack: u64, arguments: Arguments) -> bool {
        let waiter = self.waiters.remove(&ack);
        let found = waiter.is_some();
        if let Some(waiter) = waiter {
            waiter.answer(arguments);
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;

    use super::*;
    use crate::ack::{AckError, AckFuture, Acks};
    use crate::id::SocketId;

    #[test]
    fn what_nobody_waits_for_is_swept() {
        let mut pending = Pending::default();
        for ack in 0..10_000 {
            let (waiter, future) = AckFuture::<()>::new(None);
            drop(future);
            pending.insert(ack, waiter);
        }
        assert!(pending.waiters.len() <= MIN_SWEEP);
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_not_answered_in_time_is_swept() {
        let mut pending = Pending::default();
        for ack in 0..1_000 {
            let deadline = Some(Instant::now() + Duration::from_secs(1));
            let (waiter, one) = AckFuture::<()>::new(deadline);
            pending.insert(2 * ack, waiter);
            let (shares, many) = Acks::<()>::new(deadline);
            let id = SocketId::random();
            pending.insert(2 * ack + 1, shares.waiter(id));
            assert_eq!(one.await, Err(AckError::Timeout));
            let late = (Some(id), Err(AckError::Timeout));
            assert_eq!(many.expect(vec![id]).collect().await, [late]);
        }
        assert!(pending.waiters.len() <= MIN_SWEEP);
    }

    #[test]
    fn what_somebody_waits_for_stays() {
        let mut pending = Pending::default();
        let futures: Vec<_> = (0..1_000)
            .map(|ack| {
                let (waiter, future) = AckFuture::<()>::new(None);
                pending.insert(ack, waiter);
                future
            })
            .collect();
        assert!((0..1_000).all(|ack| pending.answer(ack, Arguments::default())));
        assert!(!pending.answer(0, Arguments::default()), "an answer counts once");
        drop(futures);
    }
}
