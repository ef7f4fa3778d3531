//! Where a server can stand, and how it is closed.

use std::time::Duration;

use axum::body::Body;
use engineio::{CloseReason, Config, EngineIo, OriginalUri, Session};
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::Instant;
use tower_service::Service;

use crate::client::{End, HANDSHAKE, Http, Polling, WebSocket};
use crate::server::{Server, connect, serve};
use crate::{soon, until};

const POLLING: &str = "/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/?EIO=4&transport=websocket";

fn echo() -> EngineIo {
    EngineIo::new(async |mut session: Session| {
        while let Some(message) = session.next().await {
            session.send(message);
        }
    })
}

#[tokio::test]
async fn hyper_alone_serves_both_transports() {
    let engine = echo();
    let mut http = connect(&engine);
    let target = crate::client::target(&http.get(POLLING).await.body);
    http.request("POST", &target, "4hello").await;
    assert_eq!(http.get(&target).await.body, "4hello");

    let mut websocket = WebSocket::upgrade(connect(&engine), WEBSOCKET).await;
    assert!(websocket.text().await.starts_with("0{"));
    websocket.send("4hello").await;
    assert_eq!(websocket.text().await, "4hello");
    assert_eq!(engine.sessions(), 2);
}

#[tokio::test]
async fn frames_that_come_with_the_handshake_are_not_lost() {
    let engine = echo();
    let mut http = connect(&engine);
    let head = format!("GET {WEBSOCKET} HTTP/1.1\r\nhost: test\r\n{HANDSHAKE}\r\n");
    http.write([head.as_bytes(), &crate::client::frame(0x81, b"4early")].concat()).await;
    assert_eq!(http.answer().await.status, 101);
    let mut websocket = WebSocket::over(http).await;
    assert!(websocket.text().await.starts_with("0{"));
    assert_eq!(websocket.text().await, "4early");
}

/// Hyper offers every upgrade in its requests; that nobody carries it out shows after the 101.
#[tokio::test]
async fn hyper_without_upgrades_opens_no_websocket() {
    let engine = echo();
    let (client, server) = tokio::io::duplex(1024);
    let service = TowerToHyperService::new(engine.clone());
    let http = hyper::server::conn::http1::Builder::new();
    tokio::spawn(http.serve_connection(TokioIo::new(server), service));
    let mut http = Http::new(client);
    assert_eq!(http.get(POLLING).await.status, 200);
    assert_eq!(http.ask_for_websocket(WEBSOCKET).await.status, 101);
    assert_eq!(http.rest().await, b"");
    assert_eq!(engine.sessions(), 1);
}

/// Calls the server as a tower service, without HTTP.
async fn call(engine: &EngineIo, target: &str, headers: &[(&str, &str)]) -> (u16, String) {
    let mut request = http::Request::get(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = engine.clone().call(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.into()).unwrap())
}

#[tokio::test]
async fn a_server_that_offers_no_upgrade_refuses_a_websocket() {
    let engine = echo();
    let headers = [("connection", "upgrade"), ("upgrade", "websocket")];
    assert_eq!(call(&engine, WEBSOCKET, &headers).await, (400, "Bad request".into()));
    assert_eq!(call(&engine, POLLING, &[]).await.0, 200);
}

#[tokio::test]
async fn whoever_serves_says_of_a_session_once_what_it_knows_by_other_names() {
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::new(move |session: Session| {
        tell.send(session.request().uri().to_string()).unwrap();
        async move {
            let mut session = session;
            while let Some(message) = session.next().await {
                session.send(message);
            }
        }
    });
    let (tell, mut adopted) = unbounded_channel();
    let serve = async |request: http::request::Builder, body: &'static str| {
        let tell = tell.clone();
        let answer = engine.serve(request.body(Body::from(body)).unwrap(), move |extensions| {
            extensions.insert(OriginalUri("/chat/".parse().unwrap()));
            tell.send(()).unwrap();
        });
        let answer = answer.await.unwrap().into_body().collect().await.unwrap();
        String::from_utf8(answer.to_bytes().into()).unwrap()
    };
    let target = crate::client::target(&serve(http::Request::get(POLLING), "").await);
    assert_eq!(told.recv().await.unwrap(), "/chat/");
    assert_eq!(serve(http::Request::post(&target), "4hello").await, "ok");
    assert_eq!(serve(http::Request::get(&target), "").await, "4hello");
    assert_eq!(adopted.recv().await, Some(()));
    assert!(adopted.try_recv().is_err(), "later requests are not asked");
}

#[tokio::test]
async fn clones_share_their_sessions() {
    let (first, second) = (echo(), echo());
    let clone = first.clone();
    let target = crate::client::target(&call(&first, POLLING, &[]).await.1);
    let mut http = connect(&clone);
    assert_eq!(http.request("POST", &target, "4hello").await.body, "ok");
    assert_eq!(call(&first, &target, &[]).await, (200, "4hello".into()));
    assert_eq!((first.sessions(), clone.sessions(), second.sessions()), (1, 1, 0));
    let refused = r#"{"code":1,"message":"Session ID unknown"}"#;
    assert_eq!(call(&second, &target, &[]).await, (400, refused.into()));
}

