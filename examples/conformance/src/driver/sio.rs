//! The mode `driver-sio`: sockets do what they are told, and tell what happens to them.

mod commands;
mod emits;
mod families;
mod told;

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use serde_json::Value;
use socketio::{Ack, Builder, Socket, SocketIo};

use self::commands::Command;
use super::console::{Commands, Console, misused, options};
use super::options::EngineOptions;
use super::requests::headers;
use super::serve::{listen, with_cors};

/// What all parts of the driver share.
#[derive(Clone, Default)]
struct Driver {
    console: Console,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// By namespace and id.
    sockets: HashMap<(String, String), Socket>,
    acknowledgements: Vec<Option<Ack>>,
    /// How many middlewares each key has.
    middlewares: HashMap<String, usize>,
    /// The pattern of each key that is not a name.
    families: HashMap<String, String>,
    /// The key by which a name came into being.
    parents: HashMap<String, String>,
}

/// Runs the driver until its input ends.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() -> io::Result<()> {
    let mut options: EngineOptions = options("SIO_OPTS");
    let driver = Driver::default();
    let io = driver.server(&mut options);
    let (obeying, server) = (driver.clone(), io.clone());
    tokio::spawn(async move {
        let mut commands = Commands::new();
        loop {
            let batch = commands.next().await;
            batch.into_iter().for_each(|command| obeying.obey(command, &server));
        }
    });
    let app = Router::new().fallback(async || StatusCode::NOT_FOUND).layer(io.layer());
    let app = with_cors(app, options.cors.as_ref());
    listen(app, &driver.console).await
}

impl Driver {
    fn server(&self, options: &mut EngineOptions) -> SocketIo {
        let config = options.config();
        let mut builder = SocketIo::builder()
            .namespace("/", self.namespace("/"))
            .ping_interval(config.ping_interval)
            .ping_timeout(config.ping_timeout)
            .upgrade_timeout(config.upgrade_timeout)
            .max_payload(config.max_payload)
            .allow_upgrades(config.allow_upgrades)
            .allow_eio3(config.allow_eio3)
            .allow_jsonp(config.allow_jsonp)
            .transports(config.transports)
            .per_message_deflate(options.deflate())
            .http_compression(options.compression())
            .cookie(options.cookie())
            .allow_origin(EngineOptions::origin())
            .ack_timeout(None)
            .cleanup_empty_child_namespaces(false)
            .observer(self.clone())
            .session_observer(Arc::new(self.clone()))
            .on_new_namespace({
                let driver = self.clone();
                move |_, name| driver.new_namespace(name)
            });
        if let Some(path) = &options.path {
            builder = builder.path(path.trim_end_matches('/'));
        }
        if let Some(slash) = options.add_trailing_slash {
            builder = builder.add_trailing_slash(slash);
        }
        if let Some(packet) = options.initial_packet.take() {
            let text = packet.as_str().map_or_else(|| packet.to_string(), str::to_owned);
            builder = builder.initial_packet(text);
        }
        if options.asks() {
            let console = self.console.clone();
            builder =
                builder.allow_request(move |request| super::eio::allowed(console.clone(), request));
        }
        if let Some(added) = options.initial_headers.take() {
            let added = headers(&added);
            builder = builder.initial_headers(move |all, _| all.extend(added.clone()));
        }
        others(builder, options).build()
    }

    fn obey(&self, command: Command, io: &SocketIo) {
        match command {
            Command::Of(of) => self.of(of, io),
            Command::Use { nsp } => *self.state().middlewares.entry(nsp).or_default() += 1,
            Command::Emit { target, args, ack } => self.emit(target, args, ack, io),
            Command::Ack { n, args } => {
                let ack =
                    self.state().acknowledgements.get_mut(n.wrapping_sub(1)).map(Option::take);
                match ack {
                    Some(Some(ack)) => ack.send(emits::rest(args)),
                    Some(None) => {} // a second answer says nothing
                    None => misused(&format!("no such acknowledgement: {n}")),
                }
            }
            Command::Join { nsp, sid, arg, data } => {
                let socket = self.socket(nsp.as_deref(), &sid);
                if let Some(rooms) = arg {
                    socket.join(rooms.list());
                }
                if let Some(data) = data {
                    socket.set_data(data).expect("JSON is JSON");
                }
            }
            Command::Leave { nsp, sid, arg } => self.socket(nsp.as_deref(), &sid).leave(arg.list()),
            Command::Disconnect { nsp, sid, close } => {
                let socket = self.socket(nsp.as_deref(), &sid);
                if close == Some(true) { socket.close() } else { socket.disconnect() }
            }
            Command::Fetch { target, request } => self.fetch(target, request, io),
            Command::SocketsJoin { target, arg } => {
                self.broadcast(target, io).sockets_join(arg.list())
            }
            Command::SocketsLeave { target, arg } => {
                self.broadcast(target, io).sockets_leave(arg.list())
            }
            Command::DisconnectSockets { target, close } => {
                self.broadcast(target, io).disconnect_sockets(close.unwrap_or(false));
            }
            Command::Answer { n, a } => self.console.answer(n, a),
            Command::Close => {
                let io = io.clone();
                tokio::spawn(async move {
                    io.close().await;
                    std::process::exit(0)
                });
            }
        }
    }

    fn socket(&self, nsp: Option<&str>, sid: &str) -> Socket {
        let key = (nsp.unwrap_or("/").to_owned(), sid.to_owned());
        let found = self.state().sockets.get(&key).cloned();
        found.unwrap_or_else(|| misused(&format!("no such socket: {sid} in {}", key.0)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the options that an Engine.IO server does not have.
fn others(mut builder: Builder, options: &mut EngineOptions) -> Builder {
    let mut serves_client = true;
    for (name, value) in std::mem::take(&mut options.others) {
        builder = match (name.as_str(), &value) {
            ("connectTimeout", Value::Number(_)) => {
                builder.connect_timeout(Duration::from_millis(value.as_u64().unwrap_or_default()))
            }
            ("cleanupEmptyChildNamespaces", Value::Bool(yes)) => {
                builder.cleanup_empty_child_namespaces(*yes)
            }
            ("parser", Value::String(parser)) if parser == "msgpack" => {
                builder.parser(socketio::MessagePack)
            }
            ("serveClient", Value::Bool(yes)) => {
                serves_client = *yes;
                builder
            }
            _ => misused(&format!("no such option: {name}: {value}")),
        };
    }
    if serves_client {
        if let Some(dist) = std::env::var_os("CLIENT_DIST") {
            return builder
                .serve_client(dist)
                .unwrap_or_else(|error| misused(&format!("CLIENT_DIST: {error}")));
        }
    }
    builder
}

fn names(socket: &Socket) -> (String, String) {
    (socket.namespace().to_owned(), socket.id().to_string())
}
