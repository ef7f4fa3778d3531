//! The mode `driver-eio`: every session does what it is told, and tells what happens to it.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engineio::{
    CloseReason, ConnectionError, EngineIo, Forbidden, Message, Observed, Observer, Outgoing,
    Packet, Request, Revision, Sendable, Session, Shared, Sid, Transport,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::console::{Commands, Console, misused, options};
use super::options::EngineOptions;
use super::requests::{asked, headers, query, refused};
use super::serve::{below, listen, with_cors};

/// What the driver is told.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
enum Command {
    Send {
        id: String,
        /// A text, or bytes in base64, or a number.
        t: Option<String>,
        b: Option<String>,
        n: Option<Value>,
        opts: Option<SendOptions>,
        cb: Option<Value>,
    },
    Close {
        id: String,
        discard: Option<bool>,
    },
    CloseServer,
    Set {
        #[serde(rename = "generateId")]
        generate_id: String,
    },
    Answer {
        n: u64,
        #[serde(default)]
        a: Vec<Value>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SendOptions {
    compress: Option<bool>,
}

/// What one session is told.
#[derive(Debug)]
enum Order {
    Send(Message, Option<bool>, Option<Value>),
    Close { discard: bool },
}

/// What all parts of the driver share.
#[derive(Clone, Debug, Default)]
struct Driver {
    console: Console,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<Sid, Told>,
    /// Those whose open packet is not written yet.
    opening: HashSet<Sid>,
    asks_for_ids: bool,
}

/// A session that is open.
#[derive(Debug)]
struct Told {
    orders: UnboundedSender<Order>,
    /// What is to be told once all is written.
    callbacks: Vec<Value>,
}

/// Runs the driver until its input ends.
#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run() -> io::Result<()> {
    let mut options: EngineOptions = options("EIO_OPTS");
    options.expect_no_others();
    let driver = Driver::default();
    let engine = driver.engine(&mut options);
    let obeying = driver.clone();
    tokio::spawn(async move {
        let mut commands = Commands::new();
        loop {
            let batch = commands.next().await;
            batch.into_iter().for_each(|command| obeying.obey(command));
        }
    });
    let path = options.path.as_deref().unwrap_or("/engine.io").trim_end_matches('/').to_owned();
    let slash = options.add_trailing_slash.unwrap_or(true);
    let prefix = if slash { format!("{path}/") } else { path };
    let app = with_cors(below(engine, prefix), options.cors.as_ref());
    listen(app, &driver.console).await
}

impl Driver {
    fn engine(&self, options: &mut EngineOptions) -> EngineIo {
        let mut builder = EngineIo::builder()
            .config(options.config())
            .per_message_deflate(options.deflate())
            .http_compression(options.compression())
            .allow_origin(EngineOptions::origin())
            .cookie(options.cookie())
            .observer(Arc::new(self.clone()));
        if let Some(packet) = options.initial_packet.take() {
            builder = builder.initial_packet(text_of(&packet));
        }
        if options.asks() {
            let console = self.console.clone();
            builder = builder.allow_request(move |request| allowed(console.clone(), request));
        }
        if let Some(added) = options.initial_headers.take() {
            let added = headers(&added);
            builder = builder.initial_headers(move |all, _| all.extend(added.clone()));
        }
        let driver = self.clone();
        builder = builder.generate_id(move |request| driver.clone().make_id(request));
        let driver = self.clone();
        builder.build(move |session| driver.clone().converse(session))
    }

    async fn make_id(self, request: Arc<Request>) -> Result<Sid, String> {
        if !self.state().asks_for_ids {
            return Ok(Sid::from_random(rand::random()));
        }
        let answer = self.console.ask("generateId", asked(&request)).await;
        match (answer.first(), answer.get(1)) {
            (None | Some(Value::Null | Value::Bool(false)), Some(id)) => {
                Sid::parse(&text_of(id)).ok_or_else(|| format!("{id} cannot be an id"))
            }
            (error, _) => Err(error.map(text_of).unwrap_or_default()),
        }
    }

    async fn converse(self, mut session: Session) {
        let (orders, mut told) = unbounded_channel();
        let sid = session.sid().clone();
        self.state().sessions.insert(sid.clone(), Told { orders, callbacks: Vec::new() });
        let request = Arc::clone(session.request());
        self.console.say(
            "connection",
            json!({
                "id": sid.as_str(),
                "transport": session.transport().to_string(),
                "protocol": match session.revision() { Revision::V3 => 3, Revision::V4 => 4 },
                "query": query(request.uri()),
                "headers": asked(&request)["headers"],
                "url": request.uri().to_string(),
                "remoteAddress": request.remote_addr.map(|address| address.ip().to_string()),
            }),
        );
        while let Some(message) = self.next(&mut session, &mut told, &sid).await {
            let mut line = match message {
                Message::Text(text) => json!({ "t": text.as_str() }),
                Message::Binary(bytes) => json!({ "b": BASE64_STANDARD.encode(bytes) }),
            };
            line["id"] = sid.as_str().into();
            self.console.say("message", line);
        }
        self.state().sessions.remove(&sid);
    }

