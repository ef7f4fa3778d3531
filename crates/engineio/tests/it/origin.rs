//! Pages of other sites: what the server refuses itself, and what CORS is for.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use engineio::{AllowOrigin, EngineIo, Session};
use tokio::net::{TcpListener, TcpStream};
use tower_http::cors::CorsLayer;

use crate::client::{Answer, HANDSHAKE, Http, target};
use crate::server::connect;

const POLLING: &str = "/engine.io/?EIO=4&transport=polling";
const WEBSOCKET: &str = "/engine.io/?EIO=4&transport=websocket";
const OWN: &str = "origin: http://test\r\n";
const OTHER: &str = "origin: https://other.example\r\n";

fn echo(origin: AllowOrigin) -> EngineIo {
    EngineIo::builder().allow_origin(origin).build(async |mut session: Session| {
        while let Some(message) = session.next().await {
            session.send(message);
        }
    })
}

async fn ask(mut http: Http, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    http.send(method, target, headers, body.as_bytes()).await;
    http.answer().await
}

fn assert_forbidden(answer: &Answer) {
    let body = r#"{"code":4,"message":"Origin not allowed"}"#;
    assert_eq!((answer.status, &*answer.body), (403, body));
}

#[tokio::test]
async fn a_page_of_another_site_opens_no_session_by_any_transport() {
    let engine = echo(AllowOrigin::default());
    for origin in
        [OTHER, "origin: null\r\n", "origin: http://test.other.example\r\n", "origin: \r\n"]
    {
        assert_forbidden(&ask(connect(&engine), "GET", POLLING, origin, "").await);
        let headers = format!("{origin}{HANDSHAKE}");
        let answer = ask(connect(&engine), "GET", WEBSOCKET, &headers, "").await;
        assert_eq!((answer.status, &*answer.body), (400, "Origin not allowed"));
    }
    assert_eq!(engine.sessions(), 0);
}

#[tokio::test]
async fn the_own_pages_and_whoever_is_no_browser_pass() {
    let engine = echo(AllowOrigin::default());
    for headers in [
        "",
        OWN,
        "origin: https://test\r\n",
        "origin: https://x\r\nsec-fetch-site: same-origin\r\n",
    ] {
        let answer = ask(connect(&engine), "GET", POLLING, headers, "").await;
        assert_eq!(answer.status, 200, "{headers}");
        let headers = format!("{headers}{HANDSHAKE}");
        let answer = ask(connect(&engine), "GET", WEBSOCKET, &headers, "").await;
        assert_eq!(answer.status, 101, "{headers}");
    }
}

#[tokio::test]
async fn a_page_of_another_site_that_learned_an_id_has_no_use_for_it() {
    let engine = echo(AllowOrigin::default());
    let mut http = connect(&engine);
    let target = target(&http.get(POLLING).await.body);
    assert_forbidden(&ask(connect(&engine), "POST", &target, OTHER, "4forged").await);
    assert_forbidden(&ask(connect(&engine), "GET", &target, OTHER, "").await);
    let upgrade = target.replace("polling", "websocket");
    let answer = ask(connect(&engine), "GET", &upgrade, &format!("{OTHER}{HANDSHAKE}"), "").await;
    assert_eq!(answer.status, 400);
    assert_eq!(http.request("POST", &target, "4mine").await.body, "ok");
    assert_eq!(http.get(&target).await.body, "4mine");
}

#[tokio::test]
async fn a_site_that_is_allowed_opens_sessions_by_both_transports() {
    let asked = AllowOrigin::predicate(|origin| origin.starts_with("https://other"));
    for allowed in [AllowOrigin::any(), AllowOrigin::from("https://other.example"), asked] {
        let engine = echo(allowed);
        assert_eq!(ask(connect(&engine), "GET", POLLING, OTHER, "").await.status, 200);
        let headers = format!("{OTHER}{HANDSHAKE}");
        assert_eq!(ask(connect(&engine), "GET", WEBSOCKET, &headers, "").await.status, 101);
    }
}

