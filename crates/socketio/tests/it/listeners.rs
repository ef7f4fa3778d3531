//! Handlers that look on: of any event, of unknown events, of errors, of sockets about to leave.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use socketio::{
    Ack, Data, DisconnectReason, Error, EventName, Namespace, Rest, Socket, SocketIo, State,
};
use tokio::sync::Notify;

use crate::raw::Raw;
use crate::{channel, connect, served, settled};

fn names(rooms: Vec<Arc<str>>, except: &str) -> Vec<String> {
    let mut rooms: Vec<_> =
        rooms.iter().filter(|room| ***room != *except).map(ToString::to_string).collect();
    rooms.sort();
    rooms
}

#[tokio::test(start_paused = true)]
async fn any_sees_every_event_before_its_handler() {
    let (tell, mut told) = channel();
    let (handled, middleware) = (tell.clone(), tell.clone());
    let main = Namespace::new()
        .on("known", async move |Data(n): Data<i32>| {
            handled.send(format!("handler {n}")).unwrap();
            Data(n + 1)
        })
        .event_middleware(async move |name: EventName| {
            middleware.send(format!("middleware {name}")).unwrap();
        })
        .on_any(async move |name: EventName, Data(n): Data<Option<i32>>, ack: Ack| {
            tell.send(format!("any {name} {n:?} {}", ack.is_wanted())).unwrap();
        });
    let (_io, client) = served(main).await;
    assert_eq!(client.emit_with_ack::<i32>("known", &1).await, 2);
    client.emit("unknown", ());
    settled().await;
    for expected in [
        "any known Some(1) false",
        "middleware known",
        "handler 1",
        "any unknown None false",
        "middleware unknown",
    ] {
        assert_eq!(told.now().as_deref(), Some(expected));
    }
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn any_and_the_handler_read_the_same_attachments() {
    let (tell, mut told) = channel();
    let main = Namespace::new()
        .on("bytes", async |Data(bytes): Data<Bytes>| Data(bytes))
        .on_any(async move |Data(bytes): Data<Bytes>| tell.send(bytes).unwrap());
    let (_io, client) = served(main).await;
    let bytes = Bytes::from_static(b"\x00\xff");
    assert_eq!(client.emit_with_ack::<Bytes>("bytes", &bytes).await, bytes);
    assert_eq!(told.now(), Some(bytes));
}

#[tokio::test(start_paused = true)]
async fn what_any_returns_answers_nobody_and_its_panic_ends_nothing() {
    let main = Namespace::new().on("add", async |Data(n): Data<i32>| Data(n + 1)).on_any(
        async |Data(n): Data<i32>| {
            assert_ne!(n, 13, "on purpose");
            Data("any")
        },
    );
    let (_io, client) = served(main).await;
    assert_eq!(client.emit_with_ack::<i32>("add", &1).await, 2);
    assert_eq!(client.emit_with_ack::<i32>("add", &13).await, 14);
}

#[tokio::test(start_paused = true)]
async fn as_many_handlers_of_any_event_wait_as_may_run() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let main = Namespace::new().on_any(async move |Data(n): Data<i32>| {
        tell.send(n).unwrap();
        opened.notified().await;
    });
    let io = SocketIo::builder().namespace("/", main).max_running(2).build();
    let client = connect(&io).await;
    for n in 0..4 {
        client.emit("event", &n);
    }
    settled().await;
    assert_eq!((told.now(), told.now(), told.now()), (Some(0), Some(1), None));
    open.notify_one();
    settled().await;
    assert_eq!((told.now(), told.now()), (Some(2), None));
}

#[tokio::test(start_paused = true)]
async fn the_fallback_handles_what_nobody_else_does() {
    let main = Namespace::new()
        .on("known", async || Data("handler"))
        .fallback(async |State(app): State<&'static str>, name: EventName, arguments: Rest| {
            Data(format!("{app} {} {}", &*name, arguments.len()))
        })
        .with_state("state");
    let (_io, client) = served(main).await;
    assert_eq!(client.emit_with_ack::<String>("known", ()).await, "handler");
    assert_eq!(client.emit_with_ack::<String>("unknown", (1, 2)).await, "state unknown 2");
}

