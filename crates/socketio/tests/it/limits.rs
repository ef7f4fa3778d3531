//! How much of one client is in flight.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use engineio::PipeSender;
use socketio::{Data, DisconnectReason, Namespace, Rest, Socket, SocketIo};
use tokio::sync::{Notify, Semaphore};
use tokio::time::Instant;

use crate::raw::Raw;
use crate::{Told, channel, connect, settled};

/// A server whose handlers of `wait` tell that they started and wait for a permit.
fn waiting(max_running: usize, max_held: usize) -> (SocketIo, Arc<Semaphore>, Told<u32>) {
    let (tell, told) = channel();
    let permits = Arc::new(Semaphore::new(0));
    let permit = Arc::clone(&permits);
    let namespace = Namespace::new()
        .on("wait", async move |Data(n): Data<u32>, _: Rest| {
            tell.send(n).unwrap();
            permit.acquire().await.unwrap().forget();
            Data(n)
        })
        .on("ask", async |socket: Socket| {
            socket
                .emit_with_ack::<Rest>("question", ())
                .await
                .map(|answer| socket.emit("got", answer))?;
            Ok::<_, socketio::Error>(())
        });
    let io = SocketIo::builder()
        .namespace("/", namespace)
        .max_running(max_running)
        .max_held(max_held)
        .build();
    (io, permits, told)
}

#[tokio::test(start_paused = true)]
async fn events_wait_while_too_many_handlers_run() {
    let (io, permits, mut told) = waiting(2, 1_000_000);
    let client = connect(&io).await;
    for n in 0..5 {
        client.emit("wait", &n);
    }
    assert_eq!((told.next().await, told.next().await), (0, 1));
    settled().await;
    assert_eq!(told.now(), None);
    for n in 2..5 {
        permits.add_permits(1);
        assert_eq!(told.next().await, n);
        settled().await;
        assert_eq!(told.now(), None);
    }
    permits.add_permits(2);
}

#[tokio::test(start_paused = true)]
async fn the_limit_is_each_clients_own() {
    let (io, _permits, mut told) = waiting(1, 1_000_000);
    let (ana, ben) = (connect(&io).await, connect(&io).await);
    ana.emit("wait", &1);
    ana.emit("wait", &2);
    ben.emit("wait", &3);
    assert_eq!((told.next().await, told.next().await), (1, 3));
}

#[tokio::test(start_paused = true)]
async fn no_handler_at_all_is_one() {
    let (io, _permits, mut told) = waiting(0, 1_000_000);
    let client = connect(&io).await;
    client.emit("wait", &1);
    assert_eq!(told.next().await, 1);
}

/// The deadlock that a limit can cause: every handler waits for its client's answer, which waits behind events.
#[tokio::test(start_paused = true)]
async fn handlers_that_wait_for_their_clients_answers_cannot_deadlock_it() {
    let (io, _permits, _told) = waiting(64, 1_000_000);
    let mut client = connect(&io).await;
    let start = Instant::now();
    for _ in 0..1_000 {
        client.emit("ask", ());
    }
    let (mut asked, mut got) = (0, 0);
    while got < 1_000 {
        let event = client.next().await.unwrap();
        match &*event.name {
            "question" => {
                asked += 1;
                client.acknowledge(event.ack.unwrap(), &asked);
            }
            "got" => got += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!(asked, 1_000);
    assert!(start.elapsed() < Duration::from_secs(1), "no answer was late");
}

#[tokio::test(start_paused = true)]
async fn a_client_leaves_though_its_events_wait() {
    let (tell, mut told) = channel();
    let (event, permits) = (tell.clone(), Arc::new(Semaphore::new(0)));
    let permit = Arc::clone(&permits);
    let namespace = Namespace::new()
        .on("wait", async move |Data(n): Data<u32>| {
            event.send(format!("event {n}")).unwrap();
            permit.acquire().await.unwrap().forget();
        })
        .on_disconnect(async move |reason: DisconnectReason| {
            tell.send(reason.to_string()).unwrap();
        });
    let io = SocketIo::builder()
        .namespace("/", namespace)
        .namespace("/other", Namespace::new().on("ping", async || Data("pong")))
        .max_running(1)
        .build();
    let mut raw = Raw::joined(&io, &["/", "/other"]).await;
    raw.send(r#"2["wait",1]"#);
    raw.send(r#"2["wait",2]"#);
    raw.send("1");
    settled().await;
    assert_eq!(io.of("/").len(), 0, "it has left, though its events wait");
    assert_eq!(told.next().await, "event 1");
    assert_eq!(told.now(), None);
    permits.add_permits(1);
    assert_eq!(told.next().await, "event 2");
    assert_eq!(told.next().await, "client namespace disconnect");
    permits.add_permits(1);
    raw.send(r#"2/other,1["ping"]"#);
    raw.expect(&[r#"3/other,1["pong"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn held_events_are_bounded_and_none_is_lost() {
    let (io, permits, mut told) = waiting(2, 10_000);
    let client = connect(&io).await;
    for n in 0..500 {
        client.emit("wait", (n, "x".repeat(1_000)));
    }
    let start = Instant::now();
    for n in 0..500 {
        assert_eq!(told.next().await, n);
        permits.add_permits(1);
    }
    assert!(start.elapsed() < Duration::from_secs(1));
}

/// Says how many frames the server left in a pipe whose sender this is: it closes when nobody reads any more.
async fn flood(sender: &PipeSender, frames: usize) {
    for n in 0..frames {
        sender.send(format!(r#"42["wait",{n}]"#));
    }
    settled().await;
}

#[tokio::test(start_paused = true)]
async fn beyond_the_bound_nothing_is_read() {
    let (io, permits, mut told) = waiting(1, 1_000);
    let mut raw = Raw::joined(&io, &["/"]).await;
    flood(&raw.sender(), 100).await;
    raw.send("1"); // not read before what is in front of it
    settled().await;
    assert_eq!(io.of("/").len(), 1);
    permits.add_permits(100);
    settled().await;
    assert_eq!(io.of("/").len(), 0);
    for n in 0..100 {
        assert_eq!(told.now(), Some(n));
    }
    raw.join("/").await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_not_read_need_not_answer_pings() {
    let (io, permits, mut told) = waiting(1, 1_000);
    let raw = Raw::joined(&io, &["/"]).await;
    flood(&raw.sender(), 100).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(io.of("/").len(), 1);
    permits.add_permits(100);
    settled().await;
    assert_eq!((0..100).filter_map(|_| told.now()).count(), 100);
}

#[tokio::test(start_paused = true)]
async fn events_of_one_namespace_wait_for_those_of_another_only_by_number() {
    let started = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&started);
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let count = Namespace::new().on("n", async move || {
        counted.fetch_add(1, Ordering::Relaxed);
    });
    let slow =
        Namespace::new().on_connect(async move || opened.notified().await).on("n", async || {});
    let io =
        SocketIo::builder().namespace("/", count).namespace("/slow", slow).max_running(1).build();
    let raw = Raw::joined(&io, &["/", "/slow"]).await;
    for _ in 0..10 {
        raw.send(r#"2/slow,["n"]"#);
        raw.send(r#"2["n"]"#);
    }
    settled().await;
    assert_eq!(started.load(Ordering::Relaxed), 10);
    open.notify_one();
}
