//! The server as its clients see it: in process on a paused clock, and over loopback ports.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod acks;
mod any_order;
mod backpressure;
mod binary;
mod client_files;
mod close;
mod cluster;
mod compile;
mod connecting;
mod crowd;
#[cfg(feature = "deflate")]
mod deflate;
mod disconnect;
mod dynamic;
mod emitting;
mod errors;
mod events;
mod extractors;
mod handshake;
mod layers;
mod limits;
mod listeners;
mod logs;
mod middleware;
mod mounting;
mod namespaces;
mod observer;
mod order;
mod ordinary;
mod parser;
mod requests;
mod rooms;
mod test_client;
mod transports;
mod unlimited;
mod v3;
mod volatile;

mod http;
mod raw;
mod server;
mod websocket;

use std::future::Future;
use std::time::Duration;

use socketio::test::Client;
use socketio::{Namespace, SocketIo};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

/// Connects a client to the main namespace.
async fn connect(io: &SocketIo) -> Client {
    io.test_client().connect("/").await.unwrap()
}

/// A server of one namespace, and a client that is connected to it.
async fn served(main: Namespace) -> (SocketIo, Client) {
    let io = SocketIo::new(main);
    let client = connect(&io).await;
    (io, client)
}

/// What handlers tell the test.
fn channel<T>() -> (UnboundedSender<T>, Told<T>) {
    let (tell, told) = mpsc::unbounded_channel();
    (tell, Told(told))
}

/// The test's end of a [`channel`].
struct Told<T>(UnboundedReceiver<T>);

impl<T> Told<T> {
    /// Waits for what is told next.
    #[track_caller]
    fn next(&mut self) -> impl Future<Output = T> {
        let told = soon(self.0.recv());
        async move { told.await.expect("somebody can still tell something") }
    }

    /// Returns what was told, without waiting.
    fn now(&mut self) -> Option<T> {
        self.0.try_recv().ok()
    }
}

/// Waits for what must happen soon. A test that hangs says where.
#[track_caller]
fn soon<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(Duration::from_secs(120), future).await {
            Ok(value) => value,
            Err(_) => panic!("nothing happened at {caller}"),
        }
    }
}

/// Waits, on a paused clock, until no task can go on without the time passing.
async fn settled() {
    tokio::time::sleep(Duration::from_millis(1)).await;
}