#[tokio::test(start_paused = true)]
async fn any_outgoing_sees_emits_and_broadcasts_and_no_acknowledgements() {
    let (tell, mut told) = channel();
    let main = Namespace::new()
        .on("hello", async |socket: Socket| {
            socket.emit("alone", (1, 2));
            Data("acknowledged")
        })
        .on_any_outgoing(async move |socket: Socket, name: EventName, arguments: Rest| {
            tell.send((socket.id().to_string(), name.to_string(), arguments.len())).unwrap();
            Data("answers nobody")
        });
    let io = SocketIo::new(main);
    let mut raw = Raw::open(&io).await;
    let id = raw.join("/").await;
    raw.send(r#"20["hello"]"#);
    raw.expect(&[r#"2["alone",1,2]"#, r#"30["acknowledged"]"#]).await;
    io.to("nobody").emit("not this one", ());
    io.emit("all", &Bytes::from_static(b"x"));
    let _answer = io.emit_with_ack::<()>("question", ());
    settled().await;
    io.volatile().emit("volatile", ());
    settled().await;
    for (name, arguments) in [("alone", 2), ("all", 1), ("question", 0), ("volatile", 0)] {
        assert_eq!(told.now(), Some((id.clone(), name.to_owned(), arguments)));
    }
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn any_outgoing_is_the_namespaces_own() {
    let (tell, mut told) = channel();
    let overheard = Namespace::new()
        .on_any_outgoing(async move |name: EventName| tell.send(name.to_string()).unwrap());
    let io =
        SocketIo::builder().namespace("/", Namespace::new()).namespace("/a", overheard).build();
    let mut raw = Raw::joined(&io, &["/", "/a"]).await;
    io.emit("main", ());
    io.of("/a").emit("a", ());
    raw.expect(&[r#"2["main"]"#, r#"2/a,["a"]"#]).await;
    assert_eq!((told.now().as_deref(), told.now()), (Some("a"), None));
}

#[tokio::test(start_paused = true)]
async fn a_socket_about_to_leave_is_in_its_rooms() {
    let (tell, mut told) = channel();
    let left = tell.clone();
    let main = Namespace::new()
        .on_connect(async |socket: Socket| socket.join(["a", "b"]))
        .on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
            socket.to("a").emit("leaves", ());
            let rooms = names(socket.rooms(), socket.id().as_str());
            tell.send(("disconnecting", reason, rooms, socket.is_connected())).unwrap();
            tokio::task::yield_now().await;
            tell.send(("later", reason, names(socket.rooms(), ""), false)).unwrap();
        })
        .on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
            let rooms = names(socket.rooms(), "");
            left.send(("disconnect", reason, rooms, socket.is_connected())).unwrap();
        });
    let io = SocketIo::new(main);
    let mut stays = connect(&io).await;
    let client = connect(&io).await;
    client.disconnect();
    assert_eq!(stays.next().await.unwrap().name, "leaves");
    settled().await;
    let reason = DisconnectReason::ClientNamespaceDisconnect;
    let rooms = vec!["a".to_owned(), "b".to_owned()];
    assert_eq!(told.now(), Some(("disconnecting", reason, rooms, true)));
    assert_eq!(told.now(), Some(("disconnect", reason, vec![], false)));
    assert_eq!(told.now(), Some(("later", reason, vec![], false)));
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn every_way_to_leave_begins_with_disconnecting() {
    let (tell, mut told) = channel();
    let main = || {
        let tell = tell.clone();
        Namespace::new().on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
            tell.send((reason, socket.rooms().len())).unwrap();
        })
    };
    let io = SocketIo::new(main());
    drop(connect(&io).await);
    assert_eq!(told.next().await, (DisconnectReason::TransportClose, 1));
    let kicked = Namespace::new().on("kick me", async |socket: Socket| socket.disconnect());
    let tell_kicked = tell.clone();
    let kicked = kicked.on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
        tell_kicked.send((reason, socket.rooms().len())).unwrap();
    });
    io.add_namespace("/kicked", kicked);
    let client = io.test_client().connect("/kicked").await.unwrap();
    client.emit("kick me", ());
    assert_eq!(told.next().await, (DisconnectReason::ServerNamespaceDisconnect, 1));
    let _client = connect(&io).await;
    io.close().await;
    assert_eq!(told.next().await, (DisconnectReason::ServerShuttingDown, 1));
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_does_not_leave() {
    let (tell, mut told) = channel();
    let main = Namespace::new()
        .middleware(async || Err::<(), _>(Error::new("no")))
        .on_disconnecting(async move || tell.send(()).unwrap());
    let io = SocketIo::new(main);
    io.test_client().connect("/").await.unwrap_err();
    settled().await;
    assert_eq!(told.now(), None);
}

