//! A session in process, on a paused clock: time passes when nothing else can happen.

use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use engineio::{CloseReason, Config, EngineIo, Message, Pipe, Request, Session};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::{Instant, sleep, timeout};

fn request() -> Request {
    http::Request::new(()).into_parts().0.into()
}

/// Opens a session that the test runs. The open packet is not written yet.
async fn open(config: Config) -> (EngineIo, Session, Pipe) {
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::with_config(config, move |session| {
        let _ = tell.send(session);
        async {}
    });
    let pipe = engine.pipe(request());
    let session = told.recv().await.unwrap();
    (engine, session, pipe)
}

/// Opens a session that sends every message back and tells why it ended.
async fn echo() -> (Pipe, UnboundedReceiver<CloseReason>) {
    let (tell, told) = unbounded_channel();
    let engine = EngineIo::new(move |mut session: Session| {
        let tell = tell.clone();
        async move {
            while let Some(message) = session.next().await {
                session.send(message);
            }
            tell.send(session.close_reason().unwrap()).unwrap();
        }
    });
    let mut pipe = engine.pipe(request());
    expect_open(&mut pipe).await;
    (pipe, told)
}

async fn expect_open(pipe: &mut Pipe) {
    let Some(Message::Text(open)) = pipe.recv().await else { panic!("no open packet") };
    assert!(open.as_str().starts_with("0{"), "{open}");
}

fn text(text: &str) -> Option<Message> {
    Some(text.into())
}