#[tokio::test]
async fn the_path_is_the_routers_business() {
    let server = Server::echo().await;
    let mut http = Http::connect(server.addr).await;
    let query = "?EIO=4&transport=polling";
    for (path, status) in [("/engine.io", 200), ("/engine.io/", 200), ("/engine.io/a/b", 200)] {
        assert_eq!(http.get(&format!("{path}{query}")).await.status, status, "{path}");
    }
    for path in ["/", "/engine.iofoo", "/engine.iofoo/"] {
        assert_eq!(http.get(&format!("{path}{query}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_closed_session_that_is_kept_leaves_no_request_waiting() {
    let (tell, mut told) = unbounded_channel();
    let engine = EngineIo::new(move |session| {
        let _ = tell.send(session);
        async {}
    });
    let poll = |target: String| {
        let engine = engine.clone();
        tokio::spawn(async move { call(&engine, &target, &[]).await })
    };
    let open = poll(POLLING.into());
    let mut session = told.recv().await.unwrap();
    let run =
        async |session: &mut Session| tokio::time::timeout(Duration::ZERO, session.next()).await;
    assert!(run(&mut session).await.is_err());
    let target = crate::client::target(&open.await.unwrap().1);
    let polls = [(); 4].map(|()| poll(target.clone()));
    tokio::task::yield_now().await; // now all of them wait for the session
    assert_eq!(soon(session.next()).await, None);
    let mut answers = Vec::new();
    for poll in polls {
        answers.push(soon(poll).await.unwrap());
    }
    let gone = (400, r#"{"code":1,"message":"Session ID unknown"}"#.to_owned());
    assert_eq!(answers, [(200, "1".into()), (400, String::new()), gone.clone(), gone]);
}

#[tokio::test]
async fn a_server_that_closes_ends_its_sessions_and_refuses_new_ones() {
    let mut server: Server<(CloseReason, bool)> =
        Server::start(Config::default(), |mut session, tell| async move {
            while session.next().await.is_some() {}
            tell.send((session.close_reason().unwrap(), session.is_shut_down())).unwrap();
        })
        .await;
    let polling = Polling::open(server.addr).await;
    let mut poll = polling.start_poll().await;
    let away = Polling::open(server.addr).await;
    let mut websocket = WebSocket::open(server.addr).await;
    let mut pipe = server.engine.pipe(http::Request::new(()).into_parts().0.into());
    assert!(pipe.recv().await.is_some());
    let engine = server.engine.clone();
    let closed = tokio::spawn(async move { engine.close().await });
    assert_eq!(poll.answer().await.body, "1");
    assert_eq!(websocket.recv().await, Err(End::NoCode));
    assert_eq!(pipe.recv().await, None);

    for target in ["/engine.io/?EIO=4&transport=polling", "/engine.io/?EIO=4&transport=websocket"] {
        let mut http = Http::connect(server.addr).await;
        let answer = match target.contains("polling") {
            true => http.get(target).await,
            false => http.ask_for_websocket(target).await,
        };
        answer.assert_empty(503);
        assert_eq!(answer.header("retry-after"), Some("1"));
    }
    let mut upgrade = WebSocket::connect(server.addr, &away.upgrade_target()).await;
    assert_eq!(upgrade.recv().await, Err(End::NoCode));
    assert!(!closed.is_finished());
    assert_eq!(away.poll().await, "6\x1e1");
    soon(closed).await.unwrap();
    assert_eq!(server.engine.sessions(), 0);
    for _ in 0..4 {
        assert_eq!(server.told().await, (CloseReason::ForcedClose, true));
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_closes_waits_thirty_seconds_for_a_client_that_is_away() {
    let engine = echo();
    assert_eq!(connect(&engine).get(POLLING).await.status, 200);
    let start = Instant::now();
    engine.close().await;
    assert_eq!(start.elapsed().as_secs(), 30);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_opens_while_the_server_closes_is_closed_as_well() {
    let engine = echo();
    engine.close().await;
    let mut pipe = engine.pipe(http::Request::new(()).into_parts().0.into());
    assert!(pipe.recv().await.is_some());
    assert_eq!(pipe.recv().await, None, "the session is open");
    engine.close().await;
    assert_eq!(engine.sessions(), 0);
}

#[test]
fn a_server_that_is_closed_has_said_so_to_its_websockets() {
    const CLIENTS: usize = 50;
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let engine = echo();
    let server = runtime();
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    let clients = std::thread::spawn(move || {
        runtime().block_on(async {
            let mut websockets = Vec::new();
            for _ in 0..CLIENTS {
                let mut websocket = WebSocket::connect(addr, WEBSOCKET).await;
                assert!(websocket.text().await.starts_with("0{"));
                websockets.push(websocket);
            }
            for websocket in &mut websockets {
                assert_eq!(websocket.recv().await, Err(End::NoCode));
            }
        });
    });
    server.block_on(async {
        for _ in 0..CLIENTS {
            serve(&engine, listener.accept().await.unwrap().0);
        }
        until(|| engine.sessions() == CLIENTS).await;
        engine.close().await;
    });
    drop(server); // as the end of `main` does
    clients.join().unwrap();
}
