//! What a connection's handlers run for, and what becomes of those that fail.

use std::sync::Arc;

use socketio_proto::{Arguments, Encoded};
use tracing::{debug, error, warn};

use crate::error::Error;
use crate::event::Event;
use crate::handler::Outcome;
use crate::io::Host;
use crate::running::Panicked;
use crate::socket::Socket;

/// What a handler that runs is for.
pub(crate) enum Task {
    Admission(Socket),
    Connect(Socket),
    Event(EventTask),
    Disconnect,
}

/// What is left of an event once its handler has it.
pub(crate) struct EventTask {
    pub(crate) host: Arc<Host>,
    pub(crate) name: Arc<str>,
    pub(crate) ack: Option<u64>,
}

/// Runs the middlewares, one after the other, until one refuses.
pub(crate) async fn admit(host: Arc<Host>, socket: Socket) -> Outcome {
    for middleware in host.namespace.middlewares() {
        match middleware(connect_event(&socket), ()).await {
            Outcome::Done(_) => {}
            refused @ (Outcome::Rejected(_) | Outcome::Failed { .. }) => return refused,
        }
    }
    Outcome::Done(None)
}

/// Makes the event of a connection, whose argument is the client's `auth`.
pub(crate) fn connect_event(socket: &Socket) -> Event {
    let auth = socket.handshake().auth_text();
    let arguments = Arguments::from_json(auth).unwrap_or_default(); // the decoder checked it
    Event::connect(socket.clone(), arguments)
}

/// What a client is to read of a handler that failed.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// The handler did not take the acknowledgement for itself.
    pub(crate) owed: bool,
}

/// Logs how a handler failed, and says what the client is to read.
pub(crate) fn failure(
    outcome: Result<Outcome, Panicked>,
    handler: &str,
) -> Result<Option<Encoded>, Failure> {
    match outcome {
        Ok(Outcome::Done(reply)) => Ok(reply),
        Ok(Outcome::Rejected(error)) => {
            warn!(handler, %error, "a parameter of the handler could not be made");
            Err(Failure { error, owed: true })
        }
        Ok(Outcome::Failed { error, owed }) => {
            match error.is_internal() {
                true => warn!(handler, %error, "the handler failed"),
                false => debug!(handler, %error, "the handler refused"),
            }
            Err(Failure { error, owed })
        }
        Err(panicked) => {
            error!(handler, "the handler panicked");
            Err(Failure { error: panicked.into(), owed: true })
        }
    }
}
