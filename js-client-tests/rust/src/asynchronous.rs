//! The client with tokio.

use std::sync::mpsc::Sender;

use rust_socketio::asynchronous::{Client as Inner, ClientBuilder};
use rust_socketio::{Event, Payload};
use tokio::runtime::Runtime;

use crate::{Client, Options, PATIENCE, RECONNECT_DELAY};

/// The client with tokio, in a runtime of its own.
pub struct Asynchronous {
    client: Inner,
    runtime: Runtime,
}

impl Client for Asynchronous {
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
            builder = builder.on(event, move |payload, _| {
                // Nobody listens any more when the test is over.
                _ = happened.send((name.clone(), payload));
                Box::pin(async {})
            });
        }
        let builder = builder.on_any(move |event, payload, _| {
            _ = happened.send((event, payload));
            Box::pin(async {})
        });
        let runtime = Runtime::new().expect("there are threads");
        let client = runtime.block_on(builder.connect()).expect("the server can be reached");
        Self { client, runtime }
    }

    fn emit(&self, event: &str, payload: Payload) {
        self.runtime.block_on(self.client.emit(event, payload)).expect("the client is connected");
    }

    fn ask(&self, event: &str, payload: Payload, answered: Sender<Payload>) {
        let asked = self.client.emit_with_ack(event, payload, PATIENCE, move |payload, _| {
            _ = answered.send(payload);
            Box::pin(async {})
        });
        self.runtime.block_on(asked).expect("the client is connected");
    }

    fn disconnect(&self) {
        self.runtime.block_on(self.client.disconnect()).expect("the client is connected");
    }
}
