//! What somebody who watches is told.

use std::sync::{Arc, Mutex};

use socketio::test::Client;
use socketio::{DisconnectReason, Error, Namespace, Observer, Socket, SocketId, SocketIo};

use crate::{Told, channel, connect, settled};

/// Writes down what it is told, with ids by the names that the test gave them.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn push(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    /// Returns what was told since it was last asked, with these names for sockets.
    fn take(&self, names: &[(SocketId, &str)]) -> Vec<String> {
        let lines = std::mem::take(&mut *self.0.lock().unwrap());
        let named = |line: String| {
            names.iter().fold(line, |line, (id, name)| line.replace(id.as_str(), name))
        };
        lines.into_iter().map(named).collect()
    }
}

impl Observer for Log {
    fn socket_connected(&self, namespace: &str, socket: SocketId) {
        self.push(format!("{namespace}: {socket} connected"));
    }

    fn socket_disconnected(&self, namespace: &str, socket: SocketId, reason: DisconnectReason) {
        self.push(format!("{namespace}: {socket} left: {reason}"));
    }

    fn room_created(&self, namespace: &str, room: &str) {
        self.push(format!("{namespace}: created {room}"));
    }

    fn room_joined(&self, namespace: &str, room: &str, socket: SocketId) {
        self.push(format!("{namespace}: {socket} joined {room}"));
    }

    fn room_left(&self, namespace: &str, room: &str, socket: SocketId) {
        self.push(format!("{namespace}: {socket} left {room}"));
    }

    fn room_deleted(&self, namespace: &str, room: &str) {
        self.push(format!("{namespace}: deleted {room}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_namespace_of_a_pattern_is_seen_to_go_when_its_last_socket_has_left() {
    #[derive(Clone, Default)]
    struct Removed(Arc<Mutex<Vec<String>>>, Arc<Mutex<Option<SocketIo>>>);

    impl Observer for Removed {
        fn namespace_removed(&self, namespace: &str) {
            let io = self.1.lock().unwrap().clone().unwrap();
            assert!(
                io.of_pattern("/room-{id}").namespaces().is_empty(),
                "it may look, and it is gone"
            );
            self.0.lock().unwrap().push(namespace.to_owned());
        }
    }

    let removed = Removed::default();
    let builder = SocketIo::builder().namespace("/", Namespace::new());
    let io = builder.namespace("/room-{id}", Namespace::new()).observer(removed.clone()).build();
    *removed.1.lock().unwrap() = Some(io.clone());
    let first = io.test_client().connect("/room-1").await.unwrap();
    let second = io.test_client().connect("/room-1").await.unwrap();
    drop(io.test_client().connect("/").await.unwrap());
    drop(first);
    settled().await;
    assert!(removed.0.lock().unwrap().is_empty());
    drop(second);
    settled().await;
    assert_eq!(*removed.0.lock().unwrap(), ["/room-1"]);
    *removed.1.lock().unwrap() = None;
}

/// A watched server that hands its sockets to the test.
fn watched() -> (SocketIo, Log, Told<Socket>) {
    let (tell, told) = channel();
    let namespace =
        Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap());
    let log = Log::default();
    let refusing = Namespace::new().middleware(async || Err::<(), _>(Error::new("no")));
    let io = SocketIo::builder()
        .namespace("/", namespace)
        .namespace("/no", refusing)
        .observer(log.clone())
        .build();
    (io, log, told)
}

async fn joined(io: &SocketIo, told: &mut Told<Socket>) -> (Client, Socket) {
    (connect(io).await, told.next().await)
}

#[tokio::test(start_paused = true)]
async fn sockets_and_their_rooms_come_and_go() {
    let (io, log, mut told) = watched();
    let (client, ana) = joined(&io, &mut told).await;
    let names = [(ana.id(), "ana")];
    assert_eq!(log.take(&names), ["/: created ana", "/: ana joined ana", "/: ana connected"]);
    ana.join("tea");
    assert_eq!(log.take(&names), ["/: created tea", "/: ana joined tea"]);
    ana.join(["tea", "tea"]);
    ana.leave("nowhere");
    assert_eq!(log.take(&names), [""; 0], "nothing changed");
    client.disconnect();
    settled().await;
    let mut told = log.take(&names);
    assert_eq!(told.pop().unwrap(), "/: ana left: client namespace disconnect");
    told.sort();
    let rooms = ["/: ana left ana", "/: ana left tea", "/: deleted ana", "/: deleted tea"];
    assert_eq!(told, rooms);
}

#[tokio::test(start_paused = true)]
async fn a_room_is_created_by_its_first_socket_and_deleted_by_its_last() {
    let (io, log, mut told) = watched();
    let (_client, ana) = joined(&io, &mut told).await;
    let (_client2, ben) = joined(&io, &mut told).await;
    let names = [(ana.id(), "ana"), (ben.id(), "ben")];
    log.take(&names);
    ana.join("tea");
    ben.join("tea");
    ana.leave("tea");
    ben.leave("tea");
    assert_eq!(
        log.take(&names),
        [
            "/: created tea",
            "/: ana joined tea",
            "/: ben joined tea",
            "/: ana left tea",
            "/: ben left tea",
            "/: deleted tea"
        ]
    );
    io.to(ana.id()).sockets_join("coffee");
    io.sockets_leave("coffee");
    let coffee =
        ["/: created coffee", "/: ana joined coffee", "/: ana left coffee", "/: deleted coffee"];
    assert_eq!(log.take(&names), coffee);
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_never_connected() {
    let (io, log, _told) = watched();
    io.test_client().connect("/no").await.unwrap_err();
    settled().await;
    let lines = log.take(&[]);
    assert!(!lines.is_empty(), "its room was there");
    assert!(lines.iter().all(|line| line.starts_with("/no: ")), "{lines:?}");
    let left = |line: &&String| line.contains("connected") || line.contains("left: ");
    assert_eq!(lines.iter().find(left), None);
}

#[tokio::test(start_paused = true)]
async fn an_observer_may_ask_the_server() {
    #[derive(Clone, Default)]
    struct Asking(Arc<Mutex<Option<SocketIo>>>, Arc<Mutex<Vec<usize>>>);

    impl Observer for Asking {
        fn room_joined(&self, _: &str, room: &str, _: SocketId) {
            let io = self.0.lock().unwrap().clone().unwrap();
            io.to(room).emit("joined", ());
            self.1.lock().unwrap().push(io.of("/").room_len(room));
        }
    }

    let asking = Asking::default();
    let io = SocketIo::builder().namespace("/", Namespace::new()).observer(asking.clone()).build();
    *asking.0.lock().unwrap() = Some(io.clone());
    let _client = connect(&io).await;
    io.sockets_join("room");
    assert_eq!(*asking.1.lock().unwrap(), [1, 1]);
    *asking.0.lock().unwrap() = None;
}
