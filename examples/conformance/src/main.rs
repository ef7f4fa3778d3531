//! A server for protocol test suites.
//!
//! `PORT` (default 3000, 0 for any free one) on loopback, CORS open, short timings:
//!
//! - `/engine.io/` is plain Engine.IO and sends every message back as it came;
//! - `/socket.io/` has the namespaces `/`, `/custom` and `/room-{id}`, alike: see [`echo`]; and two that refuse everybody,
//!   `/refused` and `/refused-with-data`.
//!
//! With `ALLOW_EIO3` set to anything, both let in clients of Engine.IO 3, which are those of Socket.IO 1 and 2.
//!
//! Pages of all sites are let in, and what is polled is compressed for who accepts it, as Node does by default.
//! `PING_INTERVAL` and `PING_TIMEOUT` are milliseconds, 300 and 200 by default.
//! With `PER_MESSAGE_DEFLATE` set to anything, both compress what a client offers to have compressed. With `PARSER` set
//! to `msgpack`, Socket.IO speaks MessagePack.
//!
//! With the argument `ws-echo` it is another server, of WebSocket alone: see [`ws_echo`]. With `driver-eio` or
//! `driver-sio` it does what a test tells it: see [`driver`].

use std::env;
use std::io;
use std::time::Duration;

use engineio::{AllowOrigin, Config, EngineIo, HttpCompression, PerMessageDeflate, Session};
use serde_json::{Value, json};
use socketio::{Data, Error, MessagePack, Namespace, Rest, Socket, SocketIo};
use tower_http::cors::CorsLayer;

mod driver;
mod ws_echo;

const PING_INTERVAL: Duration = Duration::from_millis(300);
const PING_TIMEOUT: Duration = Duration::from_millis(200);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
const MAX_PAYLOAD: usize = 1_000_000;

fn main() -> io::Result<()> {
    let port = env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    match env::args().nth(1).as_deref() {
        None => serve(&port),
        Some("ws-echo") => ws_echo::run(&port),
        Some("driver-eio") => driver::eio::run(),
        Some("driver-sio") => driver::sio::run(),
        Some(unknown) => {
            eprintln!(
                "`{unknown}` is no mode; there are `ws-echo`, `driver-eio`, `driver-sio`, and none"
            );
            std::process::exit(2)
        }
    }
}

/// Serves Engine.IO and Socket.IO at this port of loopback, until the process ends.
#[tokio::main]
async fn serve(port: &str) -> io::Result<()> {
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(io::stderr)
        .init();
    let allow_eio3 = env::var_os("ALLOW_EIO3").is_some();
    let ping_interval = milliseconds("PING_INTERVAL", PING_INTERVAL)?;
    let ping_timeout = milliseconds("PING_TIMEOUT", PING_TIMEOUT)?;
    let config = Config {
        ping_interval,
        ping_timeout,
        max_payload: MAX_PAYLOAD,
        allow_eio3,
        ..Config::default()
    };
    let deflate = env::var_os("PER_MESSAGE_DEFLATE").map(|_| PerMessageDeflate::default());
    let engine = EngineIo::builder()
        .config(config)
        .per_message_deflate(deflate)
        .allow_origin(AllowOrigin::any())
        .http_compression(HttpCompression::default())
        .build(async |mut session: Session| {
            while let Some(message) = session.next().await {
                session.send(message);
            }
        });
    let builder = match deflate {
        Some(deflate) => SocketIo::builder().per_message_deflate(deflate),
        None => SocketIo::builder(),
    };
    let builder = match env::var("PARSER").as_deref() {
        Ok("msgpack") => builder.parser(MessagePack),
        Ok(unknown) => return Err(io::Error::other(format!("there is no parser `{unknown}`"))),
        Err(_) => builder,
    };
    let io = builder
        .namespace("/", echo())
        .namespace("/custom", echo())
        .namespace("/room-{id}", echo())
        .namespace("/refused", refuse(|| Error::new("not you")))
        .namespace(
            "/refused-with-data",
            refuse(|| Error::new("not you").data(json!({ "code": 42 }))),
        )
        .ping_interval(ping_interval)
        .ping_timeout(ping_timeout)
        .connect_timeout(CONNECT_TIMEOUT)
        .max_payload(MAX_PAYLOAD)
        .allow_origin(AllowOrigin::any())
        .http_compression(HttpCompression::default())
        .allow_eio3(allow_eio3)
        .build();
    let app = axum::Router::new()
        .route_service("/engine.io/", engine.clone())
        .route_service("/engine.io/{*rest}", engine)
        .layer(io.layer())
        .layer(CorsLayer::permissive());
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await
}

/// A time that the environment may say.
fn milliseconds(variable: &str, default: Duration) -> io::Result<Duration> {
    let Some(given) = env::var_os(variable) else { return Ok(default) };
    let milliseconds = given.to_str().and_then(|text| text.parse().ok());
    let unreadable = || io::Error::other(format!("{variable} is a number of milliseconds"));
    milliseconds.map(Duration::from_millis).ok_or_else(unreadable)
}

/// Says back what it is told, in every way there is.
fn echo() -> Namespace {
    Namespace::new()
        .on_connect(async |socket: Socket, Data(auth): Data<Value>| socket.emit("auth", &auth))
        .on("message", async |socket: Socket, args: Rest| socket.emit("message-back", args))
        .on("message-to-all", async |socket: Socket, io: SocketIo, args: Rest| {
            io.of(socket.namespace()).emit("message-to-all", args);
        })
        .on(
            "message-to",
            async |io: SocketIo, socket: Socket, Data(room): Data<String>, args: Rest| {
                io.of(socket.namespace()).to(room).emit("message-back", args);
            },
        )
        .on("message-with-ack", async |args: Rest| args)
        // Some clients escape such a name in JSON.
        .on("été", async |socket: Socket, args: Rest| socket.emit("été", args))
        .on("query", async |socket: Socket, Data(name): Data<String>| {
            Data(socket.handshake().query(&name).map(String::from))
        })
        .on("disconnect-me", async |socket: Socket| socket.disconnect())
        .on("emit-with-ack", async |socket: Socket, args: Rest| {
            let answer: Rest = socket.emit_with_ack("emit-with-ack", args).await?;
            socket.emit("emit-with-ack", answer);
            Ok::<_, Error>(())
        })
}

/// Lets nobody in.
fn refuse(error: fn() -> Error) -> Namespace {
    Namespace::new().middleware(async move || Err::<(), _>(error()))
}
