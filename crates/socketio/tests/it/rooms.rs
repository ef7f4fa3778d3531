//! Whom an emit reaches.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::json;
use socketio::test::Client;
use socketio::{Broadcast, Data, Namespace, Rooms, Socket, SocketId, SocketIo};

use crate::{Told, channel, connect, settled};

/// A server that hands its sockets to the test.
fn sockets() -> (SocketIo, Told<Socket>) {
    let (tell, told) = channel();
    let namespace =
        Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap());
    (SocketIo::new(namespace), told)
}

/// Three clients, their sockets, and the server: the first is in room `a`, the second in `a` and `b`, the
/// third in `b`.
async fn three() -> (SocketIo, [Socket; 3], [Client; 3]) {
    let (io, mut told) = sockets();
    let clients = [connect(&io).await, connect(&io).await, connect(&io).await];
    let sockets = [told.next().await, told.next().await, told.next().await];
    sockets[0].join("a");
    sockets[1].join(["a", "b"]);
    sockets[2].join("b");
    (io, sockets, clients)
}

/// Returns which of the clients a broadcast reaches, and how often.
async fn reached(broadcast: &Broadcast, clients: &mut [Client; 3]) -> [usize; 3] {
    broadcast.emit("event", &1);
    settled().await;
    let mut times = [0; 3];
    for (times, client) in times.iter_mut().zip(clients) {
        while let Ok(Some(event)) =
            tokio::time::timeout(std::time::Duration::ZERO, client.next()).await
        {
            assert_eq!(event.name, "event");
            *times += 1;
        }
    }
    times
}

