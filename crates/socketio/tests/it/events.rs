//! Events of every shape, and what acknowledges them.

use serde::Deserialize;
use serde_json::{Value as Json, json};
use socketio::{Data, Error, Namespace, Rest, Value};

use crate::raw::Raw;
use crate::{channel, served};

#[tokio::test(start_paused = true)]
async fn arguments_are_taken_in_their_order() {
    let (_io, client) = served(
        Namespace::new().on("subtract", async |Data(a): Data<i64>, Data(b): Data<i64>| Data(a - b)),
    )
    .await;
    assert_eq!(client.emit_with_ack::<i64>("subtract", (7, 3)).await, 4);
    assert_eq!(client.emit_with_ack::<i64>("subtract", (7, 3, "too many")).await, 4);
}

#[tokio::test(start_paused = true)]
async fn arguments_are_of_any_type() {
    #[derive(Deserialize)]
    struct Order {
        item: String,
        #[serde(default)]
        amount: u8,
        to: (f64, Option<bool>),
    }
    let order = async |Data(order): Data<Order>, Data(n): Data<[u8; 2]>, Data(()): Data<()>| {
        Data(format!("{} {} {:?} {n:?}", order.item, order.amount, order.to))
    };
    let (_io, client) = served(Namespace::new().on("order", order)).await;
    let order = json!({ "item": "tea", "to": [1.5, null], "more": 1 });
    let answer: String = client.emit_with_ack("order", (order, [1, 2], ())).await;
    assert_eq!(answer, "tea 0 (1.5, None) [1, 2]");
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_was_not_sent_is_none() {
    let greet = async |Data(a): Data<Option<String>>, Data(b): Data<Option<i64>>| {
        Data(format!("{a:?} {b:?}"))
    };
    let (_io, client) = served(Namespace::new().on("greet", greet)).await;
    assert_eq!(client.emit_with_ack::<String>("greet", ()).await, "None None");
    assert_eq!(client.emit_with_ack::<String>("greet", &"ana").await, r#"Some("ana") None"#);
    assert_eq!(client.emit_with_ack::<String>("greet", ((), 1)).await, "None Some(1)");
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_all_arguments_that_are_left() {
    let (_io, client) = served(
        Namespace::new()
            .on("all", async |all: Rest| all)
            .on("tail", async |Data(_): Data<Json>, tail: Rest| tail)
            .on("twice", async |_: Rest, none: Rest| none),
    )
    .await;
    let all: Rest = client.emit_with_ack("all", (1, "two", [3])).await;
    assert_eq!(all, Rest::from(vec![json!(1).into(), json!("two").into(), json!([3]).into()]));
    assert_eq!(client.emit_with_ack::<Rest>("all", ()).await, Rest::default());
    let tail: Rest = client.emit_with_ack("tail", (1, 2)).await;
    assert_eq!(tail, Rest::from(vec![Value::from(json!(2))]));
    assert_eq!(client.emit_with_ack::<Rest>("tail", &1).await, Rest::default());
    assert_eq!(client.emit_with_ack::<Rest>("twice", (1, 2)).await, Rest::default());
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_returns_is_acknowledged() {
    let (io, _client) = served(
        Namespace::new()
            .on("nothing", async || {})
            .on("one", async || Data("one"))
            .on("null", async || Data(()))
            .on("list", async || Data((1, 2)))
            .on("two", async || (Data(1), Data("two")))
            .on("rest", async || Rest::from(vec![json!(1).into(), Value::Null]))
            .on("ok", async || Ok::<_, Error>(Data(1)))
            .on("done", async || Ok::<(), Error>(())),
    )
    .await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    let names = ["nothing", "one", "null", "list", "two", "rest", "ok", "done"];
    for (id, name) in names.into_iter().enumerate() {
        raw.send(&format!("2{id}[\"{name}\"]"));
    }
    raw.expect(&[
        "30[]",
        r#"31["one"]"#,
        "32[null]",
        "33[[1,2]]",
        r#"34[1,"two"]"#,
        "35[1,null]",
        "36[1]",
        "37[]",
    ])
    .await;
    for name in names {
        raw.send(&format!("2[\"{name}\"]"));
    }
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn an_argument_that_does_not_parse_is_answered_with_the_reason() {
    let (tell, mut told) = channel();
    let (io, _client) =
        served(Namespace::new().on("add", async move |Data(a): Data<i64>, Data(b): Data<i64>| {
            tell.send(a + b).unwrap()
        }))
        .await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["add",1,"two"]"#);
    let answer = raw.text().await;
    let reason =
        r#"30[{"error":{"message":"argument 1: invalid type: string \"two\", expected i64"#;
    assert!(answer.starts_with(reason), "{answer}");
    raw.send(r#"21["add",1]"#);
    raw.expect(&[r#"31[{"error":{"message":"argument 1: missing"}}]"#]).await;
    raw.send(r#"2["add"]"#);
    raw.expect_nothing().await;
    assert_eq!(told.now(), None, "the handler is not called");
    raw.send(r#"22["add",1,2]"#);
    raw.expect(&["32[]"]).await;
    assert_eq!(told.now(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn an_event_that_nobody_handles_is_not_answered() {
    let (io, _client) = served(Namespace::new().on("known", async || {})).await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    for packet in [r#"2["unknown"]"#, r#"20["unknown",1]"#, r#"21[""]"#, r#"22["Known"]"#] {
        raw.send(packet);
    }
    raw.expect_nothing().await;
    raw.send(r#"23["known"]"#);
    raw.expect(&["33[]"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_what_it_says_however_it_is_written() {
    let (io, _client) = served(
        Namespace::new()
            .on("été", async || Data("summer"))
            .on("", async || Data("empty"))
            .on("7", async || Data("seven"))
            .on("error", async || Data("is no reserved name"))
            .on("a b,c\"[]", async || Data("odd")),
    )
    .await;
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send(r#"20["\u00e9t\u00e9"]"#);
    raw.send(r#"21["été"]"#);
    raw.send(r#"22[""]"#);
    raw.send("23[7]");
    raw.send(r#"24["error"]"#);
    raw.send(r#"25["a b,c\"[]"]"#);
    raw.expect(&[
        r#"30["summer"]"#,
        r#"31["summer"]"#,
        r#"32["empty"]"#,
        r#"33["seven"]"#,
        r#"34["is no reserved name"]"#,
        r#"35["odd"]"#,
    ])
    .await;
}

#[test]
fn reserved_names_are_refused_at_registration() {
    let names = [
        "connect",
        "connect_error",
        "disconnect",
        "disconnecting",
        "newListener",
        "removeListener",
    ];
    for name in names {
        let panic = std::panic::catch_unwind(|| Namespace::<()>::new().on(name, async || {}));
        let message = panic.unwrap_err().downcast::<String>().unwrap();
        assert_eq!(
            *message,
            format!(
                "\"{name}\" is a reserved event name; connections have `on_connect`, \
                 `on_disconnect` and `middleware`"
            )
        );
    }
}

#[test]
#[should_panic(expected = "the event \"hello\" has a handler already")]
fn an_event_has_one_handler() {
    let _ = Namespace::<()>::new().on("hello", async || {}).on("hello", async || {});
}

#[test]
#[should_panic(expected = "the namespace has a connect handler already")]
fn a_namespace_has_one_connect_handler() {
    let _ = Namespace::<()>::new().on_connect(async || {}).on_connect(async || {});
}

#[test]
#[should_panic(expected = "the namespace has a disconnect handler already")]
fn a_namespace_has_one_disconnect_handler() {
    let _ = Namespace::<()>::new().on_disconnect(async || {}).on_disconnect(async || {});
}
