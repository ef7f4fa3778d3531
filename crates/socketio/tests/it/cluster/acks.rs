//! Acknowledgements of the clients of several servers.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;
use socketio::{AckError, Rest, SocketId};
use socketio_cluster::Body;
use socketio_proto::Value;
use tokio::time::Instant;

use super::{Puppet, Server, three};
use crate::{settled, soon};

type Answers = BTreeMap<Option<SocketId>, Result<i32, AckError>>;

impl Server {
    /// Waits for the next event and answers it.
    async fn answer(&mut self, answer: i32) {
        let event = soon(self.client.next()).await.unwrap();
        self.client.acknowledge(event.ack.unwrap(), &answer);
    }
}

#[tokio::test(start_paused = true)]
async fn clients_of_all_servers_answer_and_are_named() {
    let (_bus, mut servers) = three().await;
    let acks = servers[0].io.emit_with_ack::<i32>("n?", ());
    for (n, server) in (0..).zip(&mut servers) {
        server.answer(n).await;
    }
    let start = Instant::now();
    let answers: Answers = acks.collect().await.into_iter().collect();
    let named = (0..).zip(&servers).map(|(n, server)| (Some(server.socket.id()), Ok(n)));
    assert_eq!(answers, named.collect());
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn nobody_to_ask_on_any_server_ends_soon() {
    let (_bus, servers) = three().await;
    let start = Instant::now();
    assert_eq!(servers[0].io.to("nowhere").emit_with_ack::<i32>("n?", ()).collect().await, []);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn what_is_local_asks_nobody_else() {
    let (_bus, mut servers) = three().await;
    let acks = servers[0].io.local().emit_with_ack::<i32>("n?", ());
    servers[0].answer(1).await;
    assert_eq!(acks.collect().await, [(Some(servers[0].socket.id()), Ok(1))]);
    assert_eq!(servers[1].events().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_left_is_named_and_who_is_late_is_counted() {
    let (_bus, mut servers) = three().await;
    let timeout = Duration::from_secs(3);
    let mut acks = servers[0].io.timeout(timeout).emit_with_ack::<i32>("n?", ());
    servers[1].answer(1).await;
    assert_eq!(acks.next().await, Some((Some(servers[1].socket.id()), Ok(1))));
    assert_eq!(acks.waiting(), 2);
    let start = Instant::now();
    servers[2].client.disconnect();
    let left = Some((Some(servers[2].socket.id()), Err(AckError::Disconnected)));
    assert_eq!(acks.next().await, left);
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(acks.next().await, Some((Some(servers[0].socket.id()), Err(AckError::Timeout))));
    assert_eq!(acks.next().await, None);

    let start = Instant::now();
    let acks = servers[0].io.to("b").timeout(timeout).emit_with_ack::<i32>("n?", ());
    assert_eq!(acks.collect().await, [(None, Err(AckError::Timeout))]);
    assert_eq!(start.elapsed(), timeout);
}

#[tokio::test(start_paused = true)]
async fn answers_are_any_arguments_and_a_wrong_one_is_an_error() {
    let (_bus, mut servers) = three().await;
    let id = Some(servers[1].socket.id());
    let to = servers[0].io.to(servers[1].socket.id());
    let mut acks = to.emit_with_ack::<Rest>("all?", ());
    let event = servers[1].client.next().await.unwrap();
    servers[1].client.acknowledge(event.ack.unwrap(), (1, bytes::Bytes::from("two")));
    let all = Rest::from(vec![json!(1).into(), Value::Binary("two".into())]);
    assert_eq!(acks.next().await, Some((id, Ok(all))));
    assert_eq!(acks.next().await, None);

    let mut acks = to.emit_with_ack::<String>("text?", ());
    servers[1].answer(1).await;
    assert!(matches!(acks.next().await, Some((who, Err(AckError::Decode(_)))) if who == id));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_say_whom_it_asked_is_late_once() {
    let (bus, mut servers) = three().await;
    let _puppet = Puppet::join(&bus).await;
    let start = Instant::now();
    let acks = servers[0].io.to("a").emit_with_ack::<i32>("n?", ());
    servers[0].answer(0).await;
    servers[1].answer(1).await;
    let answers: Answers = acks.collect().await.into_iter().collect();
    assert_eq!(start.elapsed(), Duration::from_secs(10));
    let named = [(Some(servers[0].socket.id()), Ok(0)), (Some(servers[1].socket.id()), Ok(1))];
    assert_eq!(answers, named.into_iter().chain([(None, Err(AckError::Timeout))]).collect());
}

#[tokio::test(start_paused = true)]
async fn the_clients_of_a_server_that_is_gone_are_gone() {
    let (bus, servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    let acks = servers[0].io.to("puppet's").emit_with_ack::<i32>("n?", ());
    let message = puppet.hear().await;
    let Body::Broadcast { request: Some(request), .. } = message.body else { panic!() };
    let to = Some(&message.from);
    let count = Body::BroadcastClientCount { request: request.clone(), clients: 3 };
    puppet.say_as(&puppet.node, to, count.clone()).await;
    puppet.say_as(&puppet.node, to, count).await; // a second time counts for nothing
    let arguments = Some(vec![json!(7).into()]);
    let answer = Body::BroadcastAck { request, socket: None, arguments };
    puppet.say_as(&puppet.node, to, answer).await;
    puppet.say(Body::AdapterClose).await;
    let start = Instant::now();
    let gone = (None, Err(AckError::Disconnected));
    assert_eq!(soon(acks.collect()).await, [(None, Ok(7)), gone.clone(), gone]);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_fetched_socket_answers() {
    let (_bus, mut servers) = three().await;
    let there = servers[2].socket.id();
    let fetched = servers[0].io.to(there).fetch_sockets().await.unwrap().remove(0);
    let asking = fetched.clone();
    let asking = tokio::spawn(async move { asking.emit_with_ack::<i32>("n?", ()).await });
    servers[2].answer(5).await;
    assert_eq!(soon(asking).await.unwrap(), Ok(5));

    let start = Instant::now();
    let quick = fetched.clone().timeout(Duration::from_secs(1));
    assert_eq!(quick.emit_with_ack::<i32>("n?", ()).await, Err(AckError::Timeout));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    servers[2].socket.disconnect();
    settled().await;
    assert_eq!(fetched.emit_with_ack::<i32>("n?", ()).await, Err(AckError::Disconnected));
    let reserved = fetched.emit_with_ack::<i32>("connect", ()).await;
    assert!(matches!(reserved, Err(AckError::Encode(_))));
}

#[tokio::test(start_paused = true)]
async fn who_stops_waiting_leaves_nothing_behind() {
    let (bus, servers) = three().await;
    let puppet = Puppet::join(&bus).await;
    drop(servers[0].io.emit_with_ack::<i32>("n?", ()));
    let message = puppet.hear().await;
    let Body::Broadcast { request: Some(request), .. } = message.body else { panic!() };
    let count = Body::BroadcastClientCount { request, clients: 1 };
    puppet.say_as(&puppet.node, Some(&message.from), count).await;
    settled().await;
    assert!(servers[0].socket.is_connected());
}
