//! What is done to many sockets, and what is known of them, on all servers.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{HeaderValue, header};
use serde_json::{Value as Json, json};
use socketio::{DisconnectReason, Incomplete, MemoryBus, Namespace, RemoteSocket, SocketIo};
use socketio_cluster::Body;
use tokio::time::Instant;

use super::{Puppet, Server, three};
use crate::{channel, settled, soon};

/// Returns which servers' sockets are in a room.
fn rooms(servers: &[Server; 3], room: &str) -> [usize; 3] {
    servers.each_ref().map(|server| server.io.of("/").room_len(room))
}

fn ids(sockets: &[RemoteSocket]) -> BTreeSet<String> {
    sockets.iter().map(|socket| socket.id().to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn sockets_join_and_leave_rooms_here_at_once_and_elsewhere_soon() {
    let (_bus, servers) = three().await;
    servers[0].io.to("a").sockets_join(["c", "d"]);
    assert_eq!(rooms(&servers, "c"), [1, 0, 0]);
    settled().await;
    assert_eq!(rooms(&servers, "c"), [1, 1, 0]);
    assert_eq!(rooms(&servers, "d"), [1, 1, 0]);
    servers[2].io.except("b").sockets_leave("c");
    servers[2].io.sockets_leave("d");
    settled().await;
    assert_eq!(rooms(&servers, "c"), [0, 1, 0]);
    assert_eq!(rooms(&servers, "d"), [0, 0, 0]);
    servers[1].io.local().sockets_join("e");
    servers[1].socket.broadcast().sockets_join("f");
    settled().await;
    assert_eq!(rooms(&servers, "e"), [0, 1, 0]);
    assert_eq!(rooms(&servers, "f"), [1, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn who_was_put_into_a_room_is_reached_there_by_what_is_emitted_next() {
    let (_bus, mut servers) = three().await;
    servers[0].io.sockets_join("new");
    servers[0].io.to("new").emit("hello", ());
    servers[0].io.sockets_leave("new");
    servers[0].io.to("new").emit("nobody", ());
    for server in &mut servers {
        assert_eq!(server.events().await, ["hello"]);
    }
}

#[tokio::test(start_paused = true)]
async fn sockets_are_disconnected_on_all_servers_after_what_was_emitted_before() {
    let (_bus, mut servers) = three().await;
    servers[0].io.emit("bye", ());
    servers[0].io.to("b").disconnect_sockets(false);
    for (n, server) in servers.iter_mut().enumerate() {
        assert_eq!(server.client.next().await.unwrap().name, "bye");
        if n > 0 {
            assert!(soon(server.client.next()).await.is_none());
        }
        assert_eq!(server.io.connections(), 1, "the connection stays");
    }
    assert!(servers[0].socket.is_connected());
}

#[tokio::test(start_paused = true)]
async fn connections_are_closed_on_all_servers_if_it_is_said() {
    let bus = MemoryBus::new();
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on_disconnect(async move |reason: DisconnectReason| tell.send(reason).unwrap());
    let (first, second) = (Server::start(&bus).await, Server::with(&bus, namespace).await);
    first.socket.broadcast().disconnect_sockets(true);
    assert_eq!(told.next().await, DisconnectReason::ServerNamespaceDisconnect);
    settled().await;
    assert_eq!((first.io.connections(), second.io.connections()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn sockets_of_all_servers_are_fetched() {
    let (_bus, servers) = three().await;
    let all = servers[0].io.fetch_sockets().await.unwrap();
    assert_eq!(ids(&all), servers.iter().map(|server| server.socket.id().to_string()).collect());
    let some = servers[0].io.to("b").except(servers[1].socket.id()).fetch_sockets().await.unwrap();
    assert_eq!(ids(&some), BTreeSet::from([servers[2].socket.id().to_string()]));
    let here = servers[0].io.local().fetch_sockets().await.unwrap();
    assert_eq!(ids(&here), BTreeSet::from([servers[0].socket.id().to_string()]));
    let others = servers[0].socket.broadcast().fetch_sockets().await.unwrap();
    assert_eq!(others.len(), 2);
    assert_eq!(servers[0].io.to("nowhere").fetch_sockets().await.unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fetched_socket_tells_how_it_came_and_what_it_keeps() {
    let bus = MemoryBus::new();
    let (first, mut second) = (Server::start(&bus).await, Server::start(&bus).await);
    let _client = second
        .io
        .test_client()
        .uri("http://example.org/socket.io/?EIO=4&token=a&token=b%20c")
        .header(header::ORIGIN, HeaderValue::from_static("http://example.com"))
        .remote_addr("192.0.2.1:4711".parse().unwrap())
        .auth(json!({ "user": "ana" }))
        .connect("/")
        .await
        .unwrap();
    let socket = second.told.next().await;
    socket.join("tea");
    socket.set_data(json!({ "seats": [1, 2] })).unwrap();
    for io in [&first.io, &second.io] {
        let [fetched] = &io.to("tea").fetch_sockets().await.unwrap()[..] else { panic!() };
        assert_eq!(fetched.id(), socket.id());
        let rooms: BTreeSet<_> = fetched.rooms().collect();
        assert_eq!(rooms, BTreeSet::from(["tea", socket.id().as_str()]));
        assert_eq!(fetched.data::<Json>().unwrap(), json!({ "seats": [1, 2] }));
        fetched.data::<u8>().unwrap_err();
        let handshake = fetched.handshake();
        assert_eq!(handshake.header("origin"), Some("http://example.com"));
        assert_eq!((&*handshake.address, handshake.cross_domain), ("192.0.2.1", true));
        assert!(!handshake.secure);
        assert_eq!(handshake.query("token"), Some("b c"));
        assert_eq!(handshake.query.len(), 3);
        assert!(handshake.url.ends_with("token=a&token=b%20c"));
        assert_eq!(handshake.auth::<Json>().unwrap(), json!({ "user": "ana" }));
        let difference = handshake.time().elapsed().unwrap();
        assert!(difference < Duration::from_secs(60), "{difference:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fetched_socket_is_reached_wherever_it_is() {
    let (_bus, mut servers) = three().await;
    let there = servers[2].socket.id();
    let fetched = servers[0].io.to(there).fetch_sockets().await.unwrap().remove(0);
    fetched.emit("hello", ());
    fetched.join("new");
    settled().await;
    assert_eq!(rooms(&servers, "new"), [0, 0, 1]);
    fetched.leave(["new", "b"]);
    settled().await;
    assert_eq!(rooms(&servers, "new"), [0, 0, 0]);
    assert_eq!(rooms(&servers, "b"), [0, 1, 0]);
    assert_eq!(servers[2].events().await, ["hello"]);
    fetched.disconnect(false);
    assert!(soon(servers[2].client.next()).await.is_none());
    assert!(servers[0].socket.is_connected() && servers[1].socket.is_connected());
    assert!(servers[0].io.to(there).fetch_sockets().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_server_without_others_knows_its_sockets_at_once() {
    let io = SocketIo::new(Namespace::new());
    let start = Instant::now();
    let client = crate::connect(&io).await;
    let fetched = io.fetch_sockets().await.unwrap();
    assert_eq!(ids(&fetched), BTreeSet::from([client.id().to_owned()]));
    assert_eq!(io.of("/").servers(), 1);
    io.sockets_join("room");
    assert_eq!(io.of("/").room_len("room"), 1);
    io.sockets_leave("room");
    assert_eq!(io.of("/").room_len("room"), 0);
    fetched[0].disconnect(true);
    settled().await;
    assert_eq!(io.connections(), 0);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_waited_for_and_the_rest_is_there() {
    let (bus, servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let start = Instant::now();
    let error = servers[0].io.fetch_sockets().await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(error.to_string(), "timeout reached: only 2 responses received out of 3");
    let Incomplete { partial, received, expected } = error;
    assert_eq!((partial.len(), received, expected), (3, 2, 3));

    let start = Instant::now();
    let timeout = Duration::from_millis(100);
    servers[0].io.timeout(timeout).fetch_sockets().await.unwrap_err();
    assert_eq!(start.elapsed(), timeout);
    drop(puppet);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_gone_is_not_waited_for() {
    let (bus, servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let fetching = servers[0].io.of("/");
    let fetching = tokio::spawn(async move { fetching.fetch_sockets().await });
    while !matches!(puppet.hear().await.body, Body::FetchSockets { .. }) {}
    puppet.say(Body::AdapterClose).await;
    let start = Instant::now();
    assert_eq!(soon(fetching).await.unwrap().unwrap().len(), 3, "it said that it goes");
    assert!(start.elapsed() < Duration::from_secs(1));

    let _silent = Puppet::join(&bus).await;
    servers[0].io.fetch_sockets().await.unwrap_err();
    tokio::time::sleep(Duration::from_secs(11)).await;
    let start = Instant::now();
    assert_eq!(servers[0].io.fetch_sockets().await.unwrap().len(), 3, "it was silent for long");
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closed_can_emit_and_is_not_counted_on_again() {
    let (_bus, mut servers) = three().await;
    servers[1].io.close().await;
    settled().await;
    servers[1].io.emit("last words", ());
    servers[1].io.server_side_emit("last words", ());
    let start = Instant::now();
    assert_eq!(servers[1].io.fetch_sockets().await.unwrap().len(), 0);
    assert_eq!(servers[1].io.emit_with_ack::<()>("heard?", ()).collect().await, []);
    assert_eq!(servers[0].events().await, ["last words", "heard?"]);
    assert_eq!((servers[0].io.of("/").servers(), servers[2].io.of("/").servers()), (2, 2));
    assert_eq!(servers[0].io.fetch_sockets().await.unwrap().len(), 2);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn servers_that_say_nothing_but_that_they_live_are_counted_on() {
    let (_bus, servers) = three().await;
    let counts = || servers.each_ref().map(|server| server.io.of("/").servers());
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(counts(), [3, 3, 3]);
    assert_eq!(servers[0].io.fetch_sockets().await.unwrap().len(), 3);
    servers[1].io.close().await;
    settled().await;
    assert_eq!((counts()[0], counts()[2]), (2, 2));
    let start = Instant::now();
    assert_eq!(servers[0].io.fetch_sockets().await.unwrap().len(), 2);
    assert!(start.elapsed() < Duration::from_secs(1));
}
