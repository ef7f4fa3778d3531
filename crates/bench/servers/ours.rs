//! Our server, as its users write one.

use std::io;

use socketio::{Data, Namespace, PerMessageDeflate, Rest, Socket, SocketIo};

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let main = Namespace::new()
        .on("echo", async |socket: Socket, args: Rest| socket.emit("echo", args))
        .on("binary", async |socket: Socket, args: Rest| socket.emit("binary", args))
        .on("ack", async |args: Rest| args)
        .on("join", async |socket: Socket, Data(room): Data<String>| socket.join(room))
        .on("bcast", async |io: SocketIo, Data(room): Data<String>, args: Rest| {
            io.to(room).emit("bcast", args);
        });
    let builder = match std::env::args().any(|word| word == "--deflate") {
        true => SocketIo::builder().per_message_deflate(PerMessageDeflate::default()),
        false => SocketIo::builder(),
    };
    let io = builder.namespace("/", main).build();
    // As a layer, because that is how the peer's documentation mounts it.
    let app = axum::Router::new().layer(io.layer());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    axum::serve(listener, app).await
}
