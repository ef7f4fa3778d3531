//! Whatever clients and handlers do, in whatever order: what holds for every socket.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use socketio::{Ack, AckError, Data, Error, Namespace, Rest, Socket, SocketId, SocketIo, State};
use tokio::time::sleep;

use crate::settled;

/// What a client sends.
const FRAMES: [&str; 24] = [
    "40",
    "40/slow,",
    "40/none,",
    "41",
    "41/slow,",
    r#"42["now"]"#,
    r#"421["now"]"#,
    r#"422["wait"]"#,
    r#"42["leave"]"#,
    r#"423["close"]"#,
    r#"424["panic"]"#,
    r#"425["fail"]"#,
    r#"426["ask"]"#,
    r#"427["later"]"#,
    r#"42["unknown"]"#,
    r#"42/slow,["now"]"#,
    r#"42/slow,1["wait"]"#,
    r#"42/slow,["leave"]"#,
    r#"42/slow,["close"]"#,
    "430[]",
    "431[1]",
    "43/slow,0[]",
    r#"451-8["now",{"_placeholder":true,"num":0}]"#,
    "3",
];

#[derive(Clone, Debug)]
enum Step {
    Frame(usize),
    Bytes,
    Settle,
    Second,
    Emit,
    Ask,
    Volatile,
    Disconnect(usize),
    Close(usize),
    Join(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..2_usize).prop_map(Step::Frame),
        12 => (0..FRAMES.len()).prop_map(Step::Frame),
        1 => Just(Step::Bytes),
        4 => Just(Step::Settle),
        2 => Just(Step::Second),
        1 => Just(Step::Emit),
        1 => Just(Step::Ask),
        1 => Just(Step::Volatile),
        1 => (0..4_usize).prop_map(Step::Disconnect),
        1 => (0..4_usize).prop_map(Step::Close),
        1 => (0..4_usize).prop_map(Step::Join),
    ]
}

/// What happened to each socket, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(Socket, &'static str)>>>);

impl Log {
    fn note(&self, socket: &Socket, what: &'static str) {
        self.0.lock().unwrap().push((socket.clone(), what));
    }

    fn socket(&self, index: usize) -> Option<Socket> {
        self.0.lock().unwrap().get(index).map(|(socket, _)| socket.clone())
    }
}

/// A namespace whose middleware and connect handler wait so long.
fn namespace(pause: Duration) -> Namespace<Log> {
    Namespace::new()
        .middleware(async move |socket: Socket| {
            socket.join("room");
            sleep(pause).await;
        })
        .on_connect(async move |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "connecting");
            socket.emit("welcome", ());
            sleep(pause).await;
            log.note(&socket, "connected");
        })
        .on("now", async |State(log): State<Log>, socket: Socket, all: Rest| {
            log.note(&socket, "event");
            all
        })
        .on("wait", async |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "event");
            sleep(Duration::from_secs(2)).await;
            Data("waited")
        })
        .on("leave", async |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "event");
            socket.disconnect();
            log.note(&socket, "sent away");
        })
        .on("close", async |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "event");
            socket.close();
            log.note(&socket, "sent away");
        })
        .on("panic", async |State(log): State<Log>, socket: Socket| -> () {
            log.note(&socket, "event");
            std::panic::resume_unwind(Box::new("on purpose")) // without a word
        })
        .on("fail", async |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "event");
            Err::<(), _>(Error::new("on purpose"))
        })
        .on("ask", async |State(log): State<Log>, socket: Socket| {
            log.note(&socket, "event");
            let answer: Result<Rest, AckError> = socket.emit_with_ack("question", ()).await;
            Data(answer.is_ok())
        })
        .on("later", async |State(log): State<Log>, socket: Socket, ack: Ack| {
            log.note(&socket, "event");
            tokio::spawn(async move {
                sleep(Duration::from_secs(1)).await;
                ack.send("later");
            });
        })
        .on_disconnect(async move |State(log): State<Log>, socket: Socket| {
            assert_eq!(socket.rooms(), []);
            log.note(&socket, "left");
            socket.broadcast().emit("left", ());
            sleep(pause).await;
        })
}

async fn run(steps: Vec<Step>, max_running: usize, max_held: usize) {
    let log = Log::default();
    let io = SocketIo::builder()
        .namespace("/", namespace(Duration::ZERO).with_state(log.clone()))
        .namespace("/slow", namespace(Duration::from_secs(1)).with_state(log.clone()))
        .max_running(max_running)
        .max_held(max_held)
        .build();
    let witness = io.test_client().connect("/").await.unwrap();
    let mut pipe = io.test_client().open();
    let mut asked = Vec::new();
    for step in steps {
        match step {
            Step::Frame(index) => pipe.send(FRAMES[index]),
            Step::Bytes => pipe.send(bytes::Bytes::from_static(b"bytes")),
            Step::Settle => settled().await,
            Step::Second => sleep(Duration::from_secs(1)).await,
            Step::Emit => io.to("room").emit("news", ()),
            Step::Ask => asked.push(io.of("/slow").emit_with_ack::<Rest>("question", ())),
            Step::Volatile => io.volatile().emit("ticker", ()),
            Step::Disconnect(index) => {
                log.socket(index).filter(|_| index > 1).inspect(Socket::disconnect);
            }
            Step::Close(index) => {
                log.socket(index).filter(|_| index > 1).inspect(Socket::close);
            }
            Step::Join(index) => {
                log.socket(index).inspect(|socket| socket.join(["a", "b"]));
            }
        }
    }
    settled().await;
    while let Ok(Some(_)) = tokio::time::timeout(Duration::ZERO, pipe.recv()).await {}
    drop(pipe);
    sleep(Duration::from_secs(60)).await;
    for acks in asked {
        acks.collect().await;
    }
    assert_eq!((io.connections(), io.of("/").len(), io.of("/slow").len()), (1, 1, 0));
    for room in ["a", "b"] {
        let witnesses =
            usize::from(log.socket(0).unwrap().rooms().iter().any(|name| **name == *room));
        assert_eq!((io.of("/").room_len(room), io.of("/slow").room_len(room)), (witnesses, 0));
    }
    assert_eq!((io.of("/").room_len("room"), io.of("/slow").room_len("room")), (1, 0));
    drop(witness);
    sleep(Duration::from_secs(60)).await;
    check(&log);
}

/// Checks the life of each socket.
fn check(log: &Log) {
    let mut lives: HashMap<SocketId, Vec<&str>> = HashMap::new();
    for (socket, what) in &*log.0.lock().unwrap() {
        lives.entry(socket.id()).or_default().push(what);
    }
    for life in lives.values() {
        let times = |what| life.iter().filter(|other| **other == what).count();
        let at = |what| life.iter().position(|other| *other == what);
        assert_eq!(life[..2], ["connecting", "connected"], "{life:?}");
        assert_eq!((times("connecting"), times("connected"), times("left")), (1, 1, 1), "{life:?}");
        assert_eq!(life.last(), Some(&"left"), "{life:?}");
        if let Some(sent_away) = at("sent away") {
            assert_eq!(life[sent_away..], ["sent away", "left"], "{life:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn each_socket_lives_once_and_leaves_nothing(
        steps in vec(step(), 0..60),
        max_running in 1..4_usize,
        max_held in prop_oneof![Just(300_usize), Just(1_000_000)],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.unwrap().block_on(run(steps, max_running, max_held));
    }
}
