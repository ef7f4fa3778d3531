//! Acknowledgements that the server waits for.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::json;
use socketio::{AckError, Acks, Namespace, Rest, Socket, SocketId, SocketIo, Value};
use tokio::time::Instant;

use crate::raw::Raw;
use crate::{Told, channel, connect, served, settled, soon};

/// A server that hands its sockets to the test.
fn sockets() -> (SocketIo, Told<Socket>) {
    let (tell, told) = channel();
    let namespace = Namespace::new()
        .on_connect(async move |socket: Socket| tell.send(socket).unwrap())
        .on("hello", async || {});
    (SocketIo::new(namespace), told)
}

/// A connected client that is written by hand, and its socket.
async fn one() -> (SocketIo, Socket, Raw) {
    let (io, mut told) = sockets();
    let raw = Raw::joined(&io, &["/"]).await;
    (io, told.next().await, raw)
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_its_first_argument_or_all() {
    let (_io, socket, mut raw) = one().await;
    let first = socket.emit_with_ack::<i64>("a", (1, 2));
    raw.expect(&[r#"20["a",1,2]"#]).await;
    raw.send(r#"30[3,"more"]"#);
    assert_eq!(first.await, Ok(3));

    let all = socket.emit_with_ack::<Rest>("b", ());
    raw.expect(&[r#"21["b"]"#]).await;
    raw.send(r#"31[3,"more"]"#);
    assert_eq!(all.await, Ok(Rest::from(vec![json!(3).into(), json!("more").into()])));

    for (id, answer) in [(2, "32[]"), (3, "33")] {
        let none = socket.emit_with_ack::<Option<u8>>("c", ());
        raw.expect(&[&format!(r#"2{id}["c"]"#)]).await;
        raw.send(answer);
        assert_eq!(none.await, Ok(None), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_another_type_says_what_is_wrong() {
    let (_io, socket, mut raw) = one().await;
    let answer = socket.emit_with_ack::<i64>("a", ());
    raw.expect(&[r#"20["a"]"#]).await;
    raw.send(r#"30["three"]"#);
    let Err(AckError::Decode(reason)) = answer.await else { panic!("it is no number") };
    assert!(reason.contains("argument 0: invalid type: string"), "{reason}");

    let answer = socket.emit_with_ack::<i64>("a", ());
    raw.expect(&[r#"21["a"]"#]).await;
    raw.send("31[]");
    assert_eq!(answer.await, Err(AckError::Decode("argument 0: missing".into())));
}

#[tokio::test(start_paused = true)]
async fn each_namespace_counts_from_zero_for_all_its_sockets() {
    let (tell, mut told) = channel();
    let namespace = || {
        Namespace::new().on_connect({
            let tell = tell.clone();
            async move |socket: Socket| tell.send(socket).unwrap()
        })
    };
    let io = SocketIo::builder().namespace("/", namespace()).namespace("/b", namespace()).build();
    let mut first = Raw::joined(&io, &["/", "/b"]).await;
    let mut second = Raw::joined(&io, &["/"]).await;
    let (main, other, neighbour) = (told.next().await, told.next().await, told.next().await);
    drop(main.emit_with_ack::<()>("a", ()));
    drop(neighbour.emit_with_ack::<()>("a", ()));
    drop(other.emit_with_ack::<()>("a", ()));
    drop(io.emit_with_ack::<()>("a", ()));
    first.expect(&[r#"20["a"]"#, r#"2/b,0["a"]"#, r#"22["a"]"#]).await;
    second.expect(&[r#"21["a"]"#, r#"22["a"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn an_answer_counts_once_and_only_from_who_was_asked() {
    let (io, mut told) = sockets();
    let mut asked = Raw::joined(&io, &["/"]).await;
    let mut other = Raw::joined(&io, &["/"]).await;
    let socket = told.next().await;
    let answer = socket.emit_with_ack::<u8>("a", ());
    asked.expect(&[r#"20["a"]"#]).await;
    other.send("30[1]");
    other.expect_nothing().await;
    asked.send("31[2]");
    asked.send("30[3]");
    asked.send("30[4]");
    assert_eq!(answer.await, Ok(3));
    asked.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn who_does_not_answer_in_time_is_not_waited_for() {
    let (_io, socket, mut raw) = one().await;
    let start = Instant::now();
    let answer = socket.emit_with_ack::<u8>("default", ());
    raw.expect(&[r#"20["default"]"#]).await;
    assert_eq!(answer.await, Err(AckError::Timeout));
    assert_eq!(start.elapsed().as_secs(), 10);

    let start = Instant::now();
    let answer = socket.timeout(Duration::from_secs(3)).emit_with_ack::<u8>("own", ());
    assert_eq!(answer.await, Err(AckError::Timeout));
    assert_eq!(start.elapsed().as_secs(), 3);
    raw.expect(&[r#"21["own"]"#]).await;
    raw.send("31[1]"); // too late
    raw.expect_nothing().await;
    assert_eq!(AckError::Timeout.to_string(), "operation has timed out");
}

#[tokio::test(start_paused = true)]
async fn the_time_counts_from_the_emit() {
    let (_io, socket, _raw) = one().await;
    let answer = socket.emit_with_ack::<u8>("a", ());
    tokio::time::sleep(Duration::from_secs(11)).await;
    let start = Instant::now();
    assert_eq!(answer.await, Err(AckError::Timeout));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn the_default_time_is_the_servers_and_may_be_endless() {
    let (tell, mut told) = channel();
    let io = SocketIo::builder()
        .namespace(
            "/",
            Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap()),
        )
        .ack_timeout(None)
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    let socket = told.next().await;
    let endless = socket.emit_with_ack::<u8>("a", ());
    let forever = socket.timeout(Duration::MAX).emit_with_ack::<u8>("b", ());
    raw.expect(&[r#"20["a"]"#, r#"21["b"]"#]).await;
    for _ in 0..200 {
        tokio::time::advance(Duration::from_secs(20)).await;
        raw.expect_nothing_but_pings().await;
    }
    raw.send("30[1]");
    raw.send("31[2]");
    assert_eq!((endless.await, forever.await), (Ok(1), Ok(2)));
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_not_waited_for() {
    let (io, mut told) = sockets();
    let client = connect(&io).await;
    let socket = told.next().await;
    let start = Instant::now();
    let left = socket.emit_with_ack::<u8>("a", ());
    settled().await;
    client.disconnect();
    assert_eq!(soon(left).await, Err(AckError::Disconnected));

    let client = connect(&io).await;
    let socket = told.next().await;
    let lost = socket.emit_with_ack::<u8>("a", ());
    settled().await;
    drop(client);
    assert_eq!(soon(lost).await, Err(AckError::Disconnected));

    let _client = connect(&io).await;
    let socket = told.next().await;
    let sent_away = socket.emit_with_ack::<u8>("a", ());
    socket.disconnect();
    assert_eq!(soon(sent_away).await, Err(AckError::Disconnected));
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn an_event_is_sent_though_nobody_waits_for_the_answer() {
    let (_io, socket, mut raw) = one().await;
    drop(socket.emit_with_ack::<u8>("a", ()));
    raw.expect(&[r#"20["a"]"#]).await;
    raw.send("30[1]");
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn everybody_who_is_asked_is_named_once() {
    let (io, mut told) = sockets();
    let mut clients = Vec::new();
    let mut ids: Vec<SocketId> = Vec::new();
    for _ in 0..4 {
        clients.push(Raw::joined(&io, &["/"]).await);
        ids.push(told.next().await.id());
    }
    let start = Instant::now();
    let mut acks: Acks<u8> =
        io.except(ids[3]).timeout(Duration::from_secs(5)).emit_with_ack("vote", "?");
    assert_eq!(acks.waiting(), 3);
    for client in &mut clients[..3] {
        client.expect(&[r#"20["vote","?"]"#]).await;
    }
    clients[3].expect_nothing().await;
    clients[0].send("30[7]");
    assert_eq!(acks.next().await, Some((Some(ids[0]), Ok(7))));
    drop(clients.remove(1));
    assert_eq!(acks.next().await, Some((Some(ids[1]), Err(AckError::Disconnected))));
    assert!(start.elapsed() < Duration::from_secs(1));
    assert_eq!(acks.waiting(), 1);
    assert_eq!(acks.next().await, Some((Some(ids[2]), Err(AckError::Timeout))));
    assert_eq!(start.elapsed().as_secs(), 5);
    assert_eq!(acks.next().await, None);
    assert_eq!(acks.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn all_answers_can_be_collected() {
    let (io, mut told) = sockets();
    let mut clients = Vec::new();
    for n in 0..3 {
        let mut client = connect(&io).await;
        let id = told.next().await.id();
        clients.push(tokio::spawn(async move {
            let event = client.next().await.unwrap();
            client.acknowledge(event.ack.unwrap(), &n);
            (id, client)
        }));
    }
    let answers: HashMap<_, _> =
        io.emit_with_ack::<i64>("n?", ()).collect().await.into_iter().collect();
    assert_eq!(answers.len(), 3);
    for (n, client) in clients.into_iter().enumerate() {
        let (id, _client) = client.await.unwrap();
        assert_eq!(answers[&Some(id)], Ok(n as i64));
    }
}

#[tokio::test(start_paused = true)]
async fn answers_to_a_broadcast_can_be_anything() {
    let (io, mut told) = sockets();
    let mut raw = Raw::joined(&io, &["/"]).await;
    let id = told.next().await.id();
    let mut wrong = io.emit_with_ack::<u8>("a", ());
    raw.expect(&[r#"20["a"]"#]).await;
    raw.send(r#"30["x"]"#);
    assert!(matches!(wrong.next().await, Some((_, Err(AckError::Decode(_))))));
    let mut all = io.emit_with_ack::<Rest>("a", ());
    raw.expect(&[r#"21["a"]"#]).await;
    raw.send("31[1,null]");
    let answer = Rest::from(vec![json!(1).into(), Value::Null]);
    assert_eq!(all.next().await, Some((Some(id), Ok(answer))));
}

#[tokio::test(start_paused = true)]
async fn asking_nobody_ends_at_once() {
    let (io, _client) = served(Namespace::new()).await;
    let start = Instant::now();
    assert_eq!(io.to("nowhere").emit_with_ack::<u8>("a", ()).next().await, None);
    assert_eq!(io.of("/unknown").emit_with_ack::<u8>("a", ()).collect().await, []);
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_leaves_before_the_question_is_written_is_named() {
    let (io, mut told) = sockets();
    let raw = Raw::joined(&io, &["/"]).await;
    let socket = told.next().await;
    socket.disconnect();
    let gone = io.emit_with_ack::<u8>("a", ()).collect().await;
    assert_eq!(gone, [], "it has left already");

    let raw2 = Raw::joined(&io, &["/"]).await;
    let socket = told.next().await;
    let acks = io.emit_with_ack::<u8>("a", ());
    drop(raw2);
    assert_eq!(soon(acks.collect()).await, [(Some(socket.id()), Err(AckError::Disconnected))]);
    drop(raw);
}
