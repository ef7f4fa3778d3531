//! Several namespaces on one server, and on one connection.

use std::time::Duration;

use socketio::{Data, Namespace, Socket, SocketIo};

use crate::connect;
use crate::raw::Raw;

fn named(name: &'static str) -> Namespace {
    Namespace::new()
        .on_connect(async move |socket: Socket| socket.emit("welcome", name))
        .on("name", async move || Data(name))
}

#[tokio::test(start_paused = true)]
async fn a_client_is_in_several_namespaces_at_once() {
    let io = SocketIo::builder()
        .namespace("/", named("main"))
        .namespace("a", named("a"))
        .namespace("/b", named("b"))
        .build();
    let mut raw = Raw::open(&io).await;
    for (namespace, name) in [("/", "main"), ("/a", "a"), ("/b", "b")] {
        raw.join(namespace).await;
        let prefix = if namespace == "/" { String::new() } else { format!("{namespace},") };
        raw.expect(&[&format!(r#"2{prefix}["welcome","{name}"]"#)]).await;
    }
    raw.send(r#"2/b,5["name"]"#);
    raw.send(r#"25["name"]"#);
    raw.send(r#"2/a,5["name"]"#);
    raw.expect(&[r#"3/b,5["b"]"#, r#"35["main"]"#, r#"3/a,5["a"]"#]).await;
    assert_eq!(io.connections(), 1);
    raw.send("1/a,");
    raw.send(r#"26["name"]"#);
    raw.expect(&[r#"36["main"]"#]).await;
    assert_eq!((io.of("/").len(), io.of("/a").len(), io.of("/b").len()), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn a_namespace_can_be_added_while_the_server_runs() {
    let io = SocketIo::new(named("main"));
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.expect(&[r#"2["welcome","main"]"#]).await;
    raw.send("0/late,");
    raw.expect(&[r#"4/late,{"message":"Invalid namespace"}"#]).await;
    io.add_namespace("late", named("late"));
    raw.join("/late").await;
    raw.expect(&[r#"2/late,["welcome","late"]"#]).await;
    io.of("late").emit("news", ());
    raw.expect(&[r#"2/late,["news"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_means_the_same_with_and_without_its_slash() {
    let io = SocketIo::builder().namespace("", named("main")).namespace("/a/b", named("b")).build();
    let mut main = connect(&io).await;
    let mut deep = io.test_client().connect("/a/b").await.unwrap();
    main.next().await.unwrap();
    deep.next().await.unwrap();
    io.of("").emit("news", &1);
    io.of("a/b").emit("news", &2);
    assert_eq!(main.recv::<[u8; 1]>().await, ("news".into(), [1]));
    assert_eq!(deep.recv::<[u8; 1]>().await, ("news".into(), [2]));
}

#[test]
#[should_panic(expected = "there is a namespace \"/a\" already")]
fn two_namespaces_of_one_name_are_refused() {
    let _ = SocketIo::builder()
        .namespace("/a", Namespace::new())
        .namespace("a", Namespace::new())
        .build();
}

#[tokio::test(start_paused = true)]
async fn a_refused_name_leaves_the_server_as_it_was() {
    let io = SocketIo::new(named("main"));
    let clone = io.clone();
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        clone.add_namespace("/", named("other"));
    }));
    assert!(refused.is_err());
    io.add_namespace("/new", named("new"));
    let client = connect(&io).await;
    assert_eq!(client.emit_with_ack::<String>("name", ()).await, "main");
}

#[test]
#[should_panic(expected = "a comma")]
fn a_name_with_a_comma_is_refused() {
    SocketIo::new(Namespace::new()).add_namespace("/a,b", Namespace::new());
}

#[tokio::test(start_paused = true)]
async fn emitting_to_a_namespace_that_cannot_be_reaches_nobody() {
    let io = SocketIo::new(Namespace::new());
    let mut raw = Raw::joined(&io, &["/"]).await;
    io.of("/a,b").emit("news", ());
    assert_eq!(io.of("/a,b").emit_with_ack::<()>("news", ()).collect().await, []);
    raw.expect_nothing().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_namespace_does_not_hold_up_another() {
    let slow = Namespace::new()
        .on_connect(async || tokio::time::sleep(Duration::from_secs(5)).await)
        .on("name", async || Data("slow"));
    let io = SocketIo::builder().namespace("/", named("main")).namespace("/slow", slow).build();
    let mut raw = Raw::joined(&io, &["/slow"]).await;
    raw.send(r#"2/slow,1["name"]"#);
    raw.join("/").await;
    raw.expect(&[r#"2["welcome","main"]"#]).await;
    raw.send(r#"22["name"]"#);
    raw.expect(&[r#"32["main"]"#, r#"3/slow,1["slow"]"#]).await;
}
