//! The client that blocks.

use std::sync::mpsc::Sender;

use rust_socketio::client::Client as Inner;
use rust_socketio::{ClientBuilder, Event, Payload};

use crate::{Client, Options, PATIENCE, RECONNECT_DELAY};

/// The client that blocks.
pub struct Blocking(Inner);

impl Client for Blocking {
    fn open(options: Options, happened: Sender<(Event, Payload)>) -> Self {
        let mut builder = ClientBuilder::new(options.url)
            .transport_type(options.transport)
            .namespace(options.namespace)
            .reconnect_delay(RECONNECT_DELAY, RECONNECT_DELAY);
        if let Some(auth) = options.auth {
            builder = builder.auth(auth);
        }
        for event in [Event::Connect, Event::Close, Event::Error] {
            let happened = happened.clone();
            let name = event.clone();
            // Nobody listens any more when the test is over.
            builder =
                builder.on(event, move |payload, _| _ = happened.send((name.clone(), payload)));
        }
        let builder = builder.on_any(move |event, payload, _| _ = happened.send((event, payload)));
        Self(builder.connect().expect("the server can be reached"))
    }

    fn emit(&self, event: &str, payload: Payload) {
        self.0.emit(event, payload).expect("the client is connected");
    }

    fn ask(&self, event: &str, payload: Payload, answered: Sender<Payload>) {
        let asked = self
            .0
            .emit_with_ack(event, payload, PATIENCE, move |payload, _| _ = answered.send(payload));
        asked.expect("the client is connected");
    }

    fn disconnect(&self) {
        self.0.disconnect().expect("the client is connected");
    }
}
