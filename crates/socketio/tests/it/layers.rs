//! Tower layers around handlers.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use serde_json::{Value as Json, json};
use socketio::{
    Ack, Data, Error, Event, EventName, Handler, Namespace, Outcome, Rest, SocketIo, State,
};
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tower::limit::ConcurrencyLimitLayer;
use tower::timeout::TimeoutLayer;
use tower::{Layer, Service};

use crate::{channel, connect, served, settled};

const SECOND: Duration = Duration::from_secs(1);

fn internal_error() -> Json {
    json!({ "error": { "message": "internal error" } })
}

#[tokio::test(start_paused = true)]
async fn a_timeout_ends_an_event_with_an_error() {
    async fn sleep(State(unit): State<Duration>, Data(seconds): Data<u32>) -> Data<u32> {
        tokio::time::sleep(unit * seconds).await;
        Data(seconds)
    }
    let (tell, mut told) = channel();
    let main = Namespace::new()
        .on("limited", sleep.layer(TimeoutLayer::new(2 * SECOND)))
        .on("free", sleep)
        .on_error(async move |name: EventName, error: Error| {
            tell.send((name.to_string(), error.to_string(), error.is_internal())).unwrap();
        })
        .with_state(SECOND);
    let (_io, client) = served(main).await;
    let (slow, free, quick) = tokio::join!(
        client.emit_with_ack::<Json>("limited", &3),
        client.emit_with_ack::<u32>("free", &3),
        client.emit_with_ack::<u32>("limited", &1),
    );
    assert_eq!((slow, free, quick), (internal_error(), 3, 1));
    assert_eq!(told.now(), Some(("limited".into(), "request timed out".into(), true)));
    assert_eq!(told.now(), None);
}

