//! What comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socketio::{Ack, Data, Error, Namespace, Socket, SocketIo};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::raw::Raw;
use crate::{channel, connect, served, settled, soon};

#[tokio::test(start_paused = true)]
async fn handlers_start_in_order_of_arrival_and_wait_together() {
    let (tell, mut told) = channel();
    let wait = async move |Data(n): Data<u64>, Data(seconds): Data<u64>| {
        tell.send(format!("{n} starts")).unwrap();
        sleep(Duration::from_secs(seconds)).await;
        tell.send(format!("{n} ends")).unwrap();
    };
    let (_io, client) = served(Namespace::new().on("wait", wait)).await;
    let start = Instant::now();
    for (n, seconds) in [(1, 3), (2, 1), (3, 2)] {
        client.emit("wait", (n, seconds));
    }
    for expected in ["1 starts", "2 starts", "3 starts", "2 ends", "3 ends", "1 ends"] {
        assert_eq!(told.next().await, expected);
    }
    assert_eq!(start.elapsed().as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_thousand_events_are_handled_in_their_order() {
    let (tell, mut told) = channel();
    let (_io, client) =
        served(Namespace::new().on("n", async move |Data(n): Data<u32>| tell.send(n).unwrap()))
            .await;
    for n in 0..1000 {
        client.emit("n", &n);
    }
    for n in 0..1000 {
        assert_eq!(told.next().await, n);
    }
}

#[tokio::test(start_paused = true)]
async fn the_connect_handler_is_done_before_the_first_event() {
    let (tell, mut told) = channel();
    let event = tell.clone();
    let namespace = Namespace::new()
        .on_connect(async move || {
            tell.send("connecting".to_owned()).unwrap();
            sleep(Duration::from_secs(5)).await;
            tell.send("connected".to_owned()).unwrap();
        })
        .on("event", async move |Data(n): Data<u8>| {
            event.send(format!("event {n}")).unwrap();
            Data(n)
        });
    let (_io, client) = served(namespace).await;
    client.emit("event", &1);
    settled().await;
    client.emit("event", &2);
    assert_eq!(client.emit_with_ack::<u8>("event", &3).await, 3);
    for expected in ["connecting", "connected", "event 1", "event 2", "event 3"] {
        assert_eq!(told.now().as_deref(), Some(expected));
    }
}

#[tokio::test(start_paused = true)]
async fn events_that_wait_for_the_connect_handler_are_handled_though_the_client_left() {
    let (tell, mut told) = channel();
    let (event, left) = (tell.clone(), tell.clone());
    let namespace = Namespace::new()
        .on_connect(async move || {
            sleep(Duration::from_secs(5)).await;
            tell.send("connected").unwrap();
        })
        .on("save", async move || event.send("saved").unwrap())
        .on_disconnect(async move || left.send("left").unwrap());
    let io = SocketIo::new(namespace);
    for politely in [true, false] {
        let client = connect(&io).await;
        client.emit("save", ());
        settled().await;
        if politely {
            client.disconnect();
            settled().await;
        }
        drop(client);
        for expected in ["connected", "saved", "left"] {
            assert_eq!(told.next().await, expected);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn as_many_events_as_may_wait_for_the_connect_handler_are_handled() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let namespace = Namespace::new()
        .on_connect(async move || opened.notified().await)
        .on("n", async move |Data(n): Data<u32>| tell.send(n).unwrap());
    let io = SocketIo::builder().namespace("/", namespace).build();
    let client = connect(&io).await;
    for n in 0..1_900 {
        client.emit("n", &n);
    }
    settled().await;
    assert_eq!(told.now(), None);
    open.notify_one();
    for n in 0..1_900 {
        assert_eq!(told.next().await, n);
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_emits_comes_before_its_answer() {
    let namespace = Namespace::new()
        .on("now", async |socket: Socket| {
            socket.emit("before", &1);
            socket.emit("before", &2);
            Data("answer")
        })
        .on("later", async |socket: Socket| {
            socket.emit("before", &1);
            sleep(Duration::from_secs(1)).await;
            socket.emit("before", &2);
            Err::<(), _>(Error::new("answer"))
        })
        .on("mixed", async |socket: Socket, ack: Ack| {
            socket.emit("before", &1);
            ack.send("answer");
            socket.emit("after", &2);
        });
    let (io, _client) = served(namespace).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["now"]"#);
    raw.expect(&[r#"2["before",1]"#, r#"2["before",2]"#, r#"30["answer"]"#]).await;
    raw.send(r#"21["later"]"#);
    let answer = r#"31[{"error":{"message":"answer"}}]"#;
    raw.expect(&[r#"2["before",1]"#, r#"2["before",2]"#, answer]).await;
    raw.send(r#"22["mixed"]"#);
    raw.expect(&[r#"2["before",1]"#, r#"32["answer"]"#, r#"2["after",2]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn what_is_emitted_before_a_disconnect_arrives_before_it() {
    let namespace = Namespace::new()
        .on("bye", async |socket: Socket| {
            socket.emit("before", &1);
            socket.disconnect();
            socket.emit("never", &2);
        })
        .on("end", async |socket: Socket| {
            socket.emit("before", &1);
            socket.close();
            socket.emit("never", &2);
        });
    let (io, _client) = served(namespace).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"2["bye"]"#);
    raw.expect(&[r#"2["before",1]"#, "1"]).await;
    raw.join("/").await;
    raw.send(r#"2["end"]"#);
    raw.expect(&[r#"2["before",1]"#, "1"]).await;
    raw.expect_closed().await;
}

#[tokio::test(start_paused = true)]
async fn who_is_disconnected_is_heard_no_more() {
    let (tell, mut told) = channel();
    let (heard, left) = (tell.clone(), tell);
    let namespace = Namespace::new()
        .on("insult", async |socket: Socket| socket.disconnect())
        .on("insult all", async |socket: Socket| socket.close())
        .on("more", async move || heard.send("more").unwrap())
        .on_disconnect(async move || left.send("left").unwrap());
    let io = SocketIo::new(namespace);
    for insult in [r#"2["insult"]"#, r#"2["insult all"]"#] {
        let mut raw = Raw::joined(&io, &["/"]).await;
        raw.send(insult);
        for _ in 0..10 {
            raw.send(r#"20["more"]"#);
        }
        raw.expect(&["1"]).await;
        settled().await;
        assert_eq!((told.now(), told.now()), (Some("left"), None));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_disconnected_by_the_connect_handler_is_not_heard_at_all() {
    let (tell, mut told) = channel();
    let (heard, left) = (tell.clone(), tell);
    let close = Arc::new(AtomicBool::new(false));
    let closes = Arc::clone(&close);
    let namespace = Namespace::new()
        .on_connect(async move |socket: Socket| {
            sleep(Duration::from_secs(1)).await;
            match closes.load(Ordering::Relaxed) {
                true => socket.close(),
                false => socket.disconnect(),
            }
        })
        .on("early", async move || heard.send("early").unwrap())
        .on_disconnect(async move || left.send("left").unwrap());
    let io = SocketIo::new(namespace);
    for closes in [false, true] {
        close.store(closes, Ordering::Relaxed);
        let mut raw = Raw::joined(&io, &["/"]).await;
        raw.send(r#"20["early"]"#);
        raw.expect(&["1"]).await;
        settled().await;
        assert_eq!((told.now(), told.now()), (Some("left"), None));
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_disconnected_after_it_left_is_not_heard_either() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on_connect(async || sleep(Duration::from_secs(1)).await)
        .on("insult", async |socket: Socket| socket.disconnect())
        .on("more", async move || tell.send("more").unwrap());
    let (_io, client) = served(namespace).await;
    client.emit("insult", ());
    client.emit("more", ());
    settled().await;
    drop(client);
    sleep(Duration::from_secs(2)).await;
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_and_an_emit_keep_their_order() {
    let (tell, mut told) = channel();
    let (io, mut client) =
        served(Namespace::new().on_connect(async move |socket: Socket| tell.send(socket).unwrap()))
            .await;
    let socket = told.next().await;
    for n in 0..100 {
        match n % 3 {
            0 => io.emit("n", &n),
            1 => socket.emit("n", &n),
            _ => drop(socket.emit_with_ack::<()>("n", &n)),
        }
    }
    for n in 0..100 {
        assert_eq!(client.recv::<[u32; 1]>().await, ("n".into(), [n]));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broadcasts_from_many_threads_reach_all_in_one_order() {
    const THREADS: usize = 4;
    const EACH: usize = 500;
    let joins = async |socket: Socket| socket.join(["a", "b"]);
    let io = SocketIo::new(Namespace::new().on_connect(joins));
    let mut clients = [connect(&io).await, connect(&io).await, connect(&io).await];
    soon(async {
        while io.of("/").room_len("b") < clients.len() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let io = &io;
            scope.spawn(move || {
                for n in 0..EACH {
                    match n % 4 {
                        0 => io.emit("n", (thread, n)),
                        1 => io.to("a").emit("n", (thread, n)),
                        2 => io.to(["a", "b"]).emit("n", (thread, n)),
                        _ => drop(io.to("b").except("c").emit_with_ack::<()>("n", (thread, n))),
                    }
                }
            });
        }
    });
    let mut orders = Vec::new();
    for client in &mut clients {
        let mut order = Vec::new();
        while order.len() < THREADS * EACH {
            order.push(soon(client.recv::<[usize; 2]>()).await.1);
        }
        orders.push(order);
    }
    assert!(orders.iter().all(|order| *order == orders[0]));
    for thread in 0..THREADS {
        let of_thread = orders[0].iter().filter(|[from, _]| *from == thread);
        assert!(of_thread.map(|[_, n]| *n).eq(0..EACH));
    }
}