#[tokio::test]
async fn proxies_that_are_trusted_say_which_host_was_asked() {
    let build = |proxies| {
        let builder = EngineIo::builder().trust_proxies(proxies);
        builder.build(async |_: Session| ())
    };
    let headers = format!("{OTHER}x-forwarded-host: other.example\r\n");
    assert_forbidden(&ask(connect(&build(0)), "GET", POLLING, &headers, "").await);
    let answer = ask(connect(&build(1)), "GET", POLLING, &headers, "").await;
    assert_ne!(answer.status, 403);
}

/// A server behind layers of the application's router.
async fn serve(app: Router) -> std::net::SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    addr
}

async fn dial(addr: std::net::SocketAddr) -> Http {
    Http::new(TcpStream::connect(addr).await.unwrap())
}

fn site(allowed: &'static str) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static(allowed))
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .allow_credentials(true);
    Router::new().nest_service("/engine.io", echo(allowed.into())).layer(cors)
}

#[tokio::test]
async fn cors_of_tower_http_lets_the_site_read_answers_and_refusals() {
    let addr = serve(site("https://other.example")).await;
    let open = ask(dial(addr).await, "GET", POLLING, OTHER, "").await;
    let target = target(&open.body);
    let post = ask(dial(addr).await, "POST", &target, OTHER, "4hello").await;
    assert_eq!(post.body, "ok");
    let refused = ask(dial(addr).await, "GET", "/engine.io/?EIO=4", OTHER, "").await;
    refused.assert_refused(0, "Transport unknown");
    for answer in [&open, &post, &refused] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://other.example"));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
    }
    let headers = format!("{OTHER}{HANDSHAKE}");
    assert_eq!(ask(dial(addr).await, "GET", WEBSOCKET, &headers, "").await.status, 101);
}

#[tokio::test]
async fn cors_of_tower_http_answers_preflights_also_of_open_sessions() {
    let addr = serve(site("https://other.example")).await;
    let open = ask(dial(addr).await, "GET", POLLING, OTHER, "").await;
    let preflight = format!(
        "{OTHER}access-control-request-method: POST\r\naccess-control-request-headers: content-type\r\n"
    );
    for target in [POLLING, &target(&open.body)] {
        let answer = ask(dial(addr).await, "OPTIONS", target, &preflight, "").await;
        assert_eq!((answer.status, &*answer.body), (200, ""));
        assert_eq!(answer.header("access-control-allow-origin"), Some("https://other.example"));
        assert_eq!(answer.header("access-control-allow-methods"), Some("GET,POST"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("content-type"));
    }
}

#[tokio::test]
async fn without_cors_a_preflight_is_refused_as_by_node() {
    let engine = echo(AllowOrigin::any());
    let answer = ask(connect(&engine), "OPTIONS", POLLING, OTHER, "").await;
    answer.assert_refused(2, "Bad handshake method");
    assert_eq!(answer.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn a_layer_sees_every_request_and_may_answer_it_or_add_to_its_answer() {
    async fn layer(request: Request, next: Next) -> Response {
        if request.headers().contains_key("x-banned") {
            return StatusCode::TOO_MANY_REQUESTS.into_response();
        }
        let mut response = next.run(request).await;
        response.headers_mut().insert("x-layer", HeaderValue::from_static("1"));
        response
    }
    let app = Router::new()
        .nest_service("/engine.io", echo(AllowOrigin::default()))
        .layer(middleware::from_fn(layer));
    let addr = serve(app).await;
    let open = ask(dial(addr).await, "GET", POLLING, "", "").await;
    let target = target(&open.body);
    let websocket = ask(dial(addr).await, "GET", WEBSOCKET, HANDSHAKE, "").await;
    let post = ask(dial(addr).await, "POST", &target, "", "4hello").await;
    let upgrade = target.replace("polling", "websocket");
    let upgrade = ask(dial(addr).await, "GET", &upgrade, HANDSHAKE, "").await;
    for (answer, status) in [(open, 200), (websocket, 101), (post, 200), (upgrade, 101)] {
        assert_eq!((answer.status, answer.header("x-layer")), (status, Some("1")));
    }
    for (target, headers) in [(POLLING, ""), (WEBSOCKET, HANDSHAKE), (&target, "")] {
        let headers = format!("x-banned: 1\r\n{headers}");
        assert_eq!(ask(dial(addr).await, "GET", target, &headers, "").await.status, 429);
    }
}