#[tokio::test(start_paused = true)]
async fn a_limit_is_shared_by_all_sockets() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let handler = async move |Data(n): Data<i32>| {
        tell.send(n).unwrap();
        opened.notified().await;
        Data(n)
    };
    let main = Namespace::<()>::new().on("work", handler.layer(ConcurrencyLimitLayer::new(2)));
    let io = SocketIo::new(main);
    let (ana, ben) = (connect(&io).await, connect(&io).await);
    ana.emit("work", &1);
    settled().await;
    ben.emit("work", &2);
    settled().await;
    ben.emit("work", &3);
    settled().await;
    assert_eq!((told.now(), told.now(), told.now()), (Some(1), Some(2), None));
    open.notify_one();
    settled().await;
    assert_eq!(told.now(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_gives_its_place_back() {
    let handler = async |Data(n): Data<i32>| {
        if n == 0 {
            std::future::pending::<()>().await;
        }
        Data(n)
    };
    let limited = handler.layer(ConcurrencyLimitLayer::new(1)).layer(TimeoutLayer::new(SECOND));
    let io = SocketIo::new(Namespace::<()>::new().on("work", limited));
    let (ana, ben) = (connect(&io).await, connect(&io).await);
    ana.emit("work", &0);
    settled().await;
    drop(ana);
    assert_eq!(ben.emit_with_ack::<i32>("work", &1).await, 1, "when the handler timed out");
}

#[tokio::test(start_paused = true)]
async fn a_layer_of_a_namespace_is_around_what_was_added_before() {
    async fn forever() {
        std::future::pending().await
    }
    let main = Namespace::new()
        .on("a", forever)
        .fallback(forever)
        .layer(TimeoutLayer::new(SECOND))
        .on("b", async || tokio::time::sleep(5 * SECOND).await)
        .on_connect(async || tokio::time::sleep(5 * SECOND).await);
    let (_io, client) = served(main).await;
    assert_eq!(client.emit_with_ack::<Json>("a", ()).await, internal_error());
    assert_eq!(client.emit_with_ack::<Json>("unknown", ()).await, internal_error());
    client.emit_with_ack::<()>("b", ()).await;
}

/// Says when an event comes by and when it ends; refuses some and answers others.
#[derive(Clone)]
struct Watch<S> {
    name: &'static str,
    tell: UnboundedSender<String>,
    inner: S,
}

fn watch<S>(
    name: &'static str,
    tell: &UnboundedSender<String>,
) -> impl Layer<S, Service = Watch<S>> + Clone + use<S> {
    let tell = tell.clone();
    tower::layer::layer_fn(move |inner| Watch { name, tell: tell.clone(), inner })
}

impl<S> Service<Event> for Watch<S>
where
    S: Service<Event, Response = Outcome, Error: Send, Future: Send + 'static>,
    Error: From<S::Error>,
{
    type Response = Outcome;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Outcome, Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.inner.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut event: Event) -> Self::Future {
        self.tell.send(format!("{} {}", self.name, event.name())).unwrap();
        match event.name() {
            "refused" => return Box::pin(ready(Err(Error::new("no").data(1)))),
            "answered" => {
                let count = event.arguments().len();
                return Box::pin(ready(Ok(Outcome::reply(event, Data(count)))));
            }
            _ => {}
        }
        let (name, tell, inner) = (self.name, self.tell.clone(), self.inner.call(event));
        Box::pin(async move {
            let outcome = inner.await?;
            tell.send(format!("{name} {}", matches!(outcome, Outcome::Done(_)))).unwrap();
            Ok(outcome)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn layers_of_ones_own_see_refuse_and_answer() {
    let (tell, mut told) = channel();
    let main = Namespace::<()>::new()
        .on("fine", (async || Data("fine")).layer(watch("inner", &tell)))
        .on("fails", async || Err::<(), _>(Error::new("fails")))
        .on("refused", async || {})
        .on("answered", async || {})
        .layer(watch("outer", &tell));
    let (_io, client) = served(main).await;
    assert_eq!(client.emit_with_ack::<String>("fine", ()).await, "fine");
    let log: Vec<_> = std::iter::from_fn(|| told.now()).collect();
    assert_eq!(log, ["outer fine", "inner fine", "inner true", "outer true"]);
    let answer: Json = client.emit_with_ack("fails", ()).await;
    assert_eq!(answer, json!({ "error": { "message": "fails" } }));
    assert_eq!(
        (told.now().as_deref(), told.now().as_deref()),
        (Some("outer fails"), Some("outer false"))
    );
    let answer: Json = client.emit_with_ack("refused", ()).await;
    assert_eq!(answer, json!({ "error": { "message": "no", "data": 1 } }));
    assert_eq!(client.emit_with_ack::<usize>("answered", (1, 2)).await, 2);
}

#[tokio::test(start_paused = true)]
async fn what_an_inner_layer_tells_the_client_passes_an_outer_one() {
    let (tell, _told) = channel();
    let main = Namespace::<()>::new()
        .on("refused", async || {})
        .layer(watch("inner", &tell))
        .layer(TimeoutLayer::new(SECOND)); // whose error is any error, in a box
    let (_io, client) = served(main).await;
    let answer: Json = client.emit_with_ack("refused", ()).await;
    assert_eq!(answer, json!({ "error": { "message": "no", "data": 1 } }));
}

#[tokio::test(start_paused = true)]
async fn who_took_the_acknowledgement_owes_it_also_when_a_layer_fails() {
    let main = Namespace::<()>::new()
        .on("answers", async |ack: Ack| {
            ack.send(&1);
            std::future::pending::<()>().await;
        })
        .on("first an argument", async |_: Rest, _: Ack| std::future::pending::<()>().await)
        .on("automatic", async || std::future::pending::<()>().await)
        .layer(TimeoutLayer::new(SECOND))
        .layer(TimeoutLayer::new(2 * SECOND));
    let io = SocketIo::new(main);
    let mut raw = crate::raw::Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["answers"]"#);
    raw.send(r#"21["first an argument"]"#);
    raw.send(r#"22["automatic"]"#);
    raw.expect(&["30[1]", r#"32[{"error":{"message":"internal error"}}]"#]).await;
    raw.expect_nothing_but_pings().await;
}

#[tokio::test(start_paused = true)]
async fn other_handlers_take_layers_too() {
    let (tell, mut told) = channel();
    let main = Namespace::<()>::new()
        .middleware((async || std::future::pending::<()>().await).layer(TimeoutLayer::new(SECOND)))
        .on_disconnect((async || {}).layer(watch("never", &tell)));
    let error = SocketIo::new(main).test_client().connect("/").await.unwrap_err();
    assert_eq!(error.message, "internal error");
    assert_eq!(told.now(), None);
}
