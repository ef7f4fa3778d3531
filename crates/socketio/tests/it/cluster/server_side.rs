//! What servers say to each other.

use std::time::Duration;

use serde_json::{Value as Json, json};
use socketio::{
    Data, Error, Incomplete, MemoryBus, Namespace, Rest, ServerSideEmitError, ServerSideEvent,
    SocketIo,
};
use tokio::time::{Instant, sleep};

use super::{Puppet, Server};
use crate::{channel, settled};

/// Two servers that know each other; the second has these handlers.
async fn two(namespace: Namespace) -> (MemoryBus, Server, Server) {
    let bus = MemoryBus::new();
    let servers = (Server::start(&bus).await, Server::with(&bus, namespace).await);
    settled().await;
    (bus, servers.0, servers.1)
}

#[tokio::test(start_paused = true)]
async fn an_event_reaches_the_other_servers_and_not_the_sender() {
    let bus = MemoryBus::new();
    let (tell, mut told) = channel();
    let namespace = |n: u8| {
        let tell = tell.clone();
        Namespace::new().on_server_side_emit("hello", async move |mut event: ServerSideEvent| {
            let (a, b): (u8, Json) = (event.argument()?, event.argument()?);
            assert_eq!((event.name(), event.server().len()), ("hello", 16));
            event.argument::<u8>().unwrap_err();
            tell.send((n, a, b)).unwrap();
            Ok(())
        })
    };
    let mut servers = Vec::new();
    for n in 0..3 {
        servers.push(Server::with(&bus, namespace(n)).await);
    }
    servers[1].io.server_side_emit("hello", (1, json!({ "b": [2] })));
    let mut heard = [told.next().await, told.next().await];
    heard.sort_by_key(|(n, ..)| *n);
    assert_eq!(heard, [(0, 1, json!({ "b": [2] })), (2, 1, json!({ "b": [2] }))]);
    settled().await;
    assert_eq!(told.now(), None);
    servers[1].io.local().server_side_emit("hello", (1, 2));
    servers[1].io.server_side_emit("nobody's", ());
    settled().await;
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn every_other_server_answers() {
    let bus = MemoryBus::new();
    let namespace = |n: i32| {
        Namespace::new().on_server_side_emit("times", async move |mut event: ServerSideEvent| {
            let factor: i32 = event.argument()?;
            sleep(Duration::from_millis(n.unsigned_abs().into())).await;
            Ok((Data(n * factor), Data("more")))
        })
    };
    let mut servers = Vec::new();
    for n in [1, 30, 20] {
        servers.push(Server::with(&bus, namespace(n)).await);
    }
    settled().await;
    let io = &servers[0].io;
    let answers = io.server_side_emit_with_ack::<i32>("times", (2,)).await;
    assert_eq!(answers, Ok(vec![40, 60]), "in the order they come");
    let answers = io.server_side_emit_with_ack::<Rest>("times", (1,)).await.unwrap();
    assert_eq!(answers[0], Rest::from(vec![json!(20).into(), json!("more").into()]));
    let wrong = io.server_side_emit_with_ack::<String>("times", (1,)).await;
    assert!(matches!(wrong, Err(ServerSideEmitError::Decode(_))));
    assert_eq!(io.local().server_side_emit_with_ack::<i32>("times", (2,)).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_in_time_is_an_error() {
    let namespace = Namespace::new().on_server_side_emit("n?", async |_| Data(1));
    let (bus, first, _second) = two(namespace).await;
    let _puppet = Puppet::join(&bus).await;
    let start = Instant::now();
    let error = first.io.server_side_emit_with_ack::<u8>("n?", ()).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::from_secs(5));
    assert_eq!(error.to_string(), "timeout reached: only 1 responses received out of 2");
    let incomplete = Incomplete { partial: vec![1], received: 1, expected: 2 };
    assert_eq!(error, ServerSideEmitError::Incomplete(incomplete));
    let timeout = Duration::from_secs(1);
    let nobodys = first.io.timeout(timeout).server_side_emit_with_ack::<u8>("nobody's", ()).await;
    assert!(matches!(
        nobodys,
        Err(ServerSideEmitError::Incomplete(Incomplete { received: 0, .. }))
    ));
    assert_eq!(start.elapsed(), Duration::from_secs(6));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_fails_answers_as_it_would_answer_a_client() {
    let namespace = Namespace::new()
        .on_server_side_emit("error", async |_| Err::<(), _>(Error::new("no").data(1)))
        .on_server_side_emit("argument", async |mut event: ServerSideEvent| {
            event.argument::<u8>().map(Data)
        })
        .on_server_side_emit("panic", async |event: ServerSideEvent| {
            assert_eq!(event.name(), "quiet");
        })
        .on_server_side_emit("late panic", async |event: ServerSideEvent| {
            sleep(Duration::from_secs(1)).await;
            assert_eq!(event.name(), "quiet");
        })
        .on_server_side_emit("fine", async |_| Data("fine"));
    let (_bus, first, _second) = two(namespace).await;
    let ask = async |event: &str| {
        first.io.server_side_emit_with_ack::<Json>(event, &"text").await.unwrap().remove(0)
    };
    assert_eq!(ask("error").await, json!({ "error": { "message": "no", "data": 1 } }));
    let message = ask("argument").await["error"]["message"].to_string();
    assert!(message.contains("argument 0"), "{message}");
    assert_eq!(ask("panic").await, json!({ "error": { "message": "internal error" } }));
    assert_eq!(ask("late panic").await, json!({ "error": { "message": "internal error" } }));
    assert_eq!(ask("fine").await, json!("fine"));
}

#[tokio::test(start_paused = true)]
async fn handlers_of_servers_start_in_the_order_of_the_events() {
    let (tell, mut told) = channel();
    let namespace =
        Namespace::new().on_server_side_emit("n", async move |mut event: ServerSideEvent| {
            let n: u64 = event.argument().unwrap();
            tell.send(n).unwrap();
            sleep(Duration::from_secs(10 - n % 10)).await;
        });
    let (_bus, first, _second) = two(namespace).await;
    (0..20).for_each(|n| first.io.server_side_emit("n", &n));
    for n in 0..20 {
        assert_eq!(told.next().await, n);
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_passes_on_to_its_own_sockets_alone() {
    let namespace = Namespace::new()
        .on_server_side_emit("tell", async |event: ServerSideEvent| event.local().emit("told", ()));
    let (_bus, mut first, mut second) = two(namespace).await;
    first.io.to("nowhere").server_side_emit("tell", ());
    assert_eq!(second.events().await, ["told"]);
    assert_eq!(first.events().await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn reserved_names_are_refused() {
    let (_bus, first, _second) = two(Namespace::new()).await;
    for name in ["connect", "connection", "new_namespace"] {
        let refused = first.io.server_side_emit_with_ack::<u8>(name, ()).await;
        let reason = format!("\"{name}\" is a reserved event name");
        assert_eq!(refused, Err(ServerSideEmitError::Encode(reason)));
        first.io.server_side_emit(name, ());
        let caught = std::panic::catch_unwind(|| {
            let _ = Namespace::<()>::new().on_server_side_emit(name, async |_| {});
        });
        assert!(caught.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_cluster_nobody_is_asked() {
    let io = SocketIo::new(Namespace::new());
    io.server_side_emit("hello", ());
    assert_eq!(io.server_side_emit_with_ack::<u8>("n?", ()).await, Ok(vec![]));
}
