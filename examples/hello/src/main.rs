//! The smallest server: `add(1, 2)` is acknowledged with `3`.
use socketio::{Data, Namespace, SocketIo};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let main =
        Namespace::new().on("add", async |Data(a): Data<i64>, Data(b): Data<i64>| Data(a + b));
    let app = axum::Router::new().nest_service("/socket.io", SocketIo::new(main));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await
}
