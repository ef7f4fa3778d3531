//! What an application decides about requests, and adds to their answers.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use engineio::{
    Builder, Config, ConnectionError, Cookie, EngineIo, Forbidden, Message, Request, Session, Sid,
    Transport,
};
use http::HeaderValue;

use crate::client::{Answer, HANDSHAKE, WebSocket, target};
use crate::server::connect;

const POLLING: &str = "/engine.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";

fn echo(builder: Builder) -> EngineIo {
    builder.build(async |mut session: Session| {
        while let Some(message) = session.next().await {
            session.send(message);
        }
    })
}

async fn ask(engine: &EngineIo, target: &str, headers: &str) -> Answer {
    let mut http = connect(engine);
    http.send("GET", target, headers, b"").await;
    http.answer().await
}

/// Opens a session by each transport, and returns the answers.
async fn open(engine: &EngineIo) -> [Answer; 2] {
    [ask(engine, POLLING, "").await, ask(engine, WEBSOCKET, HANDSHAKE).await]
}

fn all<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let found = answer.headers.iter().filter(|(key, _)| key == name);
    found.map(|(_, value)| value.as_str()).collect()
}

#[tokio::test]
async fn who_is_not_allowed_reads_why_and_opens_no_session() {
    let engine = echo(EngineIo::builder().allow_request(async |request: Arc<Request>| {
        match request.headers().get("x-token").map(HeaderValue::as_bytes) {
            Some(b"good") => Ok(()),
            Some(_) => Err(Forbidden::new("no \"good\" token")),
            None => Err(Forbidden::default()),
        }
    }));
    let answer = ask(&engine, POLLING, "").await;
    assert_eq!((answer.status, &*answer.body), (403, r#"{"code":4,"message":"Forbidden"}"#));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    let answer = ask(&engine, POLLING, "x-token: bad\r\n").await;
    let message = r#"{"code":4,"message":"no \"good\" token"}"#;
    assert_eq!((answer.status, &*answer.body), (403, message));
    let answer = ask(&engine, WEBSOCKET, &format!("x-token: bad\r\n{HANDSHAKE}")).await;
    assert_eq!((answer.status, &*answer.body), (400, "no \"good\" token"), "400 as Node");
    assert_eq!(engine.sessions(), 0);
    let answer = ask(&engine, POLLING, "x-token: good\r\n").await;
    assert_eq!(answer.status, 200);
    let answer = ask(&engine, WEBSOCKET, &format!("x-token: good\r\n{HANDSHAKE}")).await;
    assert_eq!(answer.status, 101);
}

#[tokio::test(start_paused = true)]
async fn a_client_waits_for_the_decision_about_it_and_others_do_not() {
    let engine = echo(EngineIo::builder().allow_request(async |request: Arc<Request>| {
        if request.headers().contains_key("x-slow") {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }));
    let mut slow = connect(&engine);
    slow.send("GET", POLLING, "x-slow: 1\r\n", b"").await;
    assert_eq!(ask(&engine, POLLING, "").await.status, 200);
    assert_eq!(engine.sessions(), 1);
    assert_eq!(slow.answer().await.status, 200);
    assert_eq!(engine.sessions(), 2);
}

#[tokio::test]
async fn a_request_of_an_open_session_is_not_asked_about_again() {
    let asked = Arc::new(Mutex::new(0));
    let count = Arc::clone(&asked);
    let engine = echo(EngineIo::builder().allow_request(move |_| {
        *count.lock().unwrap() += 1;
        async { Ok(()) }
    }));
    let mut http = connect(&engine);
    let target = target(&http.get(POLLING).await.body);
    assert_eq!(http.request("POST", &target, "4hello").await.body, "ok");
    assert_eq!(http.get(&target).await.body, "4hello");
    WebSocket::upgrade(connect(&engine), &target.replace("polling", "websocket")).await;
    assert_eq!(*asked.lock().unwrap(), 1);
}

#[tokio::test]
async fn the_application_may_make_the_ids() {
    let engine = echo(EngineIo::builder().generate_id(async |request: Arc<Request>| {
        let name = request.headers().get("x-id").and_then(|id| id.to_str().ok());
        Sid::parse(name.unwrap_or_default()).ok_or("no such id")
    }));
    let long = "550e8400-e29b-41d4-a716-446655440000~node.7";
    for id in ["1", "exactly20characters0", long] {
        let mut http = connect(&engine);
        http.send("GET", POLLING, &format!("x-id: {id}\r\n"), b"").await;
        let target = target(&http.answer().await.body);
        assert!(target.ends_with(&format!("sid={id}")), "{target}");
        assert_eq!(http.request("POST", &target, "4hello").await.body, "ok");
        assert_eq!(http.get(&target).await.body, "4hello");
    }
    let mut websocket = connect(&engine);
    websocket.send("GET", WEBSOCKET, &format!("x-id: w\r\n{HANDSHAKE}"), b"").await;
    assert_eq!(websocket.answer().await.status, 101);
    let mut websocket = WebSocket::over(websocket).await;
    assert!(websocket.text().await.starts_with(r#"0{"sid":"w","#));
    assert_eq!(engine.sessions(), 4);
    // One that is taken would be two sessions behind one name.
    for headers in ["x-id: 1\r\n", "x-id: a b\r\n", ""] {
        ask(&engine, POLLING, headers).await.assert_refused(3, "Bad request");
        let answer = ask(&engine, WEBSOCKET, &format!("{headers}{HANDSHAKE}")).await;
        assert_eq!((answer.status, &*answer.body), (400, "Bad request"));
    }
    assert_eq!(engine.sessions(), 4);
}

#[tokio::test]
async fn an_id_is_free_again_when_its_session_is_gone() {
    let engine = echo(
        EngineIo::builder()
            .generate_id(async |_: Arc<Request>| Ok::<_, Infallible>(Sid::parse("only").unwrap())),
    );
    for _ in 0..2 {
        let mut http = connect(&engine);
        let target = target(&http.get(POLLING).await.body);
        assert_eq!(http.request("POST", &target, "1").await.body, "ok");
        crate::until(|| engine.sessions() == 0).await;
    }
}

#[tokio::test]
async fn a_cookie_comes_with_the_first_answer_and_no_other() {
    let engine = echo(EngineIo::builder().cookie(Cookie::default()));
    let mut http = connect(&engine);
    let first = http.get(POLLING).await;
    let target = target(&first.body);
    let sid = target.split_once("sid=").unwrap().1;
    let expected = format!("io={sid}; Path=/; HttpOnly; SameSite=Lax");
    assert_eq!(first.header("set-cookie"), Some(&*expected));
    assert_eq!(http.request("POST", &target, "4hello").await.header("set-cookie"), None);
    assert_eq!(http.get(&target).await.header("set-cookie"), None);
    let upgrade = target.replace("polling", "websocket");
    assert_eq!(ask(&engine, &upgrade, HANDSHAKE).await.header("set-cookie"), None);

    let mut http = connect(&engine);
    let answer = http.ask_for_websocket(WEBSOCKET).await;
    let cookie = answer.header("set-cookie").expect("on the 101 too").to_owned();
    let open = WebSocket::over(http).await.text().await;
    let sid = open.split('"').nth(3).unwrap();
    assert_eq!(cookie, format!("io={sid}; Path=/; HttpOnly; SameSite=Lax"));
    assert_eq!(ask(&engine, "/engine.io/?EIO=4", "").await.header("set-cookie"), None);
}

#[tokio::test]
async fn headers_are_added_to_the_first_answer_or_to_every_one() {
    let engine = echo(
        EngineIo::builder()
            .initial_headers(|headers, request| {
                headers.insert("x-first", HeaderValue::from_static("1"));
                headers.append("set-cookie", HeaderValue::from_static("a=1"));
                headers.append("set-cookie", HeaderValue::from_static("b=2"));
                assert!(!request.uri().query().unwrap().contains("sid"));
            })
            .headers(|headers, request| {
                let method = request.headers().get("x-tell").cloned();
                headers.insert("x-every", method.unwrap_or(HeaderValue::from_static("none")));
            }),
    );
    for answer in open(&engine).await {
        assert_eq!(answer.header("x-first"), Some("1"));
        assert_eq!(answer.header("x-every"), Some("none"));
        assert_eq!(all(&answer, "set-cookie"), ["a=1", "b=2"]);
    }
    let mut http = connect(&engine);
    let target = target(&http.get(POLLING).await.body);
    for (method, body) in [("POST", &b"4hello"[..]), ("GET", b"")] {
        http.send(method, &target, "x-tell: me\r\n", body).await;
        let answer = http.answer().await;
        assert_eq!((answer.status, answer.header("x-first")), (200, None), "{method}");
        assert_eq!(answer.header("x-every"), Some("me"), "{method}");
    }
    let upgrade = target.replace("polling", "websocket");
    let answer = ask(&engine, &upgrade, &format!("x-tell: it\r\n{HANDSHAKE}")).await;
    assert_eq!((answer.status, answer.header("x-every")), (101, Some("it")));
    let answer = ask(&engine, "/engine.io/?EIO=4", "").await;
    assert_eq!((answer.status, answer.header("x-every")), (400, None), "a refusal");
}

#[tokio::test]
async fn a_message_may_come_with_the_open_packet() {
    let engine = echo(EngineIo::builder().initial_packet("welcome"));
    let [polling, _] = open(&engine).await;
    let (open, message) = polling.body.split_once('\x1e').expect("two packets");
    assert!(open.starts_with("0{"));
    assert_eq!(message, "4welcome");
    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    assert!(websocket.text().await.starts_with("0{"));
    assert_eq!(websocket.text().await, "4welcome");
    let mut pipe = engine.pipe(http::Request::new(()).into_parts().0.into());
    crate::soon(pipe.recv()).await.expect("the open packet");
    assert_eq!(crate::soon(pipe.recv()).await, Some(Message::from("4welcome")));
}

#[tokio::test]
async fn every_refusal_is_told_with_its_reason() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let tell = Arc::clone(&told);
    let config = Config { transports: vec![Transport::Polling], ..Config::default() };
    let tell_it = move |error: &ConnectionError| {
        let uri = error.request.uri().to_string();
        tell.lock().unwrap().push((
            uri,
            error.code(),
            error.message().to_owned(),
            error.context.clone(),
        ));
    };
    let with = |builder: Builder| echo(builder.on_connection_error(tell_it.clone()));
    let engine = with(
        EngineIo::builder().allow_request(async |_: Arc<Request>| Err(Forbidden::new("closed"))),
    );
    let reason = async |engine: &EngineIo, method: &str, query: &str, headers: &str| {
        let mut http = connect(engine);
        let target = format!("/engine.io/?{query}");
        http.send(method, &target, headers, b"").await;
        let answer = http.answer().await;
        let (uri, code, message, context) = told.lock().unwrap().pop().expect("one was refused");
        assert!(told.lock().unwrap().is_empty(), "and told once");
        assert_eq!(uri, target);
        if !answer.headers.iter().any(|(_, value)| value == "text/html") {
            assert_eq!(answer.body, format!(r#"{{"code":{code},"message":"{message}"}}"#));
        }
        (code, context.name(), format!("{context:?}"))
    };
    let polling = "EIO=4&transport=polling";
    let (code, name, context) = reason(&engine, "GET", "EIO=4&transport=tobi", "").await;
    assert_eq!((code, name), (0, None));
    assert_eq!(context, r#"UnknownTransport { transport: Some("tobi") }"#);
    let (code, name, context) = reason(&engine, "GET", &format!("{polling}&sid=x"), "").await;
    assert_eq!((code, name, &*context), (1, None, r#"UnknownSid { sid: "x" }"#));
    let (code, name, context) = reason(&engine, "PUT", polling, "").await;
    assert_eq!((code, name, &*context), (2, None, "BadHandshakeMethod { method: PUT }"));
    let (code, name, _) = reason(&engine, "GET", "EIO=4&transport=websocket", "").await;
    assert_eq!((code, name), (3, Some("TRANSPORT_HANDSHAKE_ERROR")));
    let (code, name, _) = reason(&engine, "GET", polling, HANDSHAKE).await;
    assert_eq!((code, name), (3, Some("TRANSPORT_HANDSHAKE_ERROR")));
    let (code, name, context) = reason(&engine, "GET", polling, "origin: http://other\r\n").await;
    assert_eq!((code, name), (4, Some("FORBIDDEN_ORIGIN")));
    assert_eq!(context, r#"ForbiddenOrigin { origin: "http://other" }"#);
    let (code, name, context) = reason(&engine, "GET", polling, "").await;
    assert_eq!((code, name, &*context), (4, None, r#"Forbidden { message: "closed" }"#));
    let (code, name, _) = reason(&engine, "GET", "EIO=4&transport=websocket", HANDSHAKE).await;
    assert_eq!((code, name), (4, None));
    let (code, name, context) = reason(&engine, "GET", "EIO=3&transport=polling", "").await;
    assert_eq!((code, name), (5, None));
    assert_eq!(context, r#"UnsupportedProtocol { protocol: Some("3") }"#);

    let engine = with(
        EngineIo::builder()
            .config(config)
            .generate_id(async |_: Arc<Request>| Err::<Sid, _>("out of ids")),
    );
    let (code, name, context) = reason(&engine, "GET", polling, "").await;
    assert_eq!((code, name), (3, Some("ID_GENERATION_ERROR")));
    assert!(context.contains("out of ids"), "{context}");

    let engine = with(EngineIo::builder());
    let session = target(&ask(&engine, POLLING, "").await.body);
    let session = session.split_once('?').unwrap().1;
    let query = session.replace("polling", "websocket");
    let (code, name, context) = reason(&engine, "GET", &query, "").await;
    assert_eq!((code, name), (3, Some("TRANSPORT_MISMATCH")));
    let expected = "TransportMismatch { transport: WebSocket, previous_transport: Polling }";
    assert_eq!(context, expected);
    let (code, name, context) =
        reason(&engine, "GET", &session.replace("EIO=4", "EIO=3"), "").await;
    assert_eq!((code, name), (3, Some("PROTOCOL_MISMATCH")));
    assert_eq!(context, r#"ProtocolMismatch { protocol: Some("3") }"#);
    let query = query.replace("EIO=4", "EIO=3");
    let (_, name, _) = reason(&engine, "GET", &query, "").await;
    assert_eq!(name, Some("TRANSPORT_MISMATCH"), "the transport is looked at before the protocol");
}