#[tokio::test(start_paused = true)]
async fn messages_go_both_ways() {
    let (mut pipe, _) = echo().await;
    pipe.send("4hello");
    assert_eq!(pipe.recv().await, text("4hello"));
    pipe.send(bytes::Bytes::from_static(b"\x01\x02"));
    assert_eq!(pipe.recv().await, Some(bytes::Bytes::from_static(b"\x01\x02").into()));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_pings_stays_for_hours() {
    let (mut pipe, mut told) = echo().await;
    let start = Instant::now();
    for n in 1..=200 {
        assert_eq!(pipe.recv().await, text("2"));
        assert_eq!(start.elapsed().as_secs(), 25 * n);
        pipe.send("3");
    }
    pipe.send("4still here");
    assert_eq!(pipe.recv().await, text("4still here"));
    assert!(told.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_silent_client_times_out() {
    let (mut pipe, mut told) = echo().await;
    let start = Instant::now();
    assert_eq!(told.recv().await, Some(CloseReason::PingTimeout));
    assert_eq!(start.elapsed().as_secs(), 45);
    assert_eq!(pipe.recv().await, text("2"));
    assert_eq!(pipe.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_is_dropped_ends_its_session() {
    let (pipe, mut told) = echo().await;
    drop(pipe);
    assert_eq!(told.recv().await, Some(CloseReason::TransportClose));
}

#[tokio::test(start_paused = true)]
async fn a_broken_frame_ends_the_session() {
    let (mut pipe, mut told) = echo().await;
    pipe.send("4good");
    pipe.send("?");
    assert_eq!(pipe.recv().await, text("4good"));
    assert_eq!(pipe.recv().await, None);
    assert_eq!(told.recv().await, Some(CloseReason::ParseError));
}

#[tokio::test(start_paused = true)]
async fn what_is_sent_before_the_close_is_written() {
    let (engine, mut session, mut pipe) = open(Config::default()).await;
    session.send("one");
    session.send("two");
    session.close();
    session.send("dropped");
    assert_eq!(session.close_reason(), None);
    assert_eq!(session.next().await, None);
    assert_eq!(session.close_reason(), Some(CloseReason::ForcedClose));
    assert_eq!(session.next().await, None);
    session.send("dropped");
    assert_eq!(session.next().await, None);
    assert_eq!(engine.sessions(), 0);
    expect_open(&mut pipe).await;
    assert_eq!(pipe.recv().await, text("4one"));
    assert_eq!(pipe.recv().await, text("4two"));
    assert_eq!(pipe.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn an_aborted_session_ends_at_once() {
    let (engine, mut session, mut pipe) = open(Config::default()).await;
    session.abort();
    assert_eq!(session.next().await, None);
    assert_eq!(session.close_reason(), Some(CloseReason::TransportError));
    assert_eq!(engine.sessions(), 0);
    assert_eq!(pipe.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_session_is_gone() {
    let (engine, session, mut pipe) = open(Config::default()).await;
    assert_eq!(engine.sessions(), 1);
    drop(session);
    assert_eq!(engine.sessions(), 0);
    assert_eq!(pipe.recv().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_leaves_no_session() {
    let engine = EngineIo::new(async |session: Session| {
        let _session = session;
        panic!("on purpose");
    });
    let mut pipe = engine.pipe(request());
    assert_eq!(pipe.recv().await, None);
    assert_eq!(engine.sessions(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_given_up_loses_no_message() {
    let (_engine, mut session, pipe) = open(Config::default()).await;
    let client = tokio::spawn(async move {
        for n in 0..1000 {
            pipe.send(format!("4{n}"));
            if n % 7 == 0 {
                sleep(Duration::from_millis(1)).await;
            }
        }
        pipe
    });
    for n in 0..1000 {
        let message = loop {
            if let Ok(message) = timeout(Duration::from_micros(10), session.next()).await {
                break message;
            }
        };
        assert_eq!(message, text(&n.to_string()));
    }
    drop(client.await);
    assert_eq!(session.next().await, None);
}

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

#[tokio::test(start_paused = true)]
async fn a_session_wakes_whoever_waits_for_it_now() {
    let (_engine, mut session, mut pipe) = open(Config::default()).await;
    let nobody = Waker::from(Arc::new(Nobody));
    assert!(session.poll_next(&mut Context::from_waker(&nobody)).is_pending());
    expect_open(&mut pipe).await;
    let waits = tokio::spawn(async move {
        let message = session.next().await;
        (message, session)
    });
    sleep(Duration::from_secs(1)).await;
    pipe.send("4frame");
    let (message, mut session) = waits.await.unwrap();
    assert_eq!(message, text("frame"));

    assert!(session.poll_next(&mut Context::from_waker(&nobody)).is_pending());
    let waits = tokio::spawn(async move { session.next().await });
    assert_eq!(pipe.recv().await, text("2"), "the timer wakes the new task as well");
    drop(pipe);
    assert_eq!(waits.await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_reads_nothing_takes_no_message_and_needs_no_pong() {
    let (_engine, mut session, mut pipe) = open(Config::default()).await;
    session.set_reading(false);
    for n in 0..100 {
        pipe.send(format!("4{n}"));
    }
    assert!(timeout(Duration::from_secs(600), session.next()).await.is_err());
    session.send("sent meanwhile");
    assert!(timeout(Duration::ZERO, session.next()).await.is_err());
    session.set_reading(true);
    session.set_reading(true);
    for n in 0..100 {
        assert_eq!(session.next().await, text(&n.to_string()));
    }
    expect_open(&mut pipe).await;
    assert_eq!(pipe.recv().await, text("2"));
    assert_eq!(pipe.recv().await, text("4sent meanwhile"));
    let start = Instant::now();
    assert_eq!(session.next().await, None);
    assert_eq!(session.close_reason(), Some(CloseReason::PingTimeout));
    assert_eq!(start.elapsed().as_secs(), 20);
}

/// Runs a session whose application needs a second for each message.
async fn run_slowly(mut session: Session) -> (usize, Session) {
    let mut taken = 0;
    while session.next().await.is_some() {
        taken += 1;
        sleep(Duration::from_secs(1)).await;
    }
    (taken, session)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_always_has_more_to_say_is_pinged_in_time() {
    let (_engine, session, mut pipe) = open(Config::default()).await;
    for _ in 0..1000 {
        pipe.send("4upload");
    }
    let runs = tokio::spawn(run_slowly(session));
    expect_open(&mut pipe).await;
    let start = Instant::now();
    assert_eq!(pipe.recv().await, text("2"));
    assert_eq!(start.elapsed().as_secs(), 25);
    pipe.send("3"); // behind all that is not taken yet
    pipe.send("4last");
    assert_eq!(pipe.recv().await, text("2"));
    drop(pipe);
    let (taken, session) = runs.await.unwrap();
    assert_eq!(taken, 1001);
    assert_eq!(session.close_reason(), Some(CloseReason::TransportClose));
}

#[tokio::test(start_paused = true)]
async fn a_client_is_not_blamed_for_a_slow_application() {
    let (_engine, mut session, mut pipe) = open(Config::default()).await;
    assert!(timeout(Duration::from_secs(26), session.next()).await.is_err());
    pipe.send("4a");
    pipe.send("3");
    sleep(Duration::from_secs(60)).await;
    assert_eq!(session.next().await, text("a"));
    assert!(timeout(Duration::from_secs(26), session.next()).await.is_err());
    expect_open(&mut pipe).await;
    assert_eq!(pipe.recv().await, text("2"));
    assert_eq!(pipe.recv().await, text("2"));
}

#[tokio::test(start_paused = true)]
async fn a_session_knows_the_request_that_opened_it() {
    let mut parts = http::Request::get("/seen?EIO=4").header("x-user", "alice").body(()).unwrap();
    let original = "/original?EIO=4".parse().unwrap();
    let addr = "127.0.0.1:4711".parse().unwrap();
    parts.extensions_mut().insert(engineio::OriginalUri(original));
    parts.extensions_mut().insert(engineio::RemoteAddr(addr));
    parts.extensions_mut().insert("an extension");
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::new(move |session: Session| {
        tell.send(Arc::clone(session.request())).unwrap();
        async {}
    });
    let _pipe = engine.pipe(parts.into_parts().0.into());
    let request = told.recv().await.unwrap();
    assert_eq!(request.uri(), "/original?EIO=4");
    assert_eq!(request.headers()["x-user"], "alice");
    assert_eq!(request.remote_addr, Some(addr));
    assert_eq!(request.extensions.get(), Some(&"an extension"));
}

#[tokio::test(start_paused = true)]
async fn a_session_is_ready_when_a_message_would_leave_now() {
    let (_engine, mut session, _pipe) = open(Config::default()).await;
    assert!(!session.is_ready());
    assert!(timeout(Duration::ZERO, session.next()).await.is_err());
    assert!(session.is_ready());
    session.send("a");
    assert!(!session.is_ready());
    assert!(timeout(Duration::ZERO, session.next()).await.is_err());
    assert!(session.is_ready());
    session.close();
    assert!(!session.is_ready());
}
