//! Whatever is done, in whatever order: several servers are as one.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use socketio::test::Client;
use socketio::{Broadcast, MemoryBus, Namespace, Socket, SocketIo};
use tokio::time::timeout;

use crate::{channel, connect, settled};

/// Clients, spread evenly over the servers.
const CLIENTS: usize = 6;

#[derive(Clone, Copy, Debug)]
enum Room {
    Named(&'static str),
    OfSocket(usize),
}

/// Whom something is for, said by a server or by a socket.
#[derive(Clone, Debug)]
struct Whom {
    by: usize,
    by_socket: bool,
    rooms: Vec<Room>,
    except: Vec<Room>,
}

#[derive(Clone, Debug)]
enum Step {
    Join(usize, Room),
    Leave(usize, Room),
    Disconnect(usize),
    Emit(Whom),
    SocketsJoin(Whom, Room),
    SocketsLeave(Whom, Room),
    DisconnectSockets(Whom, bool),
    Fetch(Whom),
    Ask(Whom),
}

fn room() -> impl Strategy<Value = Room> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "c"]).prop_map(Room::Named),
        1 => (0..CLIENTS).prop_map(Room::OfSocket),
    ]
}

fn whom() -> impl Strategy<Value = Whom> {
    (0..CLIENTS, any::<bool>(), vec(room(), 0..3), vec(room(), 0..2))
        .prop_map(|(by, by_socket, rooms, except)| Whom { by, by_socket, rooms, except })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..CLIENTS, room()).prop_map(|(socket, room)| Step::Join(socket, room)),
        2 => (0..CLIENTS, room()).prop_map(|(socket, room)| Step::Leave(socket, room)),
        1 => (0..CLIENTS).prop_map(Step::Disconnect),
        8 => whom().prop_map(Step::Emit),
        4 => (whom(), room()).prop_map(|(whom, room)| Step::SocketsJoin(whom, room)),
        2 => (whom(), room()).prop_map(|(whom, room)| Step::SocketsLeave(whom, room)),
        1 => (whom(), any::<bool>()).prop_map(|(whom, close)| Step::DisconnectSockets(whom, close)),
        3 => whom().prop_map(Step::Fetch),
        3 => whom().prop_map(Step::Ask),
    ]
}

/// Servers of one cluster, or a single one, and their clients.
struct World {
    servers: Vec<SocketIo>,
    sockets: Vec<Socket>,
    clients: Vec<Client>,
}

/// What can be seen of a world: what each client was sent, its rooms, and whom the step found.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<Vec<String>>,
    rooms: Vec<BTreeSet<String>>,
    found: BTreeSet<String>,
}

impl World {
    async fn start(servers: usize) -> Self {
        let bus = MemoryBus::new();
        let (tell, mut told) = channel();
        let start = |n| {
            let tell = tell.clone();
            let namespace =
                Namespace::new().on_connect(async move |socket| tell.send(socket).unwrap());
            let builder = SocketIo::builder().namespace("/", namespace);
            if n > 1 { builder.cluster(bus.connect()).build() } else { builder.build() }
        };
        let servers: Vec<SocketIo> = (0..servers).map(|_| start(servers)).collect();
        let (mut clients, mut sockets) = (Vec::new(), Vec::new());
        for n in 0..CLIENTS {
            clients.push(connect(&servers[n % servers.len()]).await);
            sockets.push(told.next().await);
        }
        settled().await;
        Self { servers, sockets, clients }
    }

    fn room(&self, room: Room) -> String {
        match room {
            Room::Named(name) => name.to_owned(),
            Room::OfSocket(index) => self.sockets[index].id().to_string(),
        }
    }

    /// Replaces the ids of sockets, which differ between worlds.
    fn name(&self, room: &str) -> String {
        let index = self.sockets.iter().position(|socket| socket.id().as_str() == room);
        index.map_or_else(|| room.to_owned(), |index| index.to_string())
    }

    fn broadcast(&self, whom: &Whom) -> Broadcast {
        let Whom { by, by_socket, rooms, except } = whom;
        let broadcast = match by_socket {
            true => self.sockets[*by].broadcast(),
            false => self.servers[by % self.servers.len()].of("/"),
        };
        let names = |rooms: &[Room]| rooms.iter().map(|room| self.room(*room)).collect::<Vec<_>>();
        broadcast.to(names(rooms)).except(names(except))
    }

    async fn take(&mut self, step: &Step) -> Seen {
        let mut found = BTreeSet::new();
        match step {
            Step::Join(socket, room) => self.sockets[*socket].join(self.room(*room)),
            Step::Leave(socket, room) => self.sockets[*socket].leave(self.room(*room)),
            Step::Disconnect(socket) => self.sockets[*socket].disconnect(),
            Step::Emit(whom) => self.broadcast(whom).emit("event", ()),
            Step::SocketsJoin(whom, room) => {
                self.broadcast(whom).sockets_join(self.room(*room));
            }
            Step::SocketsLeave(whom, room) => {
                self.broadcast(whom).sockets_leave(self.room(*room));
            }
            Step::DisconnectSockets(whom, close) => self.broadcast(whom).disconnect_sockets(*close),
            Step::Fetch(whom) => {
                let sockets = self.broadcast(whom).fetch_sockets().await.unwrap();
                assert!(sockets.iter().all(|socket| found.insert(self.name(socket.id().as_str()))));
            }
            Step::Ask(whom) => {
                let acks = self.broadcast(whom).emit_with_ack::<usize>("question", ());
                settled().await;
                self.answer().await;
                for (socket, answer) in acks.collect().await {
                    let socket = self.name(socket.unwrap().as_str());
                    assert_eq!(answer.unwrap().to_string(), socket);
                    assert!(found.insert(socket));
                }
            }
        }
        settled().await;
        Seen { events: self.events().await, rooms: self.rooms(), found }
    }

    /// Lets each client that was asked answer with its number.
    async fn answer(&mut self) {
        for (n, client) in self.clients.iter_mut().enumerate() {
            while let Ok(Some(event)) = timeout(Duration::ZERO, client.next()).await {
                client.acknowledge(event.ack.unwrap(), &n);
            }
        }
    }

    async fn events(&mut self) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for client in &mut self.clients {
            let mut events = Vec::new();
            while let Ok(Some(event)) = timeout(Duration::ZERO, client.next()).await {
                events.push(event.name);
            }
            all.push(events);
        }
        all
    }

    fn rooms(&self) -> Vec<BTreeSet<String>> {
        let rooms = |socket: &Socket| socket.rooms().iter().map(|room| self.name(room)).collect();
        self.sockets.iter().map(rooms).collect()
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn several_servers_are_as_one(steps in vec(step(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let (mut one, mut three) = (World::start(1).await, World::start(3).await);
            for step in &steps {
                assert_eq!(one.take(step).await, three.take(step).await, "{step:?}");
            }
        });
    }
}
