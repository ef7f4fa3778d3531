//! What handlers can ask for besides arguments.

use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value as Json, json};
use socketio::{
    Ack, Data, DisconnectReason, Error, Event, Extension, FromEvent, FromRef, Handler, Namespace,
    Rest, Socket, SocketId, SocketIo, State,
};
use tokio::sync::Notify;

use crate::raw::Raw;
use crate::{channel, connect, served};
use std::sync::Arc;

#[derive(Clone)]
struct App {
    name: &'static str,
    limit: u32,
}

#[derive(Clone)]
struct Limit(u32);

impl FromRef<App> for Limit {
    fn from_ref(app: &App) -> Self {
        Self(app.limit)
    }
}

#[tokio::test(start_paused = true)]
async fn the_state_and_its_parts_reach_every_handler() {
    let (tell, mut told) = channel();
    let (middleware, connected, left) = (tell.clone(), tell.clone(), tell);
    let namespace = Namespace::new()
        .middleware(async move |State(app): State<App>| middleware.send(app.name).unwrap())
        .on_connect(async move |State(app): State<App>| connected.send(app.name).unwrap())
        .on("limit", async |State(Limit(limit)): State<Limit>, State(app): State<App>| {
            (Data(limit), Data(app.name))
        })
        .on_disconnect(async move |State(app): State<App>| left.send(app.name).unwrap())
        .with_state(App { name: "app", limit: 7 });
    let (_io, client) = served(namespace).await;
    let answer: Rest = client.emit_with_ack("limit", ()).await;
    assert_eq!(answer, Rest::from(vec![json!(7).into(), json!("app").into()]));
    client.disconnect();
    for _ in 0..3 {
        assert_eq!(told.next().await, "app");
    }
}

/// The length of the next argument, found out slowly.
struct Length(usize);