    /// Obeys until the client says something, or is gone.
    async fn next(
        &self,
        session: &mut Session,
        told: &mut UnboundedReceiver<Order>,
        sid: &Sid,
    ) -> Option<Message> {
        loop {
            tokio::select! {
                biased;
                Some(order) = told.recv() => match order {
                    Order::Send(message, compress, callback) => {
                        if let (Some(callback), Some(told)) =
                            (callback, self.state().sessions.get_mut(sid))
                        {
                            told.callbacks.push(callback);
                        }
                        session.send(match compress {
                            Some(false) => Shared::plain(message, []).into(),
                            _ => Outgoing::from(message),
                        });
                    }
                    Order::Close { discard: true } => session.abort(),
                    Order::Close { discard: false } => session.close(),
                },
                message = session.next() => return message,
            }
        }
    }

    fn obey(&self, command: Command) {
        match command {
            Command::Send { id, t, b, n, opts, cb } => {
                let message = match (t, b, n) {
                    (Some(text), None, None) => Message::Text(text.into()),
                    (None, Some(bytes), None) => match BASE64_STANDARD.decode(&bytes) {
                        Ok(bytes) => Message::Binary(bytes.into()),
                        Err(_) => misused("`b` is no base64"),
                    },
                    (None, None, Some(number)) => Message::Text(number.to_string().into()),
                    _ => misused("one of `t`, `b` and `n` is sent"),
                };
                self.order(&id, Order::Send(message, opts.and_then(|opts| opts.compress), cb));
            }
            Command::Close { id, discard } => {
                self.order(&id, Order::Close { discard: discard.unwrap_or(false) });
            }
            Command::CloseServer => {
                for told in self.state().sessions.values() {
                    let _ = told.orders.send(Order::Close { discard: true });
                }
            }
            Command::Set { generate_id } if generate_id == "remote" => {
                self.state().asks_for_ids = true;
            }
            Command::Set { generate_id } => {
                misused(&format!("cannot set generateId to {generate_id}"))
            }
            Command::Answer { n, a } => self.console.answer(n, a),
        }
    }

    /// Orders a session. One that is gone is told in vain, as a handle that was kept.
    fn order(&self, id: &str, order: Order) {
        let state = self.state();
        let told = Sid::parse(id).and_then(|sid| state.sessions.get(&sid));
        if let Some(told) = told {
            let _ = told.orders.send(order);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn say(&self, event: &str, session: Observed<'_>, mut fields: Value) {
        fields["id"] = session.sid.as_str().into();
        self.console.say(event, fields);
    }
}

pub(super) async fn allowed(console: Console, request: Arc<Request>) -> Result<(), Forbidden> {
    let answer = console.ask("allowRequest", asked(&request)).await;
    match (answer.first(), answer.get(1)) {
        (_, Some(Value::Bool(true))) => Ok(()),
        (Some(Value::String(why)), _) => Err(Forbidden::new(why)),
        _ => Err(Forbidden::default()),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Observer for Driver {
    fn opened(&self, session: Observed<'_>) {
        self.state().opening.insert(session.sid.clone());
    }

    fn closed(&self, session: Observed<'_>, reason: CloseReason) {
        self.say("close", session, json!({ "reason": reason.as_str() }));
    }

    fn packet(&self, session: Observed<'_>, packet: &Packet) {
        self.say("packet", session, json!({ "type": kind(packet), "data": data(packet) }));
    }

    fn packet_create(&self, session: Observed<'_>, packet: &Packet<Outgoing>) {
        let data = match packet {
            Packet::Open(_) => return,
            Packet::Message(sent) => sent.messages().next().map_or(Value::Null, data_of),
            _ => Value::Null,
        };
        self.say("packetCreate", session, json!({ "type": kind(packet), "data": data }));
    }

    fn heartbeat(&self, session: Observed<'_>) {
        self.say("heartbeat", session, json!({}));
    }

    fn flush(&self, session: Observed<'_>) {
        if self.state().opening.contains(session.sid) {
            return;
        }
        self.say("flush", session, json!({}));
    }

    fn drain(&self, session: Observed<'_>) {
        if self.state().opening.remove(session.sid) {
            return;
        }
        let told = self
            .state()
            .sessions
            .get_mut(session.sid)
            .map(|told| std::mem::take(&mut told.callbacks));
        let is_polling = session.transport == Transport::Polling;
        if !is_polling {
            self.say("drain", session, json!({}));
        }
        for callback in told.unwrap_or_default() {
            self.say("sent", session, json!({ "cb": callback }));
        }
        if is_polling {
            self.say("drain", session, json!({}));
        }
    }

    fn upgrading(&self, session: Observed<'_>) {
        self.say("upgrading", session, json!({ "transport": "websocket" }));
    }

    fn upgraded(&self, session: Observed<'_>) {
        self.say("upgrade", session, json!({ "transport": "websocket" }));
    }

    fn refused(&self, error: &ConnectionError) {
        self.console.say("connection_error", refused(error));
    }
}

fn kind<M>(packet: &Packet<M>) -> &'static str {
    match packet {
        Packet::Open(_) => "open",
        Packet::Close => "close",
        Packet::Ping | Packet::PingProbe => "ping",
        Packet::Pong | Packet::PongProbe => "pong",
        Packet::Message(_) => "message",
        Packet::Upgrade => "upgrade",
        Packet::Noop => "noop",
    }
}

fn data(packet: &Packet) -> Value {
    match packet {
        Packet::PingProbe | Packet::PongProbe => "probe".into(),
        Packet::Message(message) => data_of(message),
        _ => Value::Null,
    }
}

fn data_of(message: &Message) -> Value {
    match message {
        Message::Text(text) => text.as_str().into(),
        Message::Binary(bytes) => json!({ "$b": BASE64_STANDARD.encode(bytes) }),
    }
}
