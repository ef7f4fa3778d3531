//! What a handler is told, and how its parameters are made of it.

use std::future::Future;

use engineio::Text;
use socketio_proto::{Arguments, Event as Packet};

use crate::error::Error;
use crate::reason::DisconnectReason;
use crate::socket::Socket;

/// Something that happened to a socket: it connects, an event arrived, it left.
///
/// Extractors are made of it, in the order of the handler's parameters.
#[derive(Debug)]
pub struct Event {
    socket: Socket,
    packet: Box<Packet>,
    reason: Option<DisconnectReason>,
}

impl Event {
    pub(crate) fn new(socket: Socket, packet: Box<Packet>) -> Self {
        Self { socket, packet, reason: None }
    }

    /// Makes the event of a connection.
    pub(crate) fn connect(socket: Socket, arguments: Arguments) -> Self {
        Self::new(socket, named("connect", arguments))
    }

    pub(crate) fn disconnect(socket: Socket, reason: DisconnectReason) -> Self {
        let packet = named("disconnect", Arguments::default());
        Self { reason: Some(reason), ..Self::new(socket, packet) }
    }

    /// Returns the socket it happened to.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Returns the event's name; `connect` in middlewares and at connect, `disconnect` at the end.
    #[must_use]
    pub fn name(&self) -> &str {
        self.packet.name.as_str()
    }

    /// Returns the arguments that no extractor has taken yet. In middlewares and at connect there is
    /// one: the client's `auth`.
    pub fn arguments(&mut self) -> &mut Arguments {
        &mut self.packet.arguments
    }

    /// Returns why the socket left, in a disconnect handler.
    #[must_use]
    pub fn reason(&self) -> Option<DisconnectReason> {
        self.reason
    }

    /// Returns the id by which the client wants an acknowledgement.
    pub(crate) fn ack(&self) -> Option<u64> {
        self.packet.id
    }

    /// Returns the bytes that the event holds while it waits.
    pub(crate) fn size(&self) -> usize {
        self.packet.arguments.size()
    }

    /// Takes the id by which the client wants an acknowledgement.
    pub(crate) fn take_ack(&mut self) -> Option<u64> {
        self.packet.id.take()
    }

    /// Ends the event: all that the handler wants of it was taken.
    pub(crate) fn recycle(self) {
        self.packet.recycle();
    }
}

fn named(name: &'static str, arguments: Arguments) -> Box<Packet> {
    Box::new(Packet { name: Text::from_static(name), id: None, arguments })
}

/// A parameter of a handler.
///
/// ```
/// use socketio::{Error, Event, FromEvent};
///
/// /// The language that the client's browser asks for.
/// struct Language(String);
///
/// impl<S: Sync> FromEvent<S> for Language {
///     async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
///         let header = event.socket().handshake().headers().get("accept-language");
///         let header = header.ok_or_else(|| Error::new("which language?"))?;
///         Ok(Self(header.to_str()?.to_owned()))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an extractor for a handler",
    label = "a handler cannot take this parameter",
    note = "to read an argument of the event, wrap its type: `Data<{Self}>`",
    note = "to read the namespace's state, wrap its type: `State<{Self}>`"
)]
pub trait FromEvent<S>: Sized {
    /// Makes the parameter.
    ///
    /// # Errors
    /// The event does not have what it takes. The handler is not called; a client that asked for an
    /// acknowledgement gets the error.
    fn from_event(event: &mut Event, state: &S)
    -> impl Future<Output = Result<Self, Error>> + Send;
}
