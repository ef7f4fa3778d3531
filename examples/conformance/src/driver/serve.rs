//! Where a driver listens.

use std::io;
use std::net::{Ipv6Addr, SocketAddr};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::StatusCode;
use axum::middleware::map_request;
use axum::response::IntoResponse;
use engineio::{EngineIo, RemoteAddr};
use serde_json::json;
use tokio::net::TcpListener;
use tower_service::Service;

use super::console::Console;
use super::cors::CorsOptions;

/// Serves all paths that begin so, as the JavaScript server does: compared as they are written.
pub(crate) fn below(engine: EngineIo, prefix: String) -> Router {
    let serve = move |request: Request| {
        let mut engine = engine.clone();
        let is_below = request.uri().path().starts_with(&prefix);
        async move {
            if is_below {
                return engine.call(request).await.into_response();
            }
            (StatusCode::NOT_IMPLEMENTED, Body::from("Not Implemented")).into_response()
        }
    };
    Router::new().fallback(serve).layer(map_request(with_address))
}

/// Says of a request who asks, in the engine's words.
async fn with_address(mut request: Request) -> Request {
    if let Some(ConnectInfo(address)) = request.extensions().get::<ConnectInfo<SocketAddr>>() {
        let address = RemoteAddr(*address);
        request.extensions_mut().insert(address);
    }
    request
}

/// Adds the layer that the option `cors` asks for.
pub(crate) fn with_cors(app: Router, cors: Option<&CorsOptions>) -> Router {
    match cors {
        Some(cors) => cors.around(app),
        None => app,
    }
}

/// Ends the process, as one that did what it should, when it is asked to end.
#[cfg(unix)]
fn end_when_asked() {
    use tokio::signal::unix::{SignalKind, signal};
    tokio::spawn(async {
        let Ok(mut asked) = signal(SignalKind::terminate()) else { return };
        asked.recv().await;
        std::process::exit(0)
    });
}

#[cfg(not(unix))]
fn end_when_asked() {}

/// Serves on both loopback addresses, where there are two, and says so. `LISTEN_PORT` is the port, 0 any.
pub(crate) async fn listen(app: Router, console: &Console) -> io::Result<()> {
    let port = std::env::var("LISTEN_PORT").unwrap_or_else(|_| "0".to_owned());
    let port: u16 = port.parse().map_err(|_| io::Error::other(format!("`{port}` is no port")))?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    let port = listener.local_addr()?.port();
    if let Ok(second) = TcpListener::bind((Ipv6Addr::LOCALHOST, port)).await {
        let app = app.clone().into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(second, app).await });
    }
    end_when_asked();
    console.say("listening", json!({ "port": port }));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await
}
