//! A chat: the page, the official client's files and the server, in one process.
//!
//! `PORT` (default 3000, 0 for any free one) and `CLIENT_FILES`, the `dist` folder of the npm package
//! `socket.io-client`. `cargo xtask chat` installs it and starts this.

mod chat;
mod rooms;

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use socketio::SocketIo;
use tokio::net::TcpListener;

/// Where `npm ci` puts the client's files in a checkout.
const CLIENT_FILES: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../js-client-tests/node_modules/socket.io-client/dist"
);
/// The page runs its own script alone; pictures are shown from memory.
const POLICY: &str = "default-src 'self'; img-src 'self' blob: data:";

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let client_files = std::env::var("CLIENT_FILES").unwrap_or_else(|_| CLIENT_FILES.to_owned());
    let io = SocketIo::builder().namespace("/", chat::chat()).serve_client(client_files)?.build();
    let app = Router::new()
        .route("/", get(page("text/html; charset=utf-8", include_str!("../public/index.html"))))
        .route(
            "/chat.js",
            get(page("text/javascript; charset=utf-8", include_str!("../public/chat.js"))),
        )
        .route(
            "/style.css",
            get(page("text/css; charset=utf-8", include_str!("../public/style.css"))),
        )
        .layer(io.layer());
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

fn page(content_type: &'static str, text: &'static str) -> impl IntoResponse + Clone {
    let headers = [
        (CONTENT_TYPE, content_type),
        (CONTENT_SECURITY_POLICY, POLICY),
        (CACHE_CONTROL, "no-cache"),
    ];
    (headers, text)
}
