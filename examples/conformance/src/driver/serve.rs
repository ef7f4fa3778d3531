//! Where a driver listens.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv6Addr, SocketAddr};

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use axum::middleware::map_request;
use axum::response::IntoResponse;
use engineio::RemoteAddr;
use serde_json::json;
use tokio::net::TcpListener;
use tower_service::Service;

use super::console::Console;
use super::cors::CorsOptions;

/// Mounts a service as the JavaScript server does: below the path, and at it if no slash has to follow.
pub(crate) fn mount<S>(service: S, path: &str, slash: bool, cors: Option<&CorsOptions>) -> Router
where
    S: Service<Request, Response: IntoResponse, Error = Infallible, Future: Send>
        + Clone
        + Send
        + Sync
        + 'static,
{
    let mut app = Router::new()
        .route_service(&format!("{path}/"), service.clone())
        .route_service(&format!("{path}/{{*rest}}"), service.clone());
    if !slash {
        app = app.route_service(path, service);
    }
    with_cors(app.layer(map_request(with_address)), cors)
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
    match cors.and_then(CorsOptions::layer) {
        Some(layer) => app.layer(layer),
        None => app,
    }
}

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
    console.say("listening", json!({ "port": port }));
    let app = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, app).await
}
