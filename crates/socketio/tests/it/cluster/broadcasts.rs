//! Whom an emit reaches when there are several servers.

use bytes::Bytes;
use serde_json::json;
use socketio::{Broadcast, MemoryBus, Namespace, SocketIo};
use tokio::time::Instant;

use super::{Server, three};
use crate::{channel, connect, settled};

/// Returns how often a broadcast reaches the client of each server.
async fn reached(broadcast: &Broadcast, servers: &mut [Server; 3]) -> [usize; 3] {
    broadcast.emit("event", &1);
    let mut times = [0; 3];
    for (times, server) in times.iter_mut().zip(servers) {
        let events = server.events().await;
        assert!(events.iter().all(|name| name == "event"));
        *times = events.len();
    }
    times
}

#[tokio::test(start_paused = true)]
async fn an_emit_reaches_each_socket_of_all_servers_once() {
    let (_bus, mut servers) = three().await;
    for n in 0..3 {
        let io = servers[n].io.clone();
        assert_eq!(reached(&io.of("/"), &mut servers).await, [1, 1, 1]);
        assert_eq!(reached(&io.to("a"), &mut servers).await, [1, 1, 0]);
        assert_eq!(reached(&io.to(["a", "b"]), &mut servers).await, [1, 1, 1]);
        assert_eq!(reached(&io.within("a").to("b"), &mut servers).await, [1, 1, 1]);
        assert_eq!(reached(&io.to([""; 0]), &mut servers).await, [1, 1, 1], "as Node");
        assert_eq!(reached(&io.to("nowhere"), &mut servers).await, [0, 0, 0]);
        let id = servers[1].socket.id();
        assert_eq!(reached(&io.to(id), &mut servers).await, [0, 1, 0]);
    }
}

