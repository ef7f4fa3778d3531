//! Several servers of one process on one bus.

mod acks;
mod any_order;
mod broadcasts;
mod foreign;
mod server_side;
mod sockets;

use std::sync::Arc;
use std::time::Duration;

use socketio::test::Client;
use socketio::{MemoryBus, Namespace, Socket, SocketIo};
use socketio_cluster::{Body, Bus, MemoryConnection, Message, NodeId};
use tokio::time::timeout;

use crate::{Told, channel, connect, settled};

/// A server of a cluster, and a client of it with its socket.
struct Server {
    io: SocketIo,
    client: Client,
    socket: Socket,
    told: Told<Socket>,
}

impl Server {
    /// Starts a server on the bus, whose handlers the namespace has.
    async fn with(bus: &MemoryBus, namespace: Namespace) -> Self {
        let (tell, mut told) = channel();
        let namespace =
            namespace.on_connect(async move |socket: Socket| tell.send(socket).unwrap());
        let io = SocketIo::builder().namespace("/", namespace).cluster(bus.connect()).build();
        let client = connect(&io).await;
        let socket = told.next().await;
        Self { io, client, socket, told }
    }

    async fn start(bus: &MemoryBus) -> Self {
        Self::with(bus, Namespace::new()).await
    }

    /// Returns the names of the events that the client was sent and did not look at.
    async fn events(&mut self) -> Vec<String> {
        settled().await;
        let mut events = Vec::new();
        while let Ok(Some(event)) = timeout(Duration::ZERO, self.client.next()).await {
            events.push(event.name);
        }
        events
    }
}

/// Three servers: the socket of the first is in room `a`, of the second in `a` and `b`, of the third in `b`.
async fn three() -> (MemoryBus, [Server; 3]) {
    let bus = MemoryBus::new();
    let servers = [Server::start(&bus).await, Server::start(&bus).await, Server::start(&bus).await];
    servers[0].socket.join("a");
    servers[1].socket.join(["a", "b"]);
    servers[2].socket.join("b");
    settled().await;
    (bus, servers)
}

/// A server of the cluster that the test plays.
struct Puppet {
    bus: MemoryConnection,
    node: NodeId,
}

impl Puppet {
    async fn join(bus: &MemoryBus) -> Self {
        let puppet = Self { bus: bus.connect(), node: NodeId::new("puppet") };
        puppet.say(Body::InitialHeartbeat).await;
        settled().await;
        puppet
    }

    async fn say(&self, body: Body) {
        self.say_as(&self.node, None, body).await;
    }

    async fn say_as(&self, from: &NodeId, to: Option<&NodeId>, body: Body) {
        let (from, to, namespace) = (from.clone(), to.cloned(), Arc::from("/"));
        self.bus.publish(Message { from, to, namespace, body }).await.unwrap();
    }

    /// Waits for what others say beside that they live.
    async fn hear(&self) -> Message {
        loop {
            let message = crate::soon(self.bus.next()).await.unwrap();
            if !matches!(message.body, Body::InitialHeartbeat | Body::Heartbeat) {
                return message;
            }
        }
    }
}
