//! The tasks between a bus and the namespaces of a server.
//!
//! One publishes what the namespaces say, one message after the other. One takes in what other servers say, in the
//! order it comes, and says every few seconds that this server lives. Both end with the server.

use std::fmt;
use std::sync::{Arc, Weak};
use std::task::Poll;
use std::time::Duration;

use socketio_cluster::{Body, Bus, Message, NodeId, Options, RequestId};
use socketio_proto::{Encoded, Rest, Value};
use tokio::time::{Instant, timeout_at};
use tracing::{Span, debug, error, info_span, warn};

use crate::ack::{AckError, Acks};
use crate::broadcast::Broadcast;
use crate::error::Error;
use crate::handler::BoxFuture;
use crate::hosts::Host;
use crate::io::Inner;
use crate::link::{Link, Outbox, Queue, Reply, outbox};
use crate::running::{self, Panicked};
use crate::server_side::ServerSideEvent;
use crate::target::{Flags, Target, from_options};

/// Time between two looks at who lives.
const TICK: Duration = Duration::from_secs(1);

/// A bus whose tasks are not started.
pub(crate) struct Cluster {
    pub(crate) outbox: Outbox,
    start: Box<dyn FnOnce(Weak<Inner>) + Send>,
}

impl Cluster {
    pub(crate) fn new(bus: impl Bus) -> Self {
        let (outbox, queue) = outbox();
        let node = outbox.node.clone();
        let start = move |server| {
            let bus = Arc::new(bus);
            tokio::spawn(publish(Arc::clone(&bus), queue));
            tokio::spawn(receive(bus, node, server));
        };
        Self { outbox, start: Box::new(start) }
    }

    /// Starts the tasks.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub(crate) fn start(self, server: Weak<Inner>) {
        (self.start)(server);
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster").field("node", &self.outbox.node).finish_non_exhaustive()
    }
}

async fn publish(bus: Arc<impl Bus>, mut queue: Queue) {
    while let Some(message) = queue.next().await {
        if let Err(error) = bus.publish(message).await {
            warn!(%error, "a message to other servers is lost");
        }
    }
}

async fn receive(bus: Arc<impl Bus>, node: NodeId, server: Weak<Inner>) {
    let mut next_tick = Instant::now() + TICK;
    loop {
        let message = timeout_at(next_tick, bus.next()).await;
        let Some(server) = server.upgrade() else { return };
        match message {
            Ok(Some(message)) => on_message(&server, &node, message),
            Ok(None) => return warn!("the bus ended: this server hears nothing of others"),
            Err(_) => {}
        }
        if Instant::now() >= next_tick {
            server.hosts.links().iter().for_each(|link| link.tick());
            next_tick = Instant::now() + TICK;
        }
    }
}

fn on_message(server: &Inner, node: &NodeId, message: Message) {
    let Message { from, to, namespace, body } = message;
    if from == *node || to.is_some_and(|to| to != *node) {
        return;
    }
    let Some(host) = server.hosts.host(&namespace) else {
        return debug!(namespace = &*namespace, "other servers have a namespace that is not here");
    };
    let Some(link) = host.adapter.link(Flags::default()).filter(|link| !link.is_closed()) else {
        return;
    };
    if matches!(body, Body::AdapterClose) {
        return link.lost(&from);
    }
    link.heard(&from);
    let Some(body) = on_answer(link, &from, body) else { return };
    Incoming { host: &host, link, from }.on_body(body);
}

/// Hands an answer to who waits for it, or returns what is none.
fn on_answer(link: &Link, from: &NodeId, body: Body) -> Option<Body> {
    let (request, reply) = match body {
        Body::FetchSocketsResponse { request, sockets } => (request, Reply::Sockets(sockets)),
        Body::ServerSideEmitResponse { request, arguments } => (request, Reply::Emitted(arguments)),
        Body::BroadcastClientCount { request, clients } => (request, Reply::Clients(clients)),
        Body::BroadcastAck { request, socket, arguments } => {
            (request, Reply::Ack(socket, arguments))
        }
        body => return Some(body),
    };
    link.answered(&request, from.clone(), reply);
    None
}

/// What another server says to a namespace.
struct Incoming<'a> {
    host: &'a Host,
    link: &'a Arc<Link>,
    from: NodeId,
}

