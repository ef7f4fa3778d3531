//! The client for tests of applications.

use serde_json::json;
use socketio::{Data, Error, Namespace, Rest, Socket, SocketIo};

use crate::{connect, served, settled, soon};

#[tokio::test(start_paused = true)]
async fn it_says_and_hears_what_a_client_does() {
    let namespace = Namespace::new()
        .on("add", async |Data(a): Data<i64>, Data(b): Data<i64>| Data(a + b))
        .on("echo", async |socket: Socket, all: Rest| socket.emit("echo", all));
    let (_io, mut client) = served(namespace).await;
    assert_eq!(client.id().len(), 20);
    assert_eq!(client.emit_with_ack::<i64>("add", (1, 2)).await, 3);
    client.emit("echo", (1, "two"));
    let mut event = client.next().await.unwrap();
    assert_eq!((&*event.name, event.ack), ("echo", None));
    assert_eq!(event.arguments.next::<i64>().unwrap(), 1);
    client.emit("echo", ());
    assert_eq!(client.recv::<[(); 0]>().await, ("echo".into(), []));
}

#[tokio::test(start_paused = true)]
async fn it_answers_pings_though_nobody_waits_for_it() {
    let (io, client) = served(Namespace::new().on("ping", async || Data("pong"))).await;
    tokio::time::sleep(std::time::Duration::from_secs(600)).await;
    assert_eq!(io.of("/").len(), 1);
    assert_eq!(client.emit_with_ack::<String>("ping", ()).await, "pong");
}

#[tokio::test(start_paused = true)]
async fn dropping_it_loses_the_connection() {
    let (io, client) = served(Namespace::new()).await;
    drop(client);
    settled().await;
    assert_eq!(io.connections(), 0);
}

#[tokio::test(start_paused = true)]
async fn what_refuses_it_is_an_error() {
    let namespace =
        Namespace::new().middleware(async || Err::<(), _>(Error::new("no").data(json!([1]))));
    let io = SocketIo::new(namespace);
    let rejected = io.test_client().connect("/").await.unwrap_err();
    assert_eq!((&*rejected.message, rejected.data), ("no", Some(json!([1]))));
    io.close().await;
    let rejected = io.test_client().connect("/").await.unwrap_err();
    assert_eq!(rejected.message, "the connection was closed");
}

#[tokio::test(start_paused = true)]
async fn it_learns_that_it_was_disconnected() {
    let (_io, mut client) =
        served(Namespace::new().on("bye", async |socket: Socket| socket.disconnect())).await;
    client.emit("bye", ());
    assert!(soon(client.next()).await.is_none());
    assert!(client.next().await.is_none());
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the connection ended before \"bye\" was acknowledged")]
async fn an_answer_that_cannot_come_any_more_is_not_waited_for() {
    let namespace = Namespace::new().on("bye", async |_: socketio::Ack, socket: Socket| {
        socket.disconnect();
    });
    let (_io, client) = served(namespace).await;
    let () = soon(client.emit_with_ack("bye", ())).await;
}

#[tokio::test(start_paused = true)]
#[should_panic(expected = "the connection ended before \"late\" was acknowledged")]
async fn after_the_end_no_answer_is_waited_for_either() {
    let (_io, mut client) =
        served(Namespace::new().on("bye", async |socket: Socket| socket.disconnect())).await;
    client.emit("bye", ());
    assert!(client.next().await.is_none());
    let () = soon(client.emit_with_ack("late", ())).await;
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_keeps_no_connection() {
    let io = SocketIo::new(Namespace::new());
    io.test_client().connect("/nowhere").await.unwrap_err();
    settled().await;
    assert_eq!(io.connections(), 0);
    let _client = connect(&io).await;
    assert_eq!(io.connections(), 1);
}
