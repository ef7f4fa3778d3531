//! What a namespace says to the same namespace of other servers, and what it waits for.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socketio_cluster::{Body, Message, NodeId, RequestId, SocketDetails};
use socketio_proto::Value;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout_at};

/// Time between two signs of life.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(5);
/// Time without one after which a server is counted on no more.
const HEARTBEAT_TIMEOUT: Duration = Duration::from_secs(10);
/// Bytes that may wait for a bus that does not take them, if the application does not say.
pub(crate) const MAX_WAITING: usize = 64 * 1024 * 1024;

/// The way of a server to its bus, shared by its namespaces.
#[derive(Clone, Debug)]
pub(crate) struct Outbox {
    pub(crate) node: NodeId,
    messages: UnboundedSender<Message>,
    waiting: Arc<AtomicUsize>,
    /// Bytes that may wait for a bus that does not take them.
    pub(crate) max_waiting: usize,
}

/// What waits for the bus.
#[derive(Debug)]
pub(crate) struct Queue {
    messages: UnboundedReceiver<Message>,
    waiting: Arc<AtomicUsize>,
}

/// Makes the way of a server to its bus.
pub(crate) fn outbox() -> (Outbox, Queue) {
    let (sender, messages) = mpsc::unbounded_channel();
    let waiting = Arc::new(AtomicUsize::new(0));
    let node = NodeId::new(&random_digits());
    let outbox =
        Outbox { node, messages: sender, waiting: Arc::clone(&waiting), max_waiting: MAX_WAITING };
    (outbox, Queue { messages, waiting })
}

impl Outbox {
    fn push(&self, message: Message) {
        let size = message.size();
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed);
        if waiting > self.max_waiting {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            return tracing::warn!(waiting, "the bus is too slow: a message to it is dropped");
        }
        if self.messages.send(message).is_err() {
            self.waiting.fetch_sub(size, Ordering::Relaxed); // its task is gone, with the runtime
        }
    }
}

impl Queue {
    /// Waits for the next message, or returns `None` when there is no namespace any more.
    pub(crate) async fn next(&mut self) -> Option<Message> {
        let message = self.messages.recv().await?;
        self.waiting.fetch_sub(message.size(), Ordering::Relaxed);
        Some(message)
    }
}

fn random_digits() -> String {
    format!("{:016x}", rand::random::<u64>())
}

/// One namespace's link to the same namespace of other servers.
pub(crate) struct Link {
    outbox: Outbox,
    namespace: Arc<str>,
    /// The others were told that nobody answers here any more.
    is_closed: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Others that have the namespace, and when they were last heard.
    peers: HashMap<NodeId, Instant>,
    requests: HashMap<RequestId, UnboundedSender<(NodeId, Reply)>>,
    next_heartbeat: Instant,
}

/// What another server answers.
#[derive(Debug)]
pub(crate) enum Reply {
    /// Its sockets.
    Sockets(Vec<SocketDetails>),
    /// What its handler of the event returned.
    Emitted(Vec<Value>),
    /// So many of its clients are to acknowledge.
    Clients(usize),
    /// One of them did, or left.
    Ack(Option<Box<str>>, Option<Vec<Value>>),
    /// It is gone: it answers no more.
    Gone,
}

impl Link {
    /// Tells the others that the namespace is there.
    pub(crate) fn new(outbox: Outbox, namespace: &str) -> Self {
        let state = State {
            peers: HashMap::new(),
            requests: HashMap::new(),
            next_heartbeat: Instant::now() + HEARTBEAT_INTERVAL,
        };
        let (namespace, is_closed) = (namespace.into(), AtomicBool::new(false));
        let link = Self { outbox, namespace, is_closed, state: Mutex::new(state) };
        link.publish(Body::InitialHeartbeat);
        link
    }

    pub(crate) fn publish(&self, body: Body) {
        let from = match self.is_closed() {
            // What is still emitted must not make the others count on this server again.
            true => NodeId::new(NodeId::EMITTER),
            false => self.outbox.node.clone(),
        };
        self.send(from, None, body);
    }

