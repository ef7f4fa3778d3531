//! A cluster in one process.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::bus::{Bus, BusError};
use crate::message::Message;

/// Joins servers of one process: for tests of what a cluster does. Clones are the same bus.
///
/// ```
/// # use socketio_cluster::{Body, Bus, MemoryBus, Message, NodeId};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), socketio_cluster::BusError> {
/// let bus = MemoryBus::new();
/// let (ana, ben) = (bus.connect(), bus.connect());
/// let (from, namespace) = (NodeId::new("ana"), "/".into());
/// let message = Message { from, to: None, namespace, body: Body::Heartbeat };
/// ana.publish(message.clone()).await?;
/// assert_eq!(ben.next().await, Some(message));
/// # Ok(())
/// # }
/// ```
///
/// Messages are handed over as they are, and nothing bounds those that wait for a server that does not take them.
#[derive(Clone, Debug, Default)]
pub struct MemoryBus(Arc<Mutex<Connections>>);

#[derive(Debug, Default)]
struct Connections {
    /// The number of the next connection.
    next: u64,
    open: Vec<(u64, UnboundedSender<Message>)>,
}

/// One server's end of a [`MemoryBus`].
pub struct MemoryConnection {
    bus: MemoryBus,
    number: u64,
    messages: tokio::sync::Mutex<UnboundedReceiver<Message>>,
}

impl MemoryBus {
    /// Makes a bus that joins nobody yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Joins one more server. It gets what others publish from now on, until it is dropped.
    #[must_use]
    pub fn connect(&self) -> MemoryConnection {
        let (sender, messages) = mpsc::unbounded_channel();
        let number = self.with(|connections| {
            let number = connections.next;
            connections.next += 1;
            connections.open.push((number, sender));
            number
        });
        MemoryConnection { bus: self.clone(), number, messages: messages.into() }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connections) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Bus for MemoryConnection {
    async fn publish(&self, message: Message) -> Result<(), BusError> {
        self.bus.with(|connections| {
            let others = connections.open.iter().filter(|(number, _)| *number != self.number);
            for (_, other) in others {
                let _ = other.send(message.clone()); // it may be about to go
            }
        });
        Ok(())
    }

    async fn next(&self) -> Option<Message> {
        self.messages.lock().await.recv().await
    }
}

impl Drop for MemoryConnection {
    fn drop(&mut self) {
        let number = self.number;
        self.bus.with(|connections| connections.open.retain(|(open, _)| *open != number));
    }
}

impl fmt::Debug for MemoryConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryConnection").field("number", &self.number).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Body;
    use crate::node::NodeId;

    fn heartbeat(from: &str) -> Message {
        let from = NodeId::new(from);
        Message { from, to: None, namespace: "/".into(), body: Body::Heartbeat }
    }

    #[tokio::test]
    async fn a_message_reaches_all_others_once_and_not_its_sender() {
        let bus = MemoryBus::new();
        let [ana, ben, eve] = [(); 3].map(|()| bus.connect());
        ana.publish(heartbeat("ana")).await.unwrap();
        ben.publish(heartbeat("ben")).await.unwrap();
        assert_eq!(ana.next().await, Some(heartbeat("ben")));
        assert_eq!(ben.next().await, Some(heartbeat("ana")));
        assert_eq!(eve.next().await, Some(heartbeat("ana")));
        assert_eq!(eve.next().await, Some(heartbeat("ben")));
    }

    #[tokio::test]
    async fn who_is_gone_is_sent_nothing() {
        let bus = MemoryBus::new();
        let (ana, ben) = (bus.connect(), bus.connect());
        drop(ben);
        ana.publish(heartbeat("ana")).await.unwrap();
        assert_eq!(bus.with(|connections| connections.open.len()), 1);
    }
}