#[tokio::test(start_paused = true)]
async fn exceptions_hold_on_all_servers() {
    let (_bus, mut servers) = three().await;
    let io = servers[0].io.clone();
    assert_eq!(reached(&io.except("a"), &mut servers).await, [0, 0, 1]);
    assert_eq!(reached(&io.to("a").except("b"), &mut servers).await, [1, 0, 0]);
    let id = servers[2].socket.id();
    assert_eq!(reached(&io.to("b").except(id), &mut servers).await, [0, 1, 0]);
    assert_eq!(reached(&io.except(["a", "b"]), &mut servers).await, [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn a_socket_reaches_the_others_of_all_servers_and_not_itself() {
    let (_bus, mut servers) = three().await;
    let socket = servers[1].socket.clone();
    assert_eq!(reached(&socket.broadcast(), &mut servers).await, [1, 0, 1]);
    assert_eq!(reached(&socket.to("a"), &mut servers).await, [1, 0, 0]);
    assert_eq!(reached(&socket.within("b"), &mut servers).await, [0, 0, 1]);
    assert_eq!(reached(&socket.except("a"), &mut servers).await, [0, 0, 1]);
    assert_eq!(reached(&socket.compress(false).to("a"), &mut servers).await, [1, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_local_stays_on_its_server() {
    let (_bus, mut servers) = three().await;
    let (io, socket) = (servers[0].io.clone(), servers[0].socket.clone());
    assert_eq!(reached(&io.local(), &mut servers).await, [1, 0, 0]);
    assert_eq!(reached(&io.to("a").local(), &mut servers).await, [1, 0, 0]);
    assert_eq!(reached(&io.to("b").local(), &mut servers).await, [0, 0, 0]);
    assert_eq!(reached(&socket.local(), &mut servers).await, [0, 0, 0]);
    assert_eq!(reached(&socket.volatile().local(), &mut servers).await, [0, 0, 0]);
}

#[tokio::test(start_paused = true)]
async fn what_one_server_emits_arrives_in_its_order() {
    let (_bus, mut servers) = three().await;
    for n in 0..100 {
        match n % 3 {
            0 => servers[0].io.emit("event", &n),
            1 => servers[0].io.to("b").emit("event", &n),
            _ => servers[0].io.to(["a", "b"]).emit("event", &n),
        }
    }
    for n in 0..100 {
        assert_eq!(servers[1].client.recv::<[i32; 1]>().await, ("event".to_owned(), [n]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_many_threads_of_a_server_emit_arrives_in_one_order_at_all_servers() {
    const THREADS: usize = 4;
    const EACH: usize = 250;
    let (_bus, mut servers) = three().await;
    let mut threads = Vec::new();
    for (origin, io) in servers.iter().map(|server| server.io.clone()).enumerate().take(2) {
        for thread in 0..THREADS {
            let io = io.clone();
            threads.push(tokio::task::spawn_blocking(move || {
                for n in 0..EACH {
                    match n % 7 {
                        6 => drop(io.emit_with_ack::<()>("event", (origin, thread * EACH + n))),
                        _ => io.emit("event", (origin, thread * EACH + n)),
                    }
                }
            }));
        }
    }
    let mut seen = Vec::new();
    for server in &mut servers {
        let mut by_origin = [Vec::new(), Vec::new()];
        for _ in 0..2 * THREADS * EACH {
            let (_, (origin, n)) = crate::soon(server.client.recv::<(usize, usize)>()).await;
            by_origin[origin].push(n);
        }
        seen.push(by_origin);
    }
    for thread in threads {
        thread.await.unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], seen[2]);
    let mut all = seen[0][0].clone();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..THREADS * EACH));
}

#[tokio::test(start_paused = true)]
async fn arguments_of_every_kind_arrive_as_they_were() {
    let (_bus, mut servers) = three().await;
    let value = json!({ "text": "\u{e9}\"[", "list": [1, -2.5, null, true] });
    servers[0].io.emit("a \"name\"", (&value, Bytes::from("binary"), 7));
    for server in &mut servers {
        let mut event = server.client.next().await.unwrap();
        assert_eq!(event.name, "a \"name\"");
        assert_eq!(event.arguments.next::<serde_json::Value>().unwrap(), value);
        assert_eq!(event.arguments.next::<Bytes>().unwrap(), "binary");
        assert_eq!(event.arguments.next::<u8>().unwrap(), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn a_volatile_emit_is_volatile_on_all_servers() {
    let (_bus, mut servers) = three().await;
    servers[0].io.emit("first", ());
    servers[0].io.volatile().emit("dropped", ()); // what came before is not written yet
    settled().await;
    servers[0].io.volatile().emit("second", ());
    for server in &mut servers {
        assert_eq!(server.events().await, ["first", "second"]);
    }
}

#[tokio::test(start_paused = true)]
async fn namespaces_are_apart_on_the_bus_as_well() {
    let bus = MemoryBus::new();
    let server = |names: &[&str]| {
        let mut builder = SocketIo::builder().cluster(bus.connect());
        for name in names {
            builder = builder.namespace(name, Namespace::new());
        }
        builder.build()
    };
    let (one, two) = (server(&["/", "/a"]), server(&["/", "/b"]));
    two.add_namespace("/a", Namespace::new());
    let mut main = connect(&two).await;
    let mut a = two.test_client().connect("/a").await.unwrap();
    let mut b = two.test_client().connect("/b").await.unwrap();
    one.of("/a").emit("to a", ());
    one.emit("to main", ());
    two.of("/b").emit("to b", ());
    settled().await;
    assert_eq!(main.next().await.unwrap().name, "to main");
    assert_eq!(a.next().await.unwrap().name, "to a");
    assert_eq!(b.next().await.unwrap().name, "to b");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_joins_late_misses_nothing_from_then_on() {
    let bus = MemoryBus::new();
    let first = Server::start(&bus).await;
    first.io.emit("before", ());
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .cluster(bus.connect()) // nobody knows it yet
        .build();
    let mut client = connect(&io).await;
    let start = Instant::now();
    first.io.emit("after", ());
    assert_eq!(client.next().await.unwrap().name, "after");
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_emits_while_the_server_closes_reaches_the_others() {
    let bus = MemoryBus::new();
    let (tell, mut told) = channel();
    let leaving = Namespace::new().on_disconnect(async move |socket: socketio::Socket| {
        socket.broadcast().emit("left", &socket.id());
        tell.send(()).unwrap();
    });
    let (first, mut second) = (Server::with(&bus, leaving).await, Server::start(&bus).await);
    let id = first.socket.id();
    first.io.close().await;
    told.next().await;
    assert_eq!(
        second.client.recv::<[String; 1]>().await,
        ("left".to_owned(), [id.as_str().to_owned()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_dropped_leaves_the_bus() {
    let bus = MemoryBus::new();
    let (first, second) = (Server::start(&bus).await, Server::start(&bus).await);
    settled().await;
    let Server { io, client, socket, told } = second;
    drop((client, io, socket, told));
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(format!("{bus:?}").matches("Sender").count(), 1, "{bus:?}");
    assert_eq!(first.io.fetch_sockets().await.unwrap().len(), 1);
}
