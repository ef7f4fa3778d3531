//! What is logged, and in which spans.

use std::io::Write;
use std::sync::{Arc, Mutex};

use socketio::{Data, Error, Namespace, Socket, SocketIo};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::raw::Raw;
use crate::{connect, settled};

/// What is logged while this is held.
struct Log {
    text: Text,
    _guard: tracing::subscriber::DefaultGuard,
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Text {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn start(level: tracing::Level) -> Self {
        let text = Text::default();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(text.clone())
            .with_max_level(level)
            .with_ansi(false)
            .with_span_events(FmtSpan::NONE)
            .finish();
        Self { text, _guard: tracing::subscriber::set_default(subscriber) }
    }

    fn lines(&self, word: &str) -> Vec<String> {
        let text = String::from_utf8(self.text.0.lock().unwrap().clone()).unwrap();
        text.lines().filter(|line| line.contains(word)).map(str::to_owned).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn each_event_has_a_span_of_its_own_in_that_of_its_connection() {
    let log = Log::start(tracing::Level::INFO);
    let namespace = Namespace::new()
        .middleware(async || tracing::info!("handled"))
        .on_connect(async || {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            tracing::info!("handled");
        })
        .on("event", async |Data(seconds): Data<u64>| {
            tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
            tracing::info!("handled");
        })
        .on_disconnect(async || tracing::info!("handled"));
    let io = SocketIo::builder().namespace("/", namespace).max_running(1).build();
    let client = connect(&io).await;
    // Held back by the connect handler, and then by one another.
    for seconds in [0, 0, 1, 0, 1] {
        client.emit("event", &seconds);
    }
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    drop(client);
    settled().await;
    let lines = log.lines("handled");
    let spans =
        ["connect{", "connect{", "event{", "event{", "event{", "event{", "event{", "disconnect{"];
    assert_eq!(lines.len(), spans.len(), "{lines:#?}");
    for (line, span) in lines.iter().zip(spans) {
        let path = line.split("INFO ").nth(1).unwrap();
        assert!(path.starts_with("connection{id="), "{line}");
        assert!(path.contains(&format!("}}:{span}")), "{line}");
        assert_eq!(path.matches("}:").count(), 2, "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_outlives_the_span_of_its_request() {
    let log = Log::start(tracing::Level::INFO);
    let io = SocketIo::new(Namespace::new().on_connect(async || tracing::info!("handled")));
    let pipe = tracing::info_span!("request").in_scope(|| io.test_client().open());
    pipe.send("40");
    settled().await;
    let lines = log.lines("handled");
    assert!(lines.len() == 1 && !lines[0].contains("request"), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_operator_learns_what_failed_and_why() {
    let log = Log::start(tracing::Level::WARN);
    let namespace = Namespace::new()
        .on("add", async |Data(_): Data<i64>| {})
        .on("internal", async || Err::<(), Error>(std::fmt::Error.into()))
        .on("refused", async || Err::<(), _>(Error::new("as usual")))
        .on("panic", async || -> () { panic!("on purpose") })
        .on("reserved", async |socket: Socket| socket.emit("disconnect", ()));
    let io = SocketIo::new(namespace);
    let mut raw = Raw::joined(&io, &["/"]).await;
    for event in ["internal", "refused", "panic", "reserved", "unknown"] {
        raw.send(&format!(r#"2["{event}"]"#));
    }
    raw.send(r#"2["add","secret"]"#);
    raw.send("2[nonsense");
    raw.expect_closed().await;
    let one = |word: &str| {
        let lines = log.lines(word);
        assert_eq!(lines.len(), 1, "{word}: {:#?}", log.lines(""));
        lines.into_iter().next().unwrap()
    };
    assert!(
        one("a parameter of the handler")
            .contains(r#"handler="add" error=argument 0: invalid type"#)
    );
    let failed = one("the handler failed");
    assert!(failed.contains("WARN") && failed.contains(r#"handler="internal""#), "{failed}");
    let panicked = one("the handler panicked");
    assert!(panicked.contains("ERROR") && panicked.contains(r#"handler="panic""#), "{panicked}");
    let reserved = one("an event cannot be sent");
    assert!(reserved.contains("ERROR") && reserved.contains("reserved event name"), "{reserved}");
    assert_eq!(log.lines("as usual"), <[String; 0]>::default());
    assert_eq!(log.lines("unknown"), <[String; 0]>::default());
    assert_eq!(log.lines("nonsense"), <[String; 0]>::default());
}

#[tokio::test(start_paused = true)]
async fn no_log_shows_the_sessions_id_or_what_clients_say() {
    let log = Log::start(tracing::Level::DEBUG);
    let namespace = Namespace::new()
        .middleware(async |Data(auth): Data<serde_json::Value>| match auth["ok"].as_bool() {
            Some(true) => Ok(()),
            _ => Err(Error::new("unauthorized")),
        })
        .on("login", async || {});
    let io = SocketIo::new(namespace);
    let mut pipe = io.test_client().open();
    let Some(engineio::Message::Text(open)) = pipe.recv().await else { panic!("no open packet") };
    let sid = open.as_str().split('"').nth(3).unwrap();
    for packet in [r#"40{"token":"private"}"#, "40/private,", r#"40{"ok":true,"token":"private"}"#]
    {
        pipe.send(packet);
        settled().await;
    }
    pipe.send(r#"42["login","private"]"#);
    pipe.send("3");
    settled().await;
    pipe.send(r#"42["login",private]"#);
    settled().await;
    assert_eq!(io.connections(), 0);
    assert_eq!(log.lines(sid), <[String; 0]>::default());
    let private = log.lines("private");
    assert!(private.iter().all(|line| line.contains("there is no such namespace")), "{private:#?}");
    assert!(!log.lines("closed").is_empty());
}

/// Neither a line of its own nor what a terminal obeys.
#[tokio::test(start_paused = true)]
async fn what_clients_name_is_escaped() {
    let log = Log::start(tracing::Level::DEBUG);
    let io = SocketIo::new(Namespace::new());
    let mut raw = Raw::joined(&io, &["/"]).await;
    raw.send("0/forged\r\nforged\u{1b}[31m\u{202e},");
    raw.expect(&["4/forged\r\nforged\u{1b}[31m\u{202e},{\"message\":\"Invalid namespace\"}"]).await;
    raw.send(r#"2["forged\u000d\u000aforged\u001b[31m\u202e"]"#);
    raw.expect_nothing().await;
    let lines = log.lines("forged");
    assert_eq!(lines.len(), 2, "{lines:#?}");
    assert!(
        lines.iter().all(|line| line.contains(r"forged\r\nforged\u{1b}[31m\u{202e}")),
        "{lines:#?}"
    );
    assert!(log.lines("\u{1b}").is_empty() && log.lines("\r").is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_another_server_says_wrong_is_for_the_operator() {
    use socketio_cluster::{Body, Bus, Message, NodeId, Options};
    use socketio_proto::Encoded;

    let log = Log::start(tracing::Level::WARN);
    let bus = socketio::MemoryBus::new();
    let _io = SocketIo::builder().namespace("/", Namespace::new()).cluster(bus.connect()).build();
    let packet =
        Encoded { first: engineio::Text::from(r#"2/other,["secret"]"#).into(), rest: None };
    let body = Body::Broadcast { packet, options: Options::default(), request: None };
    let message =
        Message { from: NodeId::new("0123456789abcdef"), to: None, namespace: "/".into(), body };
    bus.connect().publish(message).await.unwrap();
    settled().await;
    let lines = log.lines("");
    let [line] = &lines[..] else { panic!("{lines:?}") };
    assert!(line.contains("WARN") && line.contains("an event of another server cannot be read"));
    assert!(line.contains("0123456789abcdef") && line.contains("another namespace"), "{line}");
    assert!(!line.contains("secret"), "{line}");
}