impl<S: Sync> FromEvent<S> for Length {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let text: String = event.arguments().next()?;
        match text.len() {
            0 => Err(Error::new("too short").data(event.name())),
            length => Ok(Self(length)),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_extractor_of_the_application_may_wait_and_refuse() {
    let (_io, client) =
        served(Namespace::new().on("length", async |Length(length): Length| Data(length))).await;
    assert_eq!(client.emit_with_ack::<usize>("length", &"four").await, 4);
    assert_eq!(
        client.emit_with_ack::<Json>("length", &"").await,
        json!({ "error": { "message": "too short", "data": "length" } })
    );
    assert_eq!(
        client.emit_with_ack::<Json>("length", &1).await,
        json!({ "error": { "message": "internal error" } }),
        "an error by `?` is not for the client"
    );
}

#[tokio::test(start_paused = true)]
async fn an_optional_extractor_is_none_when_it_fails() {
    let namespace = Namespace::new()
        .on("number", async |number: Option<Data<i64>>| Data(number.map(|Data(number)| number)))
        .on("why", async |number: Result<Data<i64>, Error>| {
            Data(number.map_or_else(|error| error.to_string(), |Data(number)| number.to_string()))
        })
        .on("user", async |user: Option<Extension<&'static str>>| Data(user.is_some()));
    let (_io, client) = served(namespace).await;
    assert_eq!(client.emit_with_ack::<Option<i64>>("number", &1).await, Some(1));
    assert_eq!(client.emit_with_ack::<Option<i64>>("number", &"one").await, None);
    assert_eq!(client.emit_with_ack::<Option<i64>>("number", ()).await, None);
    assert_eq!(client.emit_with_ack::<String>("why", &1).await, "1");
    assert_eq!(client.emit_with_ack::<String>("why", ()).await, "argument 0: missing");
    assert!(!client.emit_with_ack::<bool>("user", ()).await);
}

#[tokio::test(start_paused = true)]
async fn an_extension_is_the_sockets_or_else_the_requests() {
    #[derive(Clone)]
    struct User(&'static str);

    let namespace = Namespace::new()
        .on("user", async |Extension(User(name)): Extension<User>| Data(name))
        .on("rename", async |socket: Socket| socket.insert(User("ben")))
        .on("missing", async |Extension(_): Extension<u8>| Data("never"));
    let io = SocketIo::new(namespace);
    let ana = io.test_client().extension(User("ana")).connect("/").await.unwrap();
    assert_eq!(ana.emit_with_ack::<String>("user", ()).await, "ana");
    let () = ana.emit_with_ack::<Option<()>>("rename", ()).await.unwrap_or_default();
    assert_eq!(ana.emit_with_ack::<String>("user", ()).await, "ben");

    let nobody = connect(&io).await;
    for event in ["user", "missing"] {
        assert_eq!(
            nobody.emit_with_ack::<Json>(event, ()).await,
            json!({ "error": { "message": "internal error" } })
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_extension_may_do_with_the_socket_what_it_likes_when_it_is_replaced() {
    #[derive(Clone)]
    struct Leaves(Socket, Arc<Notify>);

    impl Drop for Leaves {
        fn drop(&mut self) {
            let _ = self.0.get::<u8>(); // of a socket that is not locked
            self.1.notify_one();
        }
    }

    let dropped = Arc::new(Notify::new());
    let notify = Arc::clone(&dropped);
    let (_io, client) = served(Namespace::new().on("insert", async move |socket: Socket| {
        socket.insert(Leaves(socket.clone(), Arc::clone(&notify)));
    }))
    .await;
    client.emit("insert", ());
    client.emit("insert", ());
    crate::soon(dropped.notified()).await;
}

#[tokio::test(start_paused = true)]
async fn the_server_the_socket_and_its_id_are_extractors() {
    let namespace = Namespace::new()
        .on("id", async |id: SocketId, socket: Socket| {
            assert_eq!((id, socket.namespace()), (socket.id(), "/"));
            assert!(socket.is_connected());
            Data(id)
        })
        .on("shout", async |io: SocketIo, Data(text): Data<String>| io.emit("shout", &text))
        .on("agent", async |headers: HeaderMap| {
            Data(headers[header::USER_AGENT].to_str().unwrap().to_owned())
        });
    let io = SocketIo::new(namespace);
    let agent = HeaderValue::from_static("a test");
    let mut client = io.test_client().header(header::USER_AGENT, agent).connect("/").await.unwrap();
    assert_eq!(client.emit_with_ack::<String>("id", ()).await, client.id());
    client.emit("shout", "hi");
    assert_eq!(client.recv::<[String; 1]>().await, ("shout".into(), ["hi".into()]));
    assert_eq!(client.emit_with_ack::<String>("agent", ()).await, "a test");
}

#[tokio::test(start_paused = true)]
async fn only_a_disconnect_has_a_reason() {
    let (_io, client) =
        served(Namespace::new().on("why", async |_: DisconnectReason| Data("never"))).await;
    assert_eq!(
        client.emit_with_ack::<Json>("why", ()).await,
        json!({ "error": { "message": "internal error" } })
    );
}

#[tokio::test(start_paused = true)]
async fn who_takes_the_ack_answers_himself_or_not_at_all() {
    let (tell, mut told) = channel();
    let later = tell.clone();
    let (io, _client) = served(
        Namespace::new()
            .on("later", async move |ack: Ack| later.send(ack).unwrap())
            .on("never", async |_: Ack| Data("not this"))
            .on("fails", async |_: Ack| Err::<(), _>(Error::new("nor this")))
            .on("now", async |ack: Ack| ack.send((1, "two"))),
    )
    .await;
    drop(tell);
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["later"]"#);
    let ack = told.next().await;
    assert!(ack.is_wanted());
    raw.send(r#"21["never"]"#);
    raw.expect_nothing().await;
    ack.send("later");
    raw.expect(&[r#"30["later"]"#]).await;
    raw.send(r#"22["now"]"#);
    raw.expect(&[r#"32[1,"two"]"#]).await;

    raw.send(r#"2["later"]"#);
    let ack = told.next().await;
    assert!(!ack.is_wanted());
    ack.send("nobody asked");
    raw.send(r#"2["never"]"#);
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_is_answered_twice() {
    let (io, _client) = served(Namespace::new().on("both", async |ack: Ack| {
        ack.send("first");
        Err::<(), _>(Error::new("second"))
    }))
    .await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["both"]"#);
    raw.expect(&[r#"30["first"]"#]).await;
    raw.send(r#"21["both"]"#);
    raw.expect(&[r#"31["first"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_not_called_is_answered_for_though_it_takes_the_ack() {
    let (io, _client) =
        served(Namespace::new().on("bad", async |_: Ack, Data(_): Data<u8>| {})).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["bad"]"#);
    raw.expect(&[r#"30[{"error":{"message":"argument 0: missing"}}]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_is_a_function_or_a_closure_of_up_to_ten_parameters() {
    async fn function(Data(a): Data<i64>) -> Data<i64> {
        Data(a)
    }
    fn is_handler<T>(_: impl Handler<T, ()>) {}
    type D = Data<i64>;
    is_handler(async |_: D, _: D, _: D, _: D, _: D, _: D, _: D, _: D, _: D, _: D| {});
    let captured = String::from("captured");
    let (_io, client) =
        served(Namespace::new().on("function", function).on("closure", move || {
            let captured = captured.clone();
            async move { Data(captured) }
        }))
        .await;
    assert_eq!(client.emit_with_ack::<i64>("function", &1).await, 1);
    assert_eq!(client.emit_with_ack::<String>("closure", ()).await, "captured");
}
