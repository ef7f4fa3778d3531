//! Namespaces that come into being with a first client, and go with the last.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value as Json, json};
use socketio::{Data, DisconnectReason, Error, Handler, Namespace, Params, Socket, SocketIo};
use tokio::sync::Notify;
use tower::limit::ConcurrencyLimitLayer;

use crate::raw::Raw;
use crate::{channel, settled};

const INVALID: &str = "Invalid namespace";

fn room() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket, Params(id): Params<String>| {
            socket.join("members");
            socket.emit("welcome", &id);
        })
        .on("which", async |socket: Socket, Params(id): Params<u32>| {
            (
                Data(id),
                Data(socket.param("id").map(str::to_owned)),
                Data(socket.param("none").is_none()),
            )
        })
}

fn server(name: &str, namespace: Namespace) -> SocketIo {
    SocketIo::builder().namespace("/", Namespace::new()).namespace(name, namespace).build()
}

async fn refused(io: &SocketIo, namespace: &str) -> String {
    io.test_client().connect(namespace).await.unwrap_err().message
}

#[tokio::test(start_paused = true)]
async fn a_namespace_has_the_parameters_of_its_name() {
    let io = server("room-{id}", room());
    let mut raw = Raw::joined(&io, &["/room-7"]).await;
    raw.expect(&[r#"2/room-7,["welcome","7"]"#]).await;
    raw.join("/room-x").await;
    raw.expect(&[r#"2/room-x,["welcome","x"]"#]).await;
    raw.send(r#"2/room-7,1["which"]"#);
    raw.send(r#"2/room-x,2["which"]"#);
    raw.expect(&[
        r#"3/room-7,1[7,"7",true]"#,
        r#"3/room-x,2[{"error":{"message":"parameter `id`: invalid digit found in string"}}]"#,
    ])
    .await;
    for name in ["/room-", "/room-7/8", "/rooms", "/ROOM-7"] {
        assert_eq!(refused(&io, name).await, INVALID, "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_namespace_has_sockets_and_rooms_of_its_own() {
    let io = server("/room-{id}", room());
    let mut raw = Raw::joined(&io, &["/room-1"]).await;
    raw.expect(&[r#"2/room-1,["welcome","1"]"#]).await;
    raw.join("/room-2").await;
    raw.expect(&[r#"2/room-2,["welcome","2"]"#]).await;
    io.of("/room-1").emit("news", ());
    io.of("/room-2").to("members").emit("news", &2);
    io.of("/room-3").emit("news", ());
    raw.expect(&[r#"2/room-1,["news"]"#, r#"2/room-2,["news",2]"#]).await;
    raw.expect_nothing().await;
    assert_eq!((io.of("/room-1").len(), io.of("/room-3").len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_parent_reaches_all_its_children_and_no_other_namespace() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace("/room-0", Namespace::new())
        .namespace("/room-{id}", room())
        .build();
    let parent = io.of_pattern("room-{id}");
    parent.emit("nobody is there", ());
    let mut raw = Raw::joined(&io, &["/", "/room-0"]).await;
    for id in ["1", "2"] {
        raw.join(&format!("/room-{id}")).await;
        raw.expect(&[&format!(r#"2/room-{id},["welcome","{id}"]"#)]).await;
    }
    let mut both = async |data: &str| {
        let mut got = [raw.text().await, raw.text().await];
        got.sort();
        assert_eq!(got, [1, 2].map(|id| format!(r#"2/room-{id},["news"{data}]"#)));
    };
    parent.emit("news", ());
    both("").await;
    parent.clone().to("members").emit("news", (1, "a"));
    both(r#",1,"a""#).await;
    parent.clone().within("nobody's").emit("news", ());
    parent.clone().except("members").emit("news", ());
    io.of_pattern("/other-{id}").emit("news", ());
    raw.expect_nothing().await;
    parent.clone().volatile().emit("first", ()); // both go to one connection, which can take one at once
    assert!(raw.text().await.ends_with(r#",["first"]"#));
    raw.expect_nothing().await;
    let mut names = parent.namespaces();
    names.sort();
    assert_eq!(names, ["/room-1", "/room-2"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_socket_takes_the_namespace_with_it() {
    let (tell, mut told) = channel();
    let handlers = room().on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
        tell.send((socket.namespace().to_owned(), reason)).unwrap();
    });
    let io = server("/room-{id}", handlers);
    let parent = io.of_pattern("/room-{id}");
    let mut raw = Raw::joined(&io, &["/room-1"]).await;
    let client = io.test_client().connect("/room-1").await.unwrap();
    client.disconnect();
    settled().await;
    assert_eq!(parent.namespaces(), ["/room-1"]);
    raw.expect(&[r#"2/room-1,["welcome","1"]"#]).await;
    raw.send("1/room-1,");
    raw.expect_nothing().await;
    assert_eq!(parent.namespaces(), Vec::<String>::new());
    let left = ("/room-1".to_owned(), DisconnectReason::ClientNamespaceDisconnect);
    assert_eq!((told.now(), told.now()), (Some(left.clone()), Some(left)), "handlers outlive it");
    raw.join("/room-1").await;
    raw.expect(&[r#"2/room-1,["welcome","1"]"#]).await;
    io.of("/room-1").emit("news", ());
    raw.expect(&[r#"2/room-1,["news"]"#]).await;
    drop(raw);
    settled().await;
    assert_eq!(parent.namespaces(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_leaves_no_namespace() {
    let handlers = room().middleware(async || Err::<(), _>(Error::new("no")));
    let io = server("/room-{id}", handlers);
    assert_eq!(refused(&io, "/room-1").await, "no");
    settled().await;
    assert!(io.of_pattern("/room-{id}").namespaces().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_namespace_stays_under_a_socket_that_is_about_to_connect() {
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let handlers = room().middleware(async move |Data(auth): Data<Json>| {
        if auth["slow"] == true {
            opened.notified().await;
        }
    });
    let io = server("/room-{id}", handlers);
    let quick = io.test_client().connect("/room-1").await.unwrap();
    let mut slow = Raw::open(&io).await;
    slow.send(r#"0/room-1,{"slow":true}"#);
    settled().await;
    drop(quick);
    settled().await;
    open.notify_one();
    assert!(slow.text().await.starts_with(r#"0/room-1,{"sid""#));
    slow.expect(&[r#"2/room-1,["welcome","1"]"#]).await;
    io.of("/room-1").emit("news", ());
    slow.expect(&[r#"2/room-1,["news"]"#]).await;
}

#[tokio::test(start_paused = true)]
async fn empty_namespaces_stay_if_they_are_to() {
    let io = SocketIo::builder()
        .namespace("/room-{id}", room())
        .cleanup_empty_child_namespaces(false)
        .max_namespaces(2)
        .build();
    for name in ["/room-1", "/room-2", "/room-1"] {
        io.test_client().connect(name).await.unwrap();
    }
    settled().await;
    assert_eq!(io.of_pattern("/room-{id}").namespaces().len(), 2);
    assert_eq!(refused(&io, "/room-3").await, INVALID);
}

#[tokio::test(start_paused = true)]
async fn there_are_only_so_many_namespaces() {
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace("/a-{id}", room())
        .namespace_if("/b-{id}", async || {}, room())
        .max_namespaces(2)
        .build();
    let first = io.test_client().connect("/a-1").await.unwrap();
    let _second = io.test_client().connect("/b-2").await.unwrap();
    assert_eq!(refused(&io, "/a-3").await, INVALID);
    assert_eq!(refused(&io, "/b-3").await, INVALID);
    let _static = io.test_client().connect("/").await.unwrap();
    let _again = io.test_client().connect("/a-1").await.unwrap();
    drop((first, _again));
    settled().await;
    io.test_client().connect("/a-3").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_client_is_in_so_many_namespaces() {
    let io = SocketIo::builder()
        .namespace("/room-{id}", Namespace::new())
        .namespace_if("/slow-{id}", async || std::future::pending::<()>().await, Namespace::new())
        .max_namespaces_per_client(3)
        .build();
    let mut raw = Raw::joined(&io, &["/room-1", "/room-2"]).await;
    raw.send("0/slow-1,"); // where it waits
    raw.send("0/room-3,");
    raw.expect(&[r#"4/room-3,{"message":"too many namespaces"}"#]).await;
    raw.send("1/room-1,");
    raw.join("/room-3").await;
    let _other = Raw::joined(&io, &["/room-4"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_that_clients_give_is_short() {
    let io = server("/{*all}", Namespace::new());
    let name = |length: usize| format!("/{}", "x".repeat(length - 1));
    io.test_client().connect(&name(256)).await.unwrap();
    assert_eq!(refused(&io, &name(257)).await, INVALID);
}

#[tokio::test(start_paused = true)]
async fn a_predicate_sees_the_parameters_and_the_auth() {
    let predicate = async |Params(name): Params<String>, Data(auth): Data<Json>| {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match auth["tenant"] == *name {
            true => Ok(()),
            false => Err(Error::new("not told to the client")),
        }
    };
    let handlers = Namespace::new().on("hello", async |Params(name): Params<String>| Data(name));
    let io = SocketIo::builder().namespace_if("/tenants/{*name}", predicate, handlers).build();
    let connect = async |name: &str, tenant: &str| {
        let client = io.test_client().auth(json!({ "tenant": tenant })).connect(name).await;
        client.map_err(|rejected| rejected.message)
    };
    let client = connect("/tenants/a/b", "a/b").await.unwrap();
    assert_eq!(client.emit_with_ack::<String>("hello", ()).await, "a/b");
    assert_eq!(connect("/tenants/a", "b").await.unwrap_err(), INVALID);
    assert_eq!(refused(&io, "/tenants/a").await, INVALID, "without the auth it reads");
    settled().await;
    assert_eq!(io.of_pattern("/tenants/{*name}").namespaces(), ["/tenants/a/b"]);
}

#[tokio::test(start_paused = true)]
async fn parents_are_asked_in_their_order_until_one_agrees() {
    let (tell, mut told) = channel();
    let predicate = |name: &'static str, agrees: bool| {
        let tell = tell.clone();
        async move || {
            tell.send(name).unwrap();
            tokio::task::yield_now().await;
            assert_ne!(name, "panics", "on purpose");
            if agrees { Ok(()) } else { Err(Error::new("no")) }
        }
    };
    let named = |name: &'static str| Namespace::new().on("name", async move || Data(name));
    let io = SocketIo::builder()
        .namespace_if("/{*first}", predicate("first", false), named("first"))
        .namespace_if("/{*second}", predicate("panics", true), named("second"))
        .namespace_if("/x/{never}", predicate("never", true), named("never"))
        .namespace_if("/{third}", predicate("third", true), named("third"))
        .namespace("/{fourth}", named("fourth"))
        .namespace("/static", named("static"))
        .build();
    let client = io.test_client().connect("/a").await.unwrap();
    assert_eq!(client.emit_with_ack::<String>("name", ()).await, "third");
    let asked = std::iter::from_fn(|| told.now()).collect::<Vec<_>>();
    assert_eq!(asked, ["first", "panics", "third"]);
    let client = io.test_client().connect("/static").await.unwrap();
    assert_eq!(client.emit_with_ack::<String>("name", ()).await, "static");
    let _client = io.test_client().connect("/a").await.unwrap();
    assert_eq!(told.now(), None, "what is there is not asked for");
}

#[tokio::test(start_paused = true)]
async fn two_clients_that_wait_for_a_predicate_meet_in_one_namespace() {
    let (tell, mut told) = channel();
    let open = Arc::new(Notify::new());
    let opened = Arc::clone(&open);
    let predicate = async move || {
        tell.send(()).unwrap();
        opened.notified().await;
    };
    let io = SocketIo::builder().namespace_if("/{name}", predicate, Namespace::new()).build();
    let (mut first, mut second) = (Raw::open(&io).await, Raw::open(&io).await);
    first.send("0/x,");
    second.send("0/x,");
    settled().await;
    assert_eq!((told.now(), told.now()), (Some(()), Some(())));
    assert!(io.of_pattern("/{name}").namespaces().is_empty());
    open.notify_one();
    assert!(first.text().await.starts_with(r#"0/x,{"sid""#));
    open.notify_one();
    assert!(second.text().await.starts_with(r#"0/x,{"sid""#));
    io.of("/x").emit("news", ());
    first.expect(&[r#"2/x,["news"]"#]).await;
    second.expect(&[r#"2/x,["news"]"#]).await;
    drop(first);
    settled().await;
    assert_eq!(io.of("/x").len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_waits_for_a_predicate_is_in_no_namespace() {
    let (tell, mut told) = channel();
    let handlers = Namespace::new().on_disconnect(async move || tell.send(()).unwrap());
    let predicate = async || std::future::pending::<()>().await;
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace_if("/{name}", predicate, handlers)
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send("0/x,");
    raw.send("0/x,");
    raw.expect_nothing().await;
    raw.send(r#"2/x,["too early"]"#);
    raw.expect_closed().await;
    settled().await;
    assert_eq!((told.now(), io.connections()), (None, 0));
    // Nor does it keep the connection: the time to join one runs.
    let mut raw = Raw::open(&io).await;
    raw.send("0/x,");
    tokio::time::sleep(Duration::from_secs(44)).await;
    assert_eq!(io.connections(), 1);
    while raw.next().await.is_some() {}
    settled().await;
    assert_eq!((told.now(), io.connections()), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn a_predicate_can_disconnect_the_client() {
    let predicate = async |socket: Socket, Params(name): Params<String>| match &*name {
        "close" => socket.close(),
        _ => socket.disconnect(),
    };
    let io = SocketIo::builder()
        .namespace("/", Namespace::new())
        .namespace_if("/{name}", predicate, Namespace::new())
        .build();
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send("0/x,");
    raw.expect(&[r#"4/x,{"message":"disconnected"}"#]).await;
    raw.send("0/close,");
    raw.expect(&["1"]).await;
    raw.expect_closed().await;
    assert!(io.of_pattern("/{name}").namespaces().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_application_hears_of_new_namespaces() {
    let (tell, mut told) = channel();
    let middleware = tell.clone();
    let handlers = Namespace::new().middleware(async move |socket: Socket| {
        middleware.send(format!("middleware of {}", socket.namespace())).unwrap();
    });
    let io = SocketIo::builder()
        .namespace("main", Namespace::new())
        .namespace("/room-{id}", handlers)
        .on_new_namespace(move |io, name| {
            tell.send(name.to_owned()).unwrap();
            assert!(io.of(name).is_empty());
            assert_ne!(name, "/room-13", "on purpose");
        })
        .build();
    assert_eq!((told.now().as_deref(), told.now()), (Some("/main"), None));
    io.add_namespace("late", Namespace::new());
    assert_eq!(told.now().as_deref(), Some("/late"));
    for _ in 0..2 {
        let client = io.test_client().connect("/room-1").await.unwrap();
        let _second = io.test_client().connect("/room-1").await.unwrap();
        assert_eq!(told.now().as_deref(), Some("/room-1"));
        assert_eq!(told.now().as_deref(), Some("middleware of /room-1"));
        assert_eq!(told.now().as_deref(), Some("middleware of /room-1"));
        assert_eq!(told.now(), None);
        drop((client, _second));
        settled().await;
    }
    assert_eq!(refused(&io, "/room-13").await, "internal error");
}

#[tokio::test(start_paused = true)]
async fn patterns_can_be_added_while_the_server_runs() {
    let io = SocketIo::new(Namespace::new());
    assert_eq!(refused(&io, "/a-1").await, INVALID);
    io.add_namespace("a-{id}", room());
    io.add_namespace_if("b-{id}", async || {}, room());
    io.test_client().connect("/a-1").await.unwrap();
    io.test_client().connect("/b-1").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_layer_is_shared_by_all_namespaces_of_a_pattern() {
    let (tell, mut told) = channel();
    let work = async move |Params(id): Params<u32>| {
        tell.send(id).unwrap();
        std::future::pending::<()>().await;
    };
    let handlers = Namespace::<()>::new().on("work", work.layer(ConcurrencyLimitLayer::new(1)));
    let io = server("/room-{id}", handlers);
    let raw = Raw::joined(&io, &["/room-1", "/room-2"]).await;
    raw.send(r#"2/room-1,["work"]"#);
    raw.send(r#"2/room-2,["work"]"#);
    settled().await;
    assert_eq!((told.now(), told.now()), (Some(1), None));
}

#[tokio::test(start_paused = true)]
async fn a_brace_in_a_name_is_doubled() {
    let io = SocketIo::builder().namespace("/{{id}}", Namespace::new()).build();
    io.test_client().connect("/{id}").await.unwrap();
    assert_eq!(refused(&io, "/7").await, INVALID);
}

#[test]
fn a_pattern_that_cannot_be_is_refused() {
    for (name, error) in [
        ("/{a", "\"/{a\" cannot name a namespace: a brace is missing"),
        ("/{a}{b}", "\"/{a}{b}\" cannot name a namespace: a segment has two parameters"),
        ("/{id}", "there is a namespace \"/{id}\" already"),
    ] {
        let io = server("/{id}", Namespace::new());
        let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            io.add_namespace(name, Namespace::new());
        }));
        let message = panic.unwrap_err().downcast::<String>().unwrap();
        assert!(message.starts_with(error), "{message}");
    }
}
