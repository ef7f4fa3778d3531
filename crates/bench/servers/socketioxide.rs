//! socketioxide, as its documentation writes a server; buffers at their defaults.

use std::io;

use axum::serve::ListenerExt as _;
use bytes::Bytes;
use serde_json::Value;
use socketioxide::SocketIo;
use socketioxide::extract::{AckSender, Data, SocketRef};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let (layer, io) = SocketIo::new_layer();
    io.ns("/", async |socket: SocketRef| {
        socket.on("echo", async |socket: SocketRef, Data(value): Data<Value>| {
            _ = socket.emit("echo", &value);
        });
        socket.on("binary", async |socket: SocketRef, Data(value): Data<Bytes>| {
            _ = socket.emit("binary", &value);
        });
        socket.on("ack", async |Data(value): Data<Value>, ack: AckSender| {
            _ = ack.send(&value);
        });
        socket.on("join", async |socket: SocketRef, Data(room): Data<String>, ack: AckSender| {
            socket.join(room);
            _ = ack.send(&());
        });
        socket.on("bcast", async |io: SocketIo, Data((room, value)): Data<(String, Value)>| {
            _ = io.to(room).emit("bcast", &value).await;
        });
    });
    let app = axum::Router::new().layer(layer);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener.tap_io(|stream| _ = stream.set_nodelay(true)), app).await
}