#[tokio::test(start_paused = true)]
async fn a_socket_in_two_rooms_of_a_target_is_reached_once() {
    let (io, _sockets, mut clients) = three().await;
    assert_eq!(reached(&io.to("a"), &mut clients).await, [1, 1, 0]);
    assert_eq!(reached(&io.to("a").to("b"), &mut clients).await, [1, 1, 1]);
    assert_eq!(reached(&io.to(["a", "b"]), &mut clients).await, [1, 1, 1]);
    assert_eq!(reached(&io.to("a").to("a").within("a"), &mut clients).await, [1, 1, 0]);
    assert_eq!(reached(&io.to("nowhere"), &mut clients).await, [0, 0, 0]);
    assert_eq!(reached(&io.of("/"), &mut clients).await, [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn exceptions_weigh_more_than_rooms() {
    let (io, sockets, mut clients) = three().await;
    assert_eq!(reached(&io.except("a"), &mut clients).await, [0, 0, 1]);
    assert_eq!(reached(&io.to("a").except("b"), &mut clients).await, [1, 0, 0]);
    assert_eq!(reached(&io.to("b").except(sockets[2].id()), &mut clients).await, [0, 1, 0]);
    assert_eq!(reached(&io.except(["a", "b"]), &mut clients).await, [0, 0, 0]);
    assert_eq!(reached(&io.except("nowhere"), &mut clients).await, [1, 1, 1]);
    assert_eq!(reached(&io.to("a").except("a"), &mut clients).await, [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_socket_reaches_others_and_not_itself() {
    let (_io, sockets, mut clients) = three().await;
    assert_eq!(reached(&sockets[0].broadcast(), &mut clients).await, [0, 1, 1]);
    assert_eq!(reached(&sockets[1].to("a"), &mut clients).await, [1, 0, 0]);
    assert_eq!(reached(&sockets[1].except("a"), &mut clients).await, [0, 0, 1]);
    assert_eq!(reached(&sockets[2].to(["a", "b"]), &mut clients).await, [1, 1, 0]);
    assert_eq!(reached(&sockets[1].volatile().to("b"), &mut clients).await, [0, 0, 1]);
    assert_eq!(reached(&sockets[1].volatile().except("b"), &mut clients).await, [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn each_socket_is_in_the_room_of_its_id() {
    let (io, sockets, mut clients) = three().await;
    let [ana, ben, _] = &sockets;
    assert_eq!(reached(&io.to(ana.id()), &mut clients).await, [1, 0, 0]);
    assert_eq!(reached(&ana.to(ben.id().as_str()), &mut clients).await, [0, 1, 0]);
    let rooms: HashSet<Arc<str>> = ben.rooms().into_iter().collect();
    assert_eq!(rooms, HashSet::from(["a".into(), "b".into(), ben.id().as_str().into()]));
    ana.leave(ana.id());
    assert_eq!(reached(&io.to(ana.id()), &mut clients).await, [0, 0, 0]);
    assert_eq!(reached(&io.of("/"), &mut clients).await, [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_a_room_is_no_longer_in_it() {
    let (io, sockets, mut clients) = three().await;
    sockets[1].leave("a");
    sockets[1].leave("a");
    sockets[1].leave("never joined");
    assert_eq!(reached(&io.to("a"), &mut clients).await, [1, 0, 0]);
    assert_eq!(io.of("/").room_len("a"), 1);
    sockets[1].join("a");
    sockets[1].join("a");
    assert_eq!(reached(&io.to("a"), &mut clients).await, [1, 1, 0]);
    sockets[0].leave(["a", "b"]);
    sockets[1].leave(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!((io.of("/").room_len("a"), io.of("/").room_len("b")), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn who_disconnects_leaves_its_rooms_and_joins_no_more() {
    let (io, sockets, clients) = three().await;
    let [ana, ben, eve] = clients;
    ana.disconnect();
    drop(ben);
    sockets[2].disconnect();
    settled().await;
    for socket in &sockets {
        assert_eq!(socket.rooms(), []);
        socket.join("late");
        assert_eq!(socket.rooms(), []);
    }
    for room in ["a", "b", "late"] {
        assert_eq!(io.of("/").room_len(room), 0);
    }
    assert!(io.of("/").is_empty());
    drop(eve);
}

#[tokio::test(start_paused = true)]
async fn rooms_belong_to_their_namespace() {
    let join = || Namespace::new().on_connect(async |socket: Socket| socket.join("room"));
    let io = SocketIo::builder().namespace("/", join()).namespace("/b", join()).build();
    let mut main = connect(&io).await;
    let mut other = io.test_client().connect("/b").await.unwrap();
    io.to("room").emit("main", ());
    io.of("/b").to("room").emit("other", ());
    assert_eq!(main.next().await.unwrap().name, "main");
    assert_eq!(other.next().await.unwrap().name, "other");
    assert_eq!((io.of("/").room_len("room"), io.of("/b").room_len("room")), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_half_made_broadcast_can_be_used_again() {
    let (io, _sockets, mut clients) = three().await;
    let a = io.to("a");
    let less = a.clone().except("b");
    assert_eq!(reached(&less, &mut clients).await, [1, 0, 0]);
    assert_eq!(reached(&a, &mut clients).await, [1, 1, 0]);
    assert_eq!(reached(&a, &mut clients).await, [1, 1, 0]);
    assert_eq!(reached(&a.clone().local(), &mut clients).await, [1, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn rooms_are_named_in_many_ways() {
    /// Rooms that ask the server something while they are named.
    struct Asking(SocketIo, SocketId);

    impl Rooms for Asking {
        fn each(&self, add: &mut dyn FnMut(&str)) {
            add(&format!("room {}", self.0.of("/").room_len("a")));
            self.0.to(self.1).emit("asked", ());
            add("another");
        }
    }

    let (io, sockets, _clients) = three().await;
    let [ana, ..] = &sockets;
    let room: Arc<str> = "arc".into();
    ana.join(&room);
    ana.join(String::from("string"));
    ana.join(&["slice"][..]);
    ana.join([&"nested"]);
    ana.join(Asking(io.clone(), ana.id()));
    for room in ["arc", "string", "slice", "nested", "room 2", "another"] {
        assert_eq!(io.of("/").room_len(room), 1, "{room}");
    }
    ana.leave(Asking(io.clone(), ana.id()));
    assert_eq!(io.of("/").room_len("room 2"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_is_one_serialisation() {
    struct Counted(std::sync::atomic::AtomicUsize);

    impl serde::Serialize for Counted {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            serializer.serialize_unit()
        }
    }

    let (io, _sockets, mut clients) = three().await;
    let counted = Counted(0.into());
    io.emit("event", &counted);
    for client in &mut clients {
        assert_eq!(client.recv::<[(); 1]>().await.0, "event");
    }
    assert_eq!(counted.0.into_inner(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_socket_keeps_data() {
    let namespace = Namespace::new()
        .on("set", async |socket: Socket, Data(data): Data<serde_json::Value>| {
            socket.set_data(data).unwrap();
        })
        .on("data", async |socket: Socket| Data(socket.data::<serde_json::Value>().unwrap()))
        .on("number", async |socket: Socket| Data(socket.data::<u8>().ok()));
    let io = SocketIo::new(namespace);
    let client = connect(&io).await;
    assert_eq!(client.emit_with_ack::<serde_json::Value>("data", ()).await, json!(null));
    client.emit("set", &json!({ "name": "ana" }));
    assert_eq!(
        client.emit_with_ack::<serde_json::Value>("data", ()).await,
        json!({ "name": "ana" })
    );
    assert_eq!(client.emit_with_ack::<Option<u8>>("number", ()).await, None);
}
