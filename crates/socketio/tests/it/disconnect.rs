//! Why sockets leave, and what they leave behind.

use std::time::Duration;

use engineio::Message;
use socketio::{Data, DisconnectReason, Error, Extension, Namespace, Socket, SocketIo};

use crate::http::Polling;
use crate::raw::Raw;
use crate::{Told, channel, connect, settled};

/// A server of two namespaces that tells who leaves why.
fn server() -> (SocketIo, Told<(String, DisconnectReason)>) {
    server_with(|namespace| namespace)
}

fn server_with(
    with: impl Fn(Namespace) -> Namespace,
) -> (SocketIo, Told<(String, DisconnectReason)>) {
    let (tell, told) = channel();
    let namespace = || {
        let tell = tell.clone();
        with(Namespace::new()).on_disconnect(async move |socket: Socket, why: DisconnectReason| {
            assert!(!socket.is_connected());
            assert_eq!(socket.rooms(), []);
            tell.send((socket.namespace().to_owned(), why)).unwrap();
        })
    };
    let io = SocketIo::builder().namespace("/", namespace()).namespace("/b", namespace()).build();
    (io, told)
}

/// Asserts that the sockets of both namespaces left for this reason, once, and that nothing is left of them.
async fn assert_left(
    io: &SocketIo,
    told: &mut Told<(String, DisconnectReason)>,
    reason: DisconnectReason,
) {
    assert_eq!(told.next().await, ("/".into(), reason));
    assert_eq!(told.next().await, ("/b".into(), reason));
    settled().await;
    assert_eq!(told.now(), None);
    assert_eq!((io.connections(), io.of("/").len(), io.of("/b").len()), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_client_leaves_one_namespace_and_stays_in_the_other() {
    let (io, mut told) = server();
    let mut raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send("1");
    assert_eq!(told.next().await, ("/".into(), DisconnectReason::ClientNamespaceDisconnect));
    raw.expect_nothing().await;
    assert_eq!((io.connections(), io.of("/").len(), io.of("/b").len()), (1, 0, 1));
    raw.send("1/b");
    assert_eq!(told.next().await, ("/b".into(), DisconnectReason::ClientNamespaceDisconnect));
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn the_server_disconnects_one_socket() {
    let (io, mut told) = server_with(|namespace| {
        namespace.on("bye", async |socket: Socket| {
            socket.disconnect();
            socket.disconnect();
            socket.close();
        })
    });
    let mut raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send(r#"2/b,["bye"]"#);
    raw.expect(&["1/b,"]).await;
    assert_eq!(told.next().await, ("/b".into(), DisconnectReason::ServerNamespaceDisconnect));
    settled().await;
    assert_eq!(told.now(), None);
    assert_eq!((io.connections(), io.of("/").len(), io.of("/b").len()), (1, 1, 0));
}

#[tokio::test(start_paused = true)]
async fn the_server_closes_a_client() {
    let (io, mut told) =
        server_with(|namespace| namespace.on("end", async |socket: Socket| socket.close()));
    let mut raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send(r#"2["end"]"#);
    raw.expect(&["1", "1/b,"]).await;
    raw.expect_closed().await;
    assert_left(&io, &mut told, DisconnectReason::ServerNamespaceDisconnect).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_a_transport_close() {
    let (io, mut told) = server();
    drop(Raw::joined(&io, &["/", "/b"]).await);
    assert_left(&io, &mut told, DisconnectReason::TransportClose).await;
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_is_a_ping_timeout() {
    let (io, mut told) = server();
    let raw = Raw::joined(&io, &["/", "/b"]).await;
    assert_left(&io, &mut told, DisconnectReason::PingTimeout).await;
    drop(raw);
}

#[tokio::test(start_paused = true)]
async fn a_broken_frame_is_a_parse_error() {
    let (io, mut told) = server();
    let raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send_frame("?");
    assert_left(&io, &mut told, DisconnectReason::ParseError).await;
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_in_the_wrong_direction_is_a_transport_error() {
    let (io, mut told) = server();
    let raw = Raw::joined(&io, &["/", "/b"]).await;
    raw.send_frame("2");
    assert_left(&io, &mut told, DisconnectReason::TransportError).await;
}

#[tokio::test(start_paused = true)]
async fn who_breaks_the_protocol_is_closed_by_force() {
    let violations: [&[Message]; 4] = [
        &["40".into()],
        &[r#"42/nowhere,["a"]"#.into()],
        &["4nonsense".into()],
        &[bytes::Bytes::from_static(b"stray").into()],
    ];
    for violation in violations {
        let (io, mut told) = server();
        let mut raw = Raw::joined(&io, &["/", "/b"]).await;
        violation.iter().for_each(|frame| raw.send_frame(frame.clone()));
        raw.expect_closed().await;
        assert_left(&io, &mut told, DisconnectReason::ForcedClose).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_polling_client_that_cannot_be_told_is_closed_by_the_server() {
    let (io, mut told) = server();
    let polling = Polling::joined(&io).await;
    polling.post("4nonsense").await;
    assert_eq!(told.next().await, ("/".into(), DisconnectReason::ForcedServerClose));
    assert_eq!(polling.poll().await, "6\u{1e}1");
    settled().await;
    assert_eq!((told.now(), io.connections()), (None, 0));

    let polling = Polling::joined(&io).await;
    let mut poll = polling.start_poll().await;
    settled().await;
    polling.post("4nonsense").await;
    assert_eq!(told.next().await, ("/".into(), DisconnectReason::ForcedClose));
    assert_eq!(poll.answer().await.body, "1");
    settled().await;
    assert_eq!((told.now(), io.connections()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_polling_client_leaves_as_it_likes() {
    for (last, reason) in [
        ("41", DisconnectReason::ClientNamespaceDisconnect),
        ("1", DisconnectReason::TransportClose),
        ("?", DisconnectReason::ParseError),
        ("2", DisconnectReason::TransportError),
    ] {
        let (io, mut told) = server();
        let polling = Polling::joined(&io).await;
        polling.post(last).await;
        assert_eq!(told.next().await, ("/".into(), reason));
        assert!(io.of("/").is_empty());
    }
}

/// However much comes at once: the reason does not depend on where the server pauses.
#[tokio::test(start_paused = true)]
async fn who_breaks_the_protocol_behind_many_events_is_closed_by_force() {
    for events in [63, 64, 126, 127, 128, 129] {
        let (io, mut told) = server();
        let mut raw = Raw::joined(&io, &["/", "/b"]).await;
        settled().await;
        (0..events).for_each(|_| raw.send(r#"2["a"]"#));
        raw.send("nonsense");
        raw.expect_closed().await;
        assert_left(&io, &mut told, DisconnectReason::ForcedClose).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_server_shuts_down() {
    let (io, mut told) = server();
    let mut raw = Raw::joined(&io, &["/", "/b"]).await;
    io.close().await;
    raw.expect_closed().await;
    assert_left(&io, &mut told, DisconnectReason::ServerShuttingDown).await;
}

#[test]
fn reasons_have_the_names_of_the_javascript_api() {
    use DisconnectReason as Reason;
    for (reason, name) in [
        (Reason::ServerNamespaceDisconnect, "server namespace disconnect"),
        (Reason::ClientNamespaceDisconnect, "client namespace disconnect"),
        (Reason::ServerShuttingDown, "server shutting down"),
        (Reason::ForcedServerClose, "forced server close"),
        (Reason::ForcedClose, "forced close"),
        (Reason::PingTimeout, "ping timeout"),
        (Reason::TransportClose, "transport close"),
        (Reason::TransportError, "transport error"),
        (Reason::ParseError, "parse error"),
    ] {
        assert_eq!((reason.as_str(), &*reason.to_string()), (name, name));
    }
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_handler_that_fails_leaves_nothing() {
    let io = SocketIo::builder()
        .namespace(
            "/panic",
            Namespace::new().on_disconnect(async || -> () { panic!("on purpose") }),
        )
        .namespace(
            "/error",
            Namespace::new().on_disconnect(async || Err::<(), _>(Error::new("no"))),
        )
        .namespace("/extractor", Namespace::new().on_disconnect(async |_: Extension<u8>| {}))
        .namespace("/argument", Namespace::new().on_disconnect(async |_: Data<u8>| {}))
        .build();
    for namespace in ["/panic", "/error", "/extractor", "/argument"] {
        for politely in [true, false] {
            let client = io.test_client().connect(namespace).await.unwrap();
            if politely {
                client.disconnect();
                settled().await;
            }
            drop(client);
            settled().await;
            let left = (io.of(namespace).len(), io.connections());
            assert_eq!(left, (0, 0), "{namespace}, {politely}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_runs_to_its_end_though_the_client_left() {
    let (tell, mut told) = channel();
    let left = tell.clone();
    let namespace = Namespace::new()
        .on("slow", async move |socket: Socket| {
            tokio::time::sleep(Duration::from_secs(60)).await;
            socket.emit("never", ());
            tell.send("slow ends").unwrap();
            Data("nobody reads this")
        })
        .on_disconnect(async move || {
            tokio::time::sleep(Duration::from_secs(1)).await;
            left.send("left").unwrap();
        });
    let io = SocketIo::new(namespace);
    let client = connect(&io).await;
    client.emit("slow", ());
    settled().await;
    drop(client);
    assert_eq!(told.next().await, "left");
    assert_eq!((io.connections(), io.of("/").len()), (0, 0));
    assert_eq!(told.next().await, "slow ends");
}

#[tokio::test(start_paused = true)]
async fn a_disconnect_handler_can_tell_the_others() {
    let namespace = Namespace::new()
        .on_connect(async |socket: Socket| socket.join("room"))
        .on_disconnect(async |socket: Socket| {
            socket.to("room").emit("left", &socket.id());
            socket.emit("never", ());
        });
    let io = SocketIo::new(namespace);
    let (ana, mut ben) = (connect(&io).await, connect(&io).await);
    let id = ana.id().to_owned();
    ana.disconnect();
    assert_eq!(ben.recv::<[String; 1]>().await, ("left".into(), [id]));
}

#[tokio::test(start_paused = true)]
async fn a_client_can_come_and_go_a_thousand_times() {
    let (io, mut told) = server();
    let mut raw = Raw::open(&io).await;
    for _ in 0..1_000 {
        raw.join("/").await;
        raw.send("1");
    }
    for _ in 0..1_000 {
        assert_eq!(told.next().await.1, DisconnectReason::ClientNamespaceDisconnect);
    }
    assert_eq!((io.of("/").len(), io.connections()), (0, 1));
}