    pub(crate) fn answer(&self, to: NodeId, body: Body) {
        self.send(self.outbox.node.clone(), Some(to), body);
    }

    fn send(&self, from: NodeId, to: Option<NodeId>, body: Body) {
        let namespace = Arc::clone(&self.namespace);
        self.outbox.push(Message { from, to, namespace, body });
    }

    /// Asks all other servers.
    pub(crate) fn ask(self: &Arc<Self>, question: impl FnOnce(RequestId) -> Body) -> Asked {
        let request = RequestId::new(&random_digits());
        let (sender, replies) = mpsc::unbounded_channel();
        let mut state = self.lock();
        let servers = state.peers.keys().cloned().collect();
        state.requests.insert(request.clone(), sender);
        drop(state);
        self.publish(question(request.clone()));
        Asked { servers, replies, request, link: Arc::clone(self) }
    }

    /// Notes that another server lives.
    pub(crate) fn heard(&self, from: &NodeId) {
        if from.is_emitter() {
            return;
        }
        if self.lock().peers.insert(from.clone(), Instant::now()).is_none() {
            tracing::debug!(namespace = &*self.namespace, server = %from, "a server came");
        }
    }

    /// Notes that another server is gone: nobody waits for it any more.
    pub(crate) fn lost(&self, node: &NodeId) {
        let mut state = self.lock();
        if state.peers.remove(node).is_some() {
            tracing::debug!(namespace = &*self.namespace, server = %node, "a server is gone");
        }
        for request in state.requests.values() {
            let _ = request.send((node.clone(), Reply::Gone)); // nobody may wait any more
        }
    }

    /// Hands an answer to who waits for it. It may be late.
    pub(crate) fn answered(&self, request: &RequestId, from: NodeId, reply: Reply) {
        match self.lock().requests.get(request) {
            Some(waiting) => drop(waiting.send((from, reply))),
            None => tracing::debug!(%request, server = %from, "an answer nobody waits for"),
        }
    }

    /// Says that this server lives, if it is time to, and notes who has not said so for long.
    pub(crate) fn tick(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        let is_due = state.next_heartbeat <= now && !self.is_closed();
        if is_due {
            state.next_heartbeat = now + HEARTBEAT_INTERVAL;
        }
        let silent = |last: &Instant| now.duration_since(*last) > HEARTBEAT_TIMEOUT;
        let peers = state.peers.iter();
        let lost: Vec<_> =
            peers.filter(|(_, last)| silent(last)).map(|(node, _)| node.clone()).collect();
        drop(state);
        lost.iter().for_each(|node| self.lost(node));
        if is_due {
            self.publish(Body::Heartbeat);
        }
    }

    /// Tells the others that nobody answers here any more, once, and waits for none of them.
    pub(crate) fn close(&self) {
        if !self.is_closed.swap(true, Ordering::AcqRel) {
            self.send(self.outbox.node.clone(), None, Body::AdapterClose);
            let peers: Vec<_> = self.lock().peers.keys().cloned().collect();
            peers.iter().for_each(|node| self.lost(node));
        }
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.load(Ordering::Acquire)
    }

    /// Returns how many servers have the namespace, this one included.
    pub(crate) fn servers(&self) -> usize {
        1 + self.lock().peers.len()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // No panic leaves it half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.close();
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("node", &self.outbox.node).finish_non_exhaustive()
    }
}

/// A question to all other servers. Dropping it forgets what they answer.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Those that were there when it was asked.
    pub(crate) servers: HashSet<NodeId>,
    pub(crate) replies: UnboundedReceiver<(NodeId, Reply)>,
    request: RequestId,
    link: Arc<Link>,
}

