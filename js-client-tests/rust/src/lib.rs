//! The two clients of `rust_socketio`, blocking and with tokio, behind one face, so that one test is for both.

use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use rust_socketio::{Event, Payload, TransportType};
use serde_json::Value;

mod asynchronous;
mod blocking;
mod server;

pub use asynchronous::Asynchronous;
pub use blocking::Blocking;
pub use server::Server;

/// How long anything may take: many times what it does.
const PATIENCE: Duration = Duration::from_secs(10);
/// The client waits that long before it tries to come back, in milliseconds.
const RECONNECT_DELAY: u64 = 50;

/// How and where a client connects.
#[derive(Clone)]
pub struct Options {
    /// The URL of the server.
    pub url: String,
    /// Which transports it uses.
    pub transport: TransportType,
    /// The only namespace that it is in.
    pub namespace: &'static str,
    /// What it says of itself.
    pub auth: Option<Value>,
}

/// A client of either kind.
pub trait Client: Sized {
    /// Connects, and tells `happened` what the client hears from then on.
    fn open(options: Options, happened: Sender<(Event, Payload)>) -> Self;
    /// Emits an event.
    fn emit(&self, event: &str, payload: Payload);
    /// Emits an event and tells `answered` how it is acknowledged.
    fn ask(&self, event: &str, payload: Payload, answered: Sender<Payload>);
    /// Leaves the namespace and closes the connection.
    fn disconnect(&self);
}

/// A client, and what it has heard.
pub struct Conversation<C> {
    client: C,
    heard: Receiver<(Event, Payload)>,
}

impl<C: Client> Conversation<C> {
    /// Connects, and does not wait.
    #[must_use]
    pub fn open(options: Options) -> Self {
        let (happened, heard) = mpsc::channel();
        Self { client: C::open(options, happened), heard }
    }

    /// Connects, and waits until the client is in its namespace.
    #[must_use]
    pub fn connect(options: Options) -> Self {
        let conversation = Self::open(options);
        conversation.next(&Event::Connect);
        conversation
    }

    /// Waits for an event and returns what it says. Forgets what came before.
    ///
    /// # Panics
    /// When it does not come.
    pub fn next(&self, event: &Event) -> Payload {
        loop {
            match self.heard.recv_timeout(PATIENCE) {
                Ok((found, payload)) if found == *event => return payload,
                Ok(_) => {}
                Err(error) => panic!("`{event}` did not happen: {error}"),
            }
        }
    }

    /// Waits for this long, in which the client is not disconnected.
    ///
    /// # Panics
    /// When it is, or hears of an error.
    pub fn stay(&self, time: Duration) {
        let end = Instant::now() + time;
        while let Ok((event, payload)) = self.heard.recv_timeout(end - Instant::now().min(end)) {
            assert!(!matches!(event, Event::Close | Event::Error), "{event}: {payload:?}");
        }
    }

    /// Emits an event.
    pub fn emit(&self, event: &str, payload: impl Into<Payload>) {
        self.client.emit(event, payload.into());
    }

    /// Sends a message and returns what comes back.
    pub fn echo(&self, payload: impl Into<Payload>) -> Payload {
        self.emit("message", payload);
        self.next(&Event::from("message-back"))
    }

    /// Emits an event and returns its acknowledgement.
    ///
    /// # Panics
    /// When it does not come.
    pub fn acknowledged(&self, event: &str, payload: impl Into<Payload>) -> Payload {
        let (answered, answer) = mpsc::channel();
        self.client.ask(event, payload.into(), answered);
        answer.recv_timeout(PATIENCE).unwrap_or_else(|error| panic!("no acknowledgement: {error}"))
    }

    /// Leaves the namespace and closes the connection.
    pub fn disconnect(self) {
        self.client.disconnect();
    }
}
