//! What a handler is told, and how its parameters are made of it.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    /// What few events have, in a box: events move through many hands.
    about: Option<Box<About>>,
}

/// What an event is about, beside its name and its arguments.
#[derive(Debug)]
enum About {
    Left(DisconnectReason),
    Failed(Error),
    Claimed(Claim),
}

/// Whether the handler took the acknowledgement for itself, for who asks when the handler is gone.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claim(Arc<AtomicBool>);

impl Claim {
    pub(crate) fn is_taken(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Event {
    pub(crate) fn new(socket: Socket, packet: Box<Packet>) -> Self {
        Self { socket, packet, about: None }
    }

    /// Makes the event of a connection.
    pub(crate) fn connect(socket: Socket, arguments: Arguments) -> Self {
        let packet = Packet { name: Text::from_static("connect"), id: None, arguments };
        Self::new(socket, Box::new(packet))
    }

    pub(crate) fn disconnect(socket: Socket, reason: DisconnectReason) -> Self {
        Self::about(socket, Text::from_static("disconnect"), About::Left(reason))
    }

    pub(crate) fn disconnecting(socket: Socket, reason: DisconnectReason) -> Self {
        Self::about(socket, Text::from_static("disconnecting"), About::Left(reason))
    }

    /// Makes the event of an error: what failed has this name.
    pub(crate) fn failed(socket: Socket, name: Text, error: Error) -> Self {
        Self::about(socket, name, About::Failed(error))
    }

    fn about(socket: Socket, name: Text, about: About) -> Self {
        let packet = Packet { name, id: None, arguments: Arguments::default() };
        Self { about: Some(Box::new(about)), ..Self::new(socket, Box::new(packet)) }
    }

    /// Makes a second event of it, for who looks on: it has the same arguments, and asks for no acknowledgement.
    pub(crate) fn copy(&self) -> Self {
        let Packet { name, arguments, .. } = &*self.packet;
        let packet = Packet { name: name.clone(), id: None, arguments: arguments.clone() };
        Self::new(self.socket.clone(), Box::new(packet))
    }

    /// Returns the socket it happened to.
    #[must_use]
    pub fn socket(&self) -> &Socket {
        &self.socket
    }

    /// Returns the event's name; `connect` in middlewares and at connect, `disconnecting` and `disconnect` at the
    /// end. In an error handler it is the name of what failed, and empty if that was no event at all.
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
        match self.about.as_deref() {
            Some(About::Left(reason)) => Some(*reason),
            Some(About::Failed(_) | About::Claimed(_)) | None => None,
        }
    }

    /// Returns what went wrong, in an error handler.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        match self.about.as_deref() {
            Some(About::Failed(error)) => Some(error),
            Some(About::Left(_) | About::Claimed(_)) | None => None,
        }
    }

    pub(crate) fn take_error(&mut self) -> Option<Error> {
        match self.about.take().map(|about| *about) {
            Some(About::Failed(error)) => Some(error),
            other => {
                self.about = other.map(Box::new);
                None
            }
        }
    }

    /// Returns what tells later whether the handler took the acknowledgement, if the client wants one.
    pub(crate) fn claim(&mut self) -> Option<Claim> {
        self.packet.id?;
        match self.about.as_deref() {
            Some(About::Claimed(claim)) => Some(claim.clone()),
            Some(About::Left(_) | About::Failed(_)) => None, // which nobody acknowledges
            None => {
                let claim = Claim::default();
                self.about = Some(Box::new(About::Claimed(claim.clone())));
                Some(claim)
            }
        }
    }

    /// Returns what outlives the event: its name, and the id by which the client wants an acknowledgement.
    pub(crate) fn name_and_ack(&self) -> (Text, Option<u64>) {
        (self.packet.name.clone(), self.packet.id)
    }

    /// Returns the bytes that the event holds while it waits.
    pub(crate) fn size(&self) -> usize {
        self.packet.arguments.size()
    }

    /// Takes the id by which the client wants an acknowledgement, to send it by itself.
    pub(crate) fn take_ack(&mut self) -> Option<u64> {
        self.packet.id.take()
    }

    /// Ends the event: all that the handler wants of it was taken.
    pub(crate) fn recycle(self) {
        self.packet.recycle();
    }

    /// Takes the id for the handler, which acknowledges or does not.
    pub(crate) fn claim_ack(&mut self) -> Option<u64> {
        if let Some(About::Claimed(claim)) = self.about.as_deref() {
            claim.0.store(true, Ordering::Relaxed);
        }
        self.take_ack()
    }
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