/// A namespace whose errors are told.
fn telling(tell: tokio::sync::mpsc::UnboundedSender<String>) -> Namespace {
    Namespace::new().on_error(async move |socket: Socket, name: EventName, error: Error| {
        tell.send(format!("{name}: {error} {}", socket.is_connected())).unwrap();
    })
}

#[tokio::test(start_paused = true)]
async fn errors_of_all_handlers_are_told_and_the_client_reads_what_it_would() {
    let (tell, mut told) = channel();
    let main = telling(tell)
        .on_connect(async || Err::<(), _>(Error::new("connecting")))
        .on("add", async |Data(_): Data<i32>| {})
        .on("refuse", async || Err::<(), _>(Error::new("no")))
        .on("fail", async || Err::<(), _>(std::fmt::Error.into()))
        .on("panic", async || -> () { panic!("on purpose") })
        .on("fine", async || {})
        .on_disconnect(async || Err::<(), _>(Error::new("too late")));
    let (_io, client) = served(main).await;
    let message = async |event: &str| {
        let answer: Json = client.emit_with_ack(event, ()).await;
        answer["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("add").await, "argument 0: missing");
    assert_eq!(message("refuse").await, "no");
    assert_eq!(message("fail").await, "internal error");
    assert_eq!(message("panic").await, "internal error");
    client.emit("fail", ());
    client.emit_with_ack::<()>("fine", ()).await;
    client.disconnect();
    settled().await;
    for expected in [
        "connect: connecting true",
        "add: argument 0: missing true",
        "refuse: no true",
        "fail: an error occurred when formatting an argument true",
        "panic: a handler panicked true",
        "fail: an error occurred when formatting an argument true",
        "disconnect: too late false",
    ] {
        assert_eq!(told.now().as_deref(), Some(expected));
    }
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn what_is_no_packet_is_told_to_every_namespace_before_the_end() {
    let (tell, mut told) = channel();
    let (left, other) = (tell.clone(), tell.clone());
    let main = telling(tell).on_disconnect(async move || left.send("left".to_owned()).unwrap());
    let io = SocketIo::builder().namespace("/", main).namespace("/a", telling(other)).build();
    let mut raw = Raw::joined(&io, &["/", "/a"]).await;
    raw.send("2[");
    raw.expect_closed().await;
    settled().await;
    assert_eq!(told.now().as_deref(), Some(": invalid payload true"));
    assert_eq!(told.now().as_deref(), Some(": invalid payload true"));
    assert_eq!(told.now().as_deref(), Some("left"));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_error_handler_is_not_told_to_itself() {
    let (tell, mut told) = channel();
    let main = Namespace::new().on("fail", async || Err::<(), _>(Error::new("first"))).on_error(
        async move |error: Error| {
            tell.send(error.to_string()).unwrap();
            Err::<(), _>(Error::new("second"))
        },
    );
    let (_io, client) = served(main).await;
    client.emit("fail", ());
    settled().await;
    assert_eq!((told.now().as_deref(), told.now()), (Some("first"), None));
    let _: Json = client.emit_with_ack("fail", ()).await;
}

#[tokio::test(start_paused = true)]
async fn only_a_handler_of_errors_has_an_error() {
    let main = Namespace::new().on("event", async |_: Error| {}).on_error(
        async |first: Option<Error>, second: Option<Error>| {
            assert!(first.is_some() && second.is_none());
        },
    );
    let (_io, client) = served(main).await;
    let answer: Json = client.emit_with_ack("event", ()).await;
    assert_eq!(answer, json!({ "error": { "message": "internal error" } }));
}

#[tokio::test(start_paused = true)]
async fn a_middleware_refuses_a_single_event() {
    let (tell, mut told) = channel();
    let handled = tell.clone();
    let main = Namespace::new()
        .event_middleware(async |name: EventName, Data(n): Data<Option<i32>>| match &*name {
            "secret" => Err(Error::new("unauthorized").data(n)),
            _ => Ok(()),
        })
        .on("secret", async move || handled.send("handled".to_owned()).unwrap())
        .on("open", async |Data(n): Data<i32>| Data(n))
        .event_middleware(async |Data(n): Data<Option<i32>>| {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_ne!(n, Some(13), "on purpose");
        })
        .on_error(async move |name: EventName, error: Error| {
            tell.send(format!("{name}: {error}")).unwrap();
        });
    let (_io, client) = served(main).await;
    let answer: Json = client.emit_with_ack("secret", &5).await;
    assert_eq!(answer, json!({ "error": { "message": "unauthorized", "data": 5 } }));
    client.emit("secret", ());
    assert_eq!(client.emit_with_ack::<i32>("open", &7).await, 7);
    let answer: Json = client.emit_with_ack("open", &13).await;
    assert_eq!(answer, json!({ "error": { "message": "internal error" } }));
    settled().await;
    for expected in ["secret: unauthorized", "secret: unauthorized", "open: a handler panicked"] {
        assert_eq!(told.now().as_deref(), Some(expected));
    }
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn middlewares_of_events_stand_before_unknown_events_too() {
    let main = || {
        Namespace::new().event_middleware(async |name: EventName| match &*name {
            "forbidden" => Err(Error::new("no")),
            _ => Ok(()),
        })
    };
    let fallback = main().fallback(async || Data("fallback"));
    let io = SocketIo::builder().namespace("/", main()).namespace("/fallback", fallback).build();
    let mut raw = Raw::joined(&io, &["/", "/fallback"]).await;
    raw.send(r#"20["unknown"]"#);
    raw.send(r#"21["forbidden"]"#);
    raw.send(r#"2/fallback,2["forbidden"]"#);
    raw.send(r#"2/fallback,3["unknown"]"#);
    raw.expect(&[
        r#"31[{"error":{"message":"no"}}]"#,
        r#"3/fallback,2[{"error":{"message":"no"}}]"#,
        r#"3/fallback,3["fallback"]"#,
    ])
    .await;
}

#[test]
fn each_listener_is_one() {
    type Twice = fn(Namespace) -> Namespace;
    let all: [(&str, Twice); 5] = [
        ("fallback", |n| n.fallback(async || {}).fallback(async || {})),
        ("handler of any event", |n| n.on_any(async || {}).on_any(async || {})),
        ("handler of any outgoing event", |n| {
            n.on_any_outgoing(async || {}).on_any_outgoing(async || {})
        }),
        ("disconnecting handler", |n| {
            n.on_disconnecting(async || {}).on_disconnecting(async || {})
        }),
        ("handler of errors", |n| n.on_error(async || {}).on_error(async || {})),
    ];
    for (what, twice) in all {
        let panic = std::panic::catch_unwind(|| twice(Namespace::new())).unwrap_err();
        let message = panic.downcast::<String>().unwrap();
        assert_eq!(*message, format!("the namespace has a {what} already"));
    }
}