impl Asked {
    /// Waits for one answer of each server that was there, and is not gone meanwhile. Returns what came by the
    /// deadline, and how many were waited for.
    pub(crate) async fn gather(mut self, deadline: Instant) -> (Vec<Reply>, usize) {
        let (mut waiting, mut gathered) = (std::mem::take(&mut self.servers), Vec::new());
        while !waiting.is_empty() {
            let Ok(Some((from, reply))) = timeout_at(deadline, self.replies.recv()).await else {
                break;
            };
            match (waiting.remove(&from), reply) {
                (true, Reply::Gone) | (false, _) => {}
                (true, reply) => gathered.push(reply),
            }
        }
        let expected = gathered.len() + waiting.len();
        (gathered, expected)
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        self.link.lock().requests.remove(&self.request);
    }
}

#[cfg(test)]
mod tests {
    use engineio::Text;
    use socketio_cluster::Options;
    use socketio_proto::Encoded;

    use super::*;

    fn link() -> (Arc<Link>, Queue) {
        let (outbox, queue) = outbox();
        (Arc::new(Link::new(outbox, "/")), queue)
    }

    fn heartbeat(queue: &mut Queue) -> Option<Body> {
        Some(queue.messages.try_recv().ok()?.body)
    }

    #[tokio::test]
    async fn what_a_bus_does_not_take_is_dropped_at_the_limit_and_what_it_takes_makes_room() {
        const SIZE: usize = 1024 * 1024;
        let (link, mut queue) = link();
        let text = Text::from(&*" ".repeat(SIZE));
        let publish = || {
            let packet = Encoded { first: text.clone().into(), rest: None };
            link.publish(Body::Broadcast { packet, options: Options::default(), request: None });
        };
        (0..100).for_each(|_| publish());
        let held = queue.messages.len() - 1; // beside the first heartbeat
        assert_eq!(held, MAX_WAITING / SIZE);
        queue.next().await.unwrap();
        queue.next().await.unwrap();
        publish();
        publish();
        assert_eq!(queue.messages.len(), held);
    }

    #[test]
    fn any_number_of_bytes_may_wait_for_the_bus_if_the_application_says_so() {
        let (mut outbox, queue) = outbox();
        outbox.max_waiting = usize::MAX;
        let text = Text::from(&*" ".repeat(1024 * 1024));
        for _ in 0..100 {
            let packet = Encoded { first: text.clone().into(), rest: None };
            let body = Body::Broadcast { packet, options: Options::default(), request: None };
            let (from, namespace) = (outbox.node.clone(), "/".into());
            outbox.push(Message { from, to: None, namespace, body });
        }
        assert_eq!(queue.messages.len(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_says_that_it_lives_every_five_seconds_until_it_goes() {
        let (link, mut queue) = link();
        assert_eq!(heartbeat(&mut queue), Some(Body::InitialHeartbeat));
        for _ in 0..3 {
            tokio::time::advance(HEARTBEAT_INTERVAL).await;
            link.tick();
            assert_eq!(heartbeat(&mut queue), Some(Body::Heartbeat));
            link.tick();
            assert_eq!(heartbeat(&mut queue), None);
        }
        link.close();
        assert_eq!(heartbeat(&mut queue), Some(Body::AdapterClose));
        tokio::time::advance(HEARTBEAT_INTERVAL).await;
        link.tick();
        drop(link);
        assert_eq!(heartbeat(&mut queue), None, "it said so once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_counted_on_until_it_is_silent_for_long() {
        let (link, _queue) = link();
        let (ana, ben) = (NodeId::new("ana"), NodeId::new("ben"));
        link.heard(&ana);
        link.heard(&ben);
        link.heard(&NodeId::new("emitter"));
        assert_eq!(link.servers(), 3);
        tokio::time::advance(HEARTBEAT_TIMEOUT).await;
        link.tick();
        assert_eq!(link.servers(), 3);
        link.heard(&ben);
        let asked = link.ask(|request| Body::ServerSideEmit {
            event: "x".into(),
            arguments: Vec::new(),
            request: Some(request),
        });
        tokio::time::advance(Duration::from_secs(1)).await;
        link.tick();
        assert_eq!(link.servers(), 2);
        link.lost(&ben);
        let (replies, expected) = asked.gather(Instant::now()).await;
        assert!(replies.is_empty());
        assert_eq!((expected, link.lock().requests.len()), (0, 0));
    }
}
