//! What a client reads when a handler fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value as Json, json};
use socketio::{Data, Error, Namespace, Rest, Socket, SocketIo};

use crate::raw::Raw;
use crate::{channel, connect, served};

fn internal_error() -> Json {
    json!({ "error": { "message": "internal error" } })
}

#[tokio::test(start_paused = true)]
async fn an_error_made_for_the_client_reaches_it() {
    let namespace = Namespace::new()
        .on("plain", async || Err::<(), _>(Error::new("no tea left")))
        .on("data", async || {
            Err::<Data<u8>, _>(Error::new("no tea left").data(json!({ "cups": 0 })))
        });
    let (_io, client) = served(namespace).await;
    assert_eq!(
        client.emit_with_ack::<Json>("plain", ()).await,
        json!({ "error": { "message": "no tea left" } })
    );
    assert_eq!(
        client.emit_with_ack::<Json>("data", ()).await,
        json!({ "error": { "message": "no tea left", "data": { "cups": 0 } } })
    );
}

#[tokio::test(start_paused = true)]
async fn an_error_of_something_else_stays_inside() {
    let read = async |Data(path): Data<String>| Ok(Data(std::fs::read_to_string(path)?));
    let (io, client) = served(Namespace::new().on("read", read).on("data", async || {
        let error = Error::from(std::fmt::Error).data("a secret");
        Err::<(), _>(error)
    }))
    .await;
    let answer: Json = client.emit_with_ack("read", &"/does/not/exist").await;
    assert_eq!(answer, internal_error());
    assert_eq!(client.emit_with_ack::<Json>("data", ()).await, internal_error());

    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"2["read","/does/not/exist"]"#);
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_panic_costs_its_event_and_nothing_else() {
    let (tell, mut told) = channel();
    let namespace = Namespace::new()
        .on("panic", async |Data(late): Data<bool>| -> Data<u8> {
            if late {
                tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            }
            panic!("on purpose");
        })
        .on("slow", async move || {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            tell.send("slow ends").unwrap();
        })
        .on("echo", async |all: Rest| all);
    let (io, client) = served(namespace).await;
    let neighbour = connect(&io).await;
    client.emit("slow", ());
    for late in [false, true] {
        assert_eq!(client.emit_with_ack::<Json>("panic", &late).await, internal_error());
        assert_eq!(client.emit_with_ack::<u8>("echo", &1).await, 1);
        assert_eq!(neighbour.emit_with_ack::<u8>("echo", &2).await, 2);
    }
    client.emit("panic", &true);
    assert_eq!(told.next().await, "slow ends");
    assert_eq!(client.emit_with_ack::<u8>("echo", &3).await, 3);
    assert_eq!((io.of("/").len(), io.connections()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_connect_handler_leaves_the_socket_connected() {
    let namespace = Namespace::new()
        .on_connect(async |Data(auth): Data<Json>| assert_eq!(auth, Json::Null))
        .on("echo", async |all: Rest| all);
    let (_io, client) = served(namespace).await;
    assert_eq!(client.emit_with_ack::<u8>("echo", &1).await, 1);
}

/// Where no panic can be caught, it costs the connection, and leaves nothing behind either.
#[tokio::test(start_paused = true)]
async fn a_state_that_panics_when_it_is_cloned_leaves_nothing() {
    struct State(Arc<AtomicBool>);

    impl Clone for State {
        fn clone(&self) -> Self {
            assert!(!self.0.load(Ordering::Relaxed), "on purpose");
            Self(Arc::clone(&self.0))
        }
    }

    let broken = Arc::new(AtomicBool::new(false));
    let state = State(Arc::clone(&broken));
    let namespace = Namespace::new().on("event", async || {}).with_state(state);
    let io = SocketIo::new(namespace);
    let neighbour = Raw::joined(&io, &["/"]).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    broken.store(true, Ordering::Relaxed);
    raw.send(r#"2["event"]"#);
    raw.expect_closed().await;
    assert_eq!((io.of("/").len(), io.connections()), (1, 1));
    drop(neighbour);
}

#[tokio::test(start_paused = true)]
async fn a_value_that_cannot_be_written_is_an_internal_error() {
    struct Broken;

    impl serde::Serialize for Broken {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("broken"))
        }
    }

    let namespace = Namespace::new()
        .on("reply", async || Data(Broken))
        .on("emit", async |socket: Socket| {
            socket.emit("never", &Broken);
            socket.broadcast().emit("never", &Broken);
            assert!(socket.set_data(Broken).is_err());
            Data("still here")
        })
        .on("data", async || Err::<(), _>(Error::new("sorry").data(Broken)));
    let (io, client) = served(namespace).await;
    assert_eq!(client.emit_with_ack::<Json>("reply", ()).await, internal_error());
    assert_eq!(
        client.emit_with_ack::<Json>("data", ()).await,
        json!({ "error": { "message": "sorry" } })
    );
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["emit"]"#);
    raw.expect(&[r#"30["still here"]"#]).await;
    raw.expect_nothing().await;
}

#[test]
fn an_error_shows_its_source_to_the_server_only() {
    let error = Error::from(std::fmt::Error);
    assert!(error.is_internal());
    assert_eq!(error.to_string(), std::fmt::Error.to_string());
    assert_eq!((error.client_message(), error.client_data()), ("internal error", None));

    let error = Error::new("sorry").data(1);
    assert!(!error.is_internal());
    assert_eq!(error.to_string(), "sorry");
    assert_eq!((error.client_message(), error.client_data()), ("sorry", Some(&json!(1))));
}
