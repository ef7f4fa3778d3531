//! What a connection's handlers run for, and what becomes of those that fail.

use std::sync::Arc;

use engineio::Text;
use socketio_proto::{Arguments, Encoded};
use tracing::{Span, debug, error, info_span, warn};

use crate::error::Error;
use crate::event::Event;
use crate::handler::Outcome;
use crate::hosts::Host;
use crate::id::SocketId;
use crate::io::SocketIo;
use crate::running::Panicked;
use crate::socket::Socket;

/// What a handler that runs is for.
pub(crate) enum Task {
    /// A predicate decides whether there is such a namespace; if not, that of this parent or a later one may.
    Search(Socket, usize),
    Admission(Socket),
    Connect(Arc<Host>, Socket),
    Event(Arc<Host>, EventTask),
    /// A handler that answers nobody.
    Listener(Arc<Host>, Socket, Listener),
}

/// What a handler that answers nobody is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Any,
    AnyOutgoing,
    Disconnecting,
    Disconnect,
    Error,
}

impl Listener {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::AnyOutgoing => "any outgoing",
            Self::Disconnecting => "disconnecting",
            Self::Disconnect => "disconnect",
            Self::Error => "error",
        }
    }

    pub(crate) fn span(self, socket: SocketId) -> Span {
        match self {
            Self::Any => info_span!("any", %socket),
            Self::AnyOutgoing => info_span!("any outgoing", %socket),
            Self::Disconnecting => info_span!("disconnecting", %socket),
            Self::Disconnect => info_span!("disconnect", %socket),
            Self::Error => info_span!("error", %socket),
        }
    }

    /// Says whether as many of them run as the client has them run, so that they count like events.
    pub(crate) const fn is_counted(self) -> bool {
        matches!(self, Self::Any | Self::Error)
    }
}

/// What is left of an event once its handler has it.
pub(crate) struct EventTask {
    pub(crate) socket: Socket,
    pub(crate) name: Text,
    pub(crate) ack: Option<u64>,
}

/// Runs the middlewares, one after the other, until one refuses. If the namespace is new, its server says so before.
pub(crate) async fn admit(host: Arc<Host>, socket: Socket, new_in: Option<SocketIo>) -> Outcome {
    if let Some(io) = new_in {
        io.announce(socket.namespace());
    }
    for middleware in &host.handlers.middlewares {
        match middleware.run(connect_event(&socket)).await {
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
