//! The mode `driver-sio`: sockets do what they are told, and tell what happens to them.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use regex::Regex;
use serde_json::{Map, Value, json};
use socketio::{
    Ack, AckError, Broadcast, Builder, Data, DisconnectReason, Error, EventName, Handshake,
    Namespace, Params, RemoteSocket, Rest, Socket, SocketIo,
};

use super::console::{Console, commands, misused, options};
use super::options::EngineOptions;
use super::requests::{headers, query};
use super::serve::{listen, with_cors};
use super::sio_commands::{Command, Flags, Of, Target};
use super::values::{from_json, to_json};

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
    /// The key by which a name came into being.
    parents: HashMap<String, String>,
}

/// Whom a command is for.
enum Receiver {
    Socket(Socket),
    Broadcast(Broadcast),
}

/// Runs the driver until its input ends.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() -> io::Result<()> {
    let mut options: EngineOptions = options("SIO_OPTS");
    let driver = Driver::default();
    let io = driver.server(&mut options);
    let (obeying, server) = (driver.clone(), io.clone());
    tokio::spawn(async move {
        let mut commands = commands();
        while let Some(batch) = commands.recv().await {
            batch.into_iter().for_each(|command| obeying.obey(command, &server));
        }
    });
    let app = with_cors(Router::new().layer(io.layer()), options.cors.as_ref());
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

    /// Makes a namespace that tells all and answers nothing by itself.
    fn namespace(&self, key: &str) -> Namespace {
        let [asking, connecting, hearing, leaving, left] = [(); 5].map(|()| self.clone());
        let key = key.to_owned();
        Namespace::new()
            .middleware(async move |socket: Socket| asking.clone().admit(&key, socket).await)
            .on_connect(async move |socket: Socket| connecting.connected(socket))
            .fallback(async move |socket: Socket, name: EventName, ack: Ack, args: Rest| {
                hearing.heard(&socket, &name, ack, args);
            })
            .on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
                leaving.gone("disconnecting", &socket, reason);
            })
            .on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
                left.gone("disconnect", &socket, reason);
                left.state().sockets.remove(&names(&socket));
            })
    }

    async fn admit(self, key: &str, socket: Socket) -> Result<(), Error> {
        let middlewares = self.state().middlewares.get(key).copied().unwrap_or_default();
        for _ in 0..middlewares {
            let fields = json!({
                "nsp": socket.namespace(),
                "sid": socket.id().to_string(),
                "handshake": handshake(socket.handshake()),
            });
            let answer = self.console.ask("mw", fields).await;
            if let Some(refusal) = answer.first().filter(|refusal| !refusal.is_null()) {
                let message = refusal["message"].as_str().or(refusal.as_str()).unwrap_or_default();
                let error = Error::new(message);
                return Err(match refusal.get("data") {
                    Some(data) => error.data(data),
                    None => error,
                });
            }
        }
        Ok(())
    }

    fn connected(&self, socket: Socket) {
        let rooms: Vec<_> = socket.rooms().iter().map(ToString::to_string).collect();
        self.console.say(
            "connection",
            json!({
                "nsp": socket.namespace(),
                "sid": socket.id().to_string(),
                "handshake": handshake(socket.handshake()),
                "rooms": rooms,
                "data": data(&socket),
                "recovered": false,
            }),
        );
        self.state().sockets.insert(names(&socket), socket);
    }

    fn heard(&self, socket: &Socket, name: &str, ack: Ack, args: Rest) {
        let mut values = vec![Value::from(name)];
        values.extend(args.into_values().into_iter().map(to_json));
        let (nsp, sid) = names(socket);
        let mut line = json!({ "nsp": nsp, "sid": sid, "args": values });
        if ack.is_wanted() {
            let mut state = self.state();
            state.acknowledgements.push(Some(ack));
            line["n"] = state.acknowledgements.len().into();
        }
        self.console.say("event", line);
    }

    fn gone(&self, event: &str, socket: &Socket, reason: DisconnectReason) {
        let (nsp, sid) = names(socket);
        self.console.say(event, json!({ "nsp": nsp, "sid": sid, "reason": reason.to_string() }));
    }

    fn new_namespace(&self, name: &str) {
        if name == "/" {
            return;
        }
        let parent = self.state().parents.get(name).cloned();
        let mut line = json!({ "name": name });
        if let Some(parent) = parent {
            line["parent"] = parent.into();
        }
        self.console.say("new_namespace", line);
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
                    Some(Some(ack)) => ack.send(rest(args)),
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

    fn of(&self, of: Of, io: &SocketIo) {
        let (key, regex) = match of {
            Of { nsp: Some(name), key: None, regex: None, r#dyn: None } => {
                return io.add_namespace(&name, self.namespace(&name));
            }
            Of { nsp: None, key: Some(key), regex: Some(regex), r#dyn: None } => {
                let regex = Regex::new(&regex)
                    .unwrap_or_else(|error| misused(&format!("{regex} is no pattern: {error}")));
                (key, Some(regex))
            }
            Of { nsp: None, key: Some(key), regex: None, r#dyn: Some(true) } => (key, None),
            _ => misused("a namespace has a name, or a key and a regex or dyn"),
        };
        let (driver, parent) = (self.clone(), key.clone());
        let predicate = async move |Params(name): Params<String>, Data(auth): Data<Value>| {
            driver.clone().decide(&parent, format!("/{name}"), auth, regex.clone()).await
        };
        io.add_namespace_if("/{*name}", predicate, self.namespace(&key));
    }

    /// Says whether a namespace of that name comes into being.
    async fn decide(
        self,
        key: &str,
        name: String,
        auth: Value,
        regex: Option<Regex>,
    ) -> Result<(), Error> {
        let allows = match regex {
            Some(regex) => regex.is_match(&name),
            None => {
                let fields = json!({ "key": key, "nsp": name, "auth": auth });
                let answer = self.console.ask("dyn", fields).await;
                answer.first().is_none_or(Value::is_null)
                    && answer.get(1) == Some(&Value::Bool(true))
            }
        };
        if !allows {
            return Err(Error::new("no such namespace"));
        }
        self.state().parents.insert(name, key.to_owned());
        Ok(())
    }

    fn emit(&self, target: Target, args: Vec<Value>, ack: Option<Value>, io: &SocketIo) {
        let mut args = args.into_iter();
        let Some(Value::String(event)) = args.next() else { misused("an event has a name") };
        let (args, flags) = (rest(args.collect()), target.flags);
        match (self.receiver(target, io), ack) {
            (Receiver::Socket(socket), None) => unicast(&socket, flags).emit(&event, args),
            (Receiver::Broadcast(broadcast), None) => broadcast.emit(&event, args),
            (Receiver::Socket(socket), Some(number)) => {
                let answer = unicast(&socket, flags).emit_with_ack::<Rest>(&event, args);
                let console = self.console.clone();
                tokio::spawn(async move {
                    let (error, args) = match answer.await {
                        Ok(args) => (None, args),
                        Err(AckError::Disconnected) => return, // as in Node: nobody hears of it
                        Err(error) => (Some(message(&error)), Rest::default()),
                    };
                    let args: Vec<_> = args.into_values().into_iter().map(to_json).collect();
                    console.say("res", json!({ "n": number, "err": error, "args": args }));
                });
            }
            (Receiver::Broadcast(broadcast), Some(number)) => {
                let mut answers = broadcast.emit_with_ack::<Rest>(&event, args);
                let console = self.console.clone();
                tokio::spawn(async move {
                    let (mut error, mut firsts) = (None, Vec::new());
                    while let Some((_, answer)) = answers.next().await {
                        match answer {
                            Ok(args) => {
                                firsts.push(
                                    args.into_values()
                                        .into_iter()
                                        .next()
                                        .map_or(Value::Null, to_json),
                                );
                            }
                            Err(missing) => error = Some(message(&missing)),
                        }
                    }
                    console.say("res", json!({ "n": number, "err": error, "args": [firsts] }));
                });
            }
        }
    }

    fn fetch(&self, target: Target, number: Value, io: &SocketIo) {
        let broadcast = self.broadcast(target, io);
        let console = self.console.clone();
        tokio::spawn(async move {
            let describe = |socket: &RemoteSocket| {
                json!({
                    "id": socket.id().to_string(),
                    "rooms": socket.rooms().map(str::to_owned).collect::<Vec<_>>(),
                    "data": socket.data::<Value>().unwrap_or_default(),
                })
            };
            match broadcast.fetch_sockets().await {
                Ok(sockets) => {
                    let found: Vec<_> = sockets.iter().map(describe).collect();
                    console.say("res", json!({ "n": number, "err": null, "args": [found] }));
                }
                Err(error) => {
                    console
                        .say("res", json!({ "n": number, "err": error.to_string(), "args": [] }));
                }
            }
        });
    }

    fn socket(&self, nsp: Option<&str>, sid: &str) -> Socket {
        let key = (nsp.unwrap_or("/").to_owned(), sid.to_owned());
        let found = self.state().sockets.get(&key).cloned();
        found.unwrap_or_else(|| misused(&format!("no such socket: {sid} in {}", key.0)))
    }

    fn receiver(&self, target: Target, io: &SocketIo) -> Receiver {
        match &target.sid {
            Some(sid) if target.rooms.is_none() && target.except.is_none() => {
                Receiver::Socket(self.socket(target.nsp.as_deref(), sid))
            }
            _ => Receiver::Broadcast(self.broadcast(target, io)),
        }
    }

    fn broadcast(&self, target: Target, io: &SocketIo) -> Broadcast {
        let nsp = target.nsp.as_deref().unwrap_or("/");
        let from = target.from.or(target.sid);
        let mut broadcast = match from {
            Some(sid) => self.socket(Some(nsp), &sid).broadcast(),
            None => io.of(nsp),
        };
        if let Some(rooms) = target.rooms {
            broadcast = broadcast.to(rooms.list());
        }
        if let Some(rooms) = target.except {
            broadcast = broadcast.except(rooms.list());
        }
        let Flags { volatile, local, compress, timeout } = target.flags;
        if volatile == Some(true) {
            broadcast = broadcast.volatile();
        }
        if local == Some(true) {
            broadcast = broadcast.local();
        }
        if let Some(yes) = compress {
            broadcast = broadcast.compress(yes);
        }
        match timeout {
            Some(milliseconds) => broadcast.timeout(Duration::from_millis(milliseconds)),
            None => broadcast,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Sets the options that an Engine.IO server does not have.
fn others(mut builder: Builder, options: &mut EngineOptions) -> Builder {
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
            ("serveClient", Value::Bool(false)) => builder,
            _ => misused(&format!("no such option: {name}: {value}")),
        };
    }
    builder
}

fn unicast(socket: &Socket, flags: Flags) -> socketio::Unicast {
    let mut unicast = socket.compress(flags.compress.unwrap_or(true));
    if flags.volatile == Some(true) {
        unicast = unicast.volatile();
    }
    match flags.timeout {
        Some(milliseconds) => unicast.timeout(Duration::from_millis(milliseconds)),
        None => unicast,
    }
}

fn rest(args: Vec<Value>) -> Rest {
    Rest::from(args.into_iter().map(from_json).collect::<Vec<_>>())
}

fn names(socket: &Socket) -> (String, String) {
    (socket.namespace().to_owned(), socket.id().to_string())
}

fn data(socket: &Socket) -> Value {
    match socket.data::<Value>() {
        Ok(Value::Null) | Err(_) => json!({}), // before any was set
        Ok(data) => data,
    }
}

/// The words of the JavaScript server.
fn message(error: &AckError) -> String {
    match error {
        AckError::Timeout | AckError::Disconnected => "operation has timed out".to_owned(),
        other => other.to_string(),
    }
}

/// The fields of the JavaScript server.
fn handshake(handshake: &Handshake) -> Value {
    let issued = handshake.time().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut all = Map::new();
    for (name, value) in handshake.headers() {
        all.insert(name.to_string(), String::from_utf8_lossy(value.as_bytes()).into());
    }
    json!({
        "headers": all,
        "time": "",
        "address": handshake.remote_addr().map(|address| address.ip().to_string()),
        "xdomain": handshake.is_cross_domain(),
        "secure": handshake.is_secure(),
        "issued": u64::try_from(issued.as_millis()).unwrap_or_default(),
        "url": handshake.uri().to_string(),
        "query": query(handshake.uri()),
        "auth": handshake.auth::<Value>().unwrap_or_else(|_| json!({})),
    })
}