impl Incoming<'_> {
    fn on_body(self, body: Body) {
        let adapter = &self.host.adapter;
        match body {
            Body::InitialHeartbeat => self.link.publish(Body::Heartbeat),
            Body::Broadcast { packet, options, request } => {
                self.on_broadcast(&packet, options, request);
            }
            Body::SocketsJoin { options, rooms } => {
                adapter.join_all(&from_options(options).0, &rooms);
            }
            Body::SocketsLeave { options, rooms } => {
                adapter.leave_all(&from_options(options).0, &rooms);
            }
            Body::DisconnectSockets { options, close } => {
                adapter.disconnect_all(&from_options(options).0, close);
            }
            Body::FetchSockets { options, request } => {
                let sockets = adapter.details(&from_options(options).0);
                self.link.answer(self.from, Body::FetchSocketsResponse { request, sockets });
            }
            Body::ServerSideEmit { event, arguments, request } => {
                self.on_server_side_emit(event, arguments, request);
            }
            Body::Heartbeat
            | Body::AdapterClose
            | Body::FetchSocketsResponse { .. }
            | Body::ServerSideEmitResponse { .. }
            | Body::BroadcastClientCount { .. }
            | Body::BroadcastAck { .. } => {}
        }
    }

    fn on_broadcast(self, packet: &Encoded, options: Options, request: Option<RequestId>) {
        let Self { host: Host { adapter, .. }, link, from } = self;
        let (target, flags) = from_options(options);
        let ack = adapter.next_ack();
        let written = adapter.rewrite(packet, request.is_some().then_some(ack));
        let asked = match (written, &request) {
            (Ok(packet), None) => return adapter.broadcast(&target, &packet, flags, || {}),
            (Ok(packet), Some(_)) => {
                let (shares, acks) = Acks::<Rest>::new(adapter.ack_deadline(flags.timeout));
                let sent = adapter.ask(&target, (&packet, ack), &shares, flags, || {});
                Some((sent.len(), acks.expect(sent)))
            }
            (Err(error), _) => {
                warn!(server = %from, %error, "an event of another server cannot be read");
                None
            }
        };
        let Some(request) = request else { return };
        let clients = asked.as_ref().map_or(0, |(clients, _)| *clients);
        let count = Body::BroadcastClientCount { request: request.clone(), clients };
        link.answer(from.clone(), count);
        if let Some((_, acks)) = asked.filter(|(clients, _)| *clients > 0) {
            tokio::spawn(pass_on(acks, Arc::clone(link), from, request));
        }
    }

    fn on_server_side_emit(
        self,
        event: Box<str>,
        arguments: Vec<Value>,
        request: Option<RequestId>,
    ) {
        let Self { host, link, from } = self;
        let Some(handler) = host.handlers.server_side.get(&*event) else {
            return debug!(event = &*event, "nobody handles this event of another server");
        };
        let span = info_span!("server_side_emit", event = &*event, server = %from);
        let (target, flags) = (Target::default(), Flags::default());
        let namespace = Broadcast::new(Arc::clone(&host.adapter), target, flags);
        let mut future = handler(ServerSideEvent::new(event, from.clone(), arguments, namespace));
        let owed = request.map(|request| Owed { link: Arc::clone(link), to: from, request });
        // To its first wait, so that handlers start in the order of their events.
        match running::start(&mut future, &span) {
            Poll::Ready(outcome) => finish(owed, &span, outcome),
            Poll::Pending => drop(tokio::spawn(run(future, owed, span))),
        }
    }
}

/// Passes the acknowledgements of clients on to the server that asked for them.
async fn pass_on(mut acks: Acks<Rest>, link: Arc<Link>, to: NodeId, request: RequestId) {
    while let Some((socket, answer)) = acks.next().await {
        let arguments = match answer {
            Ok(arguments) => Some(arguments.into_values()),
            Err(AckError::Disconnected) => None,
            // Too late, for that server as well; and what cannot be read is nothing that it could read.
            Err(AckError::Timeout | AckError::Decode(_) | AckError::Encode(_)) => continue,
        };
        let socket = socket.map(|socket| socket.as_str().into());
        link.answer(to.clone(), Body::BroadcastAck { request: request.clone(), socket, arguments });
    }
}

/// An answer that another server waits for.
struct Owed {
    link: Arc<Link>,
    to: NodeId,
    request: RequestId,
}

type Answered = Result<Result<Vec<Value>, Error>, Panicked>;

async fn run(mut future: BoxFuture<Result<Vec<Value>, Error>>, owed: Option<Owed>, span: Span) {
    let outcome = running::finish(&mut future, &span).await;
    finish(owed, &span, outcome);
}

/// Answers what a handler returned, or why it failed, as a client would read it.
fn finish(owed: Option<Owed>, span: &Span, outcome: Answered) {
    let arguments = match outcome {
        Ok(Ok(arguments)) => arguments,
        Ok(Err(error)) => {
            span.in_scope(|| warn!(%error, "the handler failed"));
            vec![error.to_reply().into()]
        }
        Err(panicked) => {
            span.in_scope(|| error!("the handler panicked"));
            vec![Error::from(panicked).to_reply().into()]
        }
    };
    if let Some(Owed { link, to, request }) = owed {
        link.answer(to, Body::ServerSideEmitResponse { request, arguments });
    }
}
