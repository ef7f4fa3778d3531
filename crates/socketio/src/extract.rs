//! The parameters that handlers take.

use std::fmt;
use std::ops::Deref;

use engineio::Text;
use http::HeaderMap;
use serde::de::DeserializeOwned;
use socketio_proto::{Args, Rest};

use crate::error::Error;
use crate::event::{Event, FromEvent};
use crate::handshake::Handshake;
use crate::id::SocketId;
use crate::outgoing::{Outgoing, for_one};
use crate::reason::DisconnectReason;
use crate::socket::Socket;

/// The next argument of the event; as a result, the value of the acknowledgement.
///
/// Several take several, in order: `(Data(a), Data(b))` mirrors JavaScript's `(a, b) => …`. An argument
/// that was not sent is `None` for an `Option`. In middlewares and at connect it is the client's `auth`.
///
/// [`Bytes`](bytes::Bytes) and `serde_bytes` are binary, at any depth of `T`; a `Vec<u8>` is an array of
/// numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Data<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromEvent<S> for Data<T> {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        event.arguments().next().map(Self).map_err(|error| Error::new(error.to_string()))
    }
}

impl<S: Sync> FromEvent<S> for Rest {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Self::take(event.arguments()).map_err(|error| Error::new(error.to_string()))
    }
}

/// The namespace's state, or a part of it: see [`Namespace::with_state`](crate::Namespace::with_state).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State<T>(pub T);

/// A part of a state, as in axum: handlers ask for [`State<T>`] of any `T: FromRef<S>`.
pub trait FromRef<S> {
    /// Takes the part.
    fn from_ref(state: &S) -> Self;
}

impl<T: Clone> FromRef<T> for T {
    fn from_ref(state: &T) -> T {
        state.clone()
    }
}

impl<T: FromRef<S>, S: Sync> FromEvent<S> for State<T> {
    async fn from_event(_: &mut Event, state: &S) -> Result<Self, Error> {
        Ok(Self(T::from_ref(state)))
    }
}

/// A value kept with the socket by [`Socket::insert`], or put into the request by a tower layer in front.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extension<T>(pub T);

impl<T: Clone + Send + Sync + 'static, S: Sync> FromEvent<S> for Extension<T> {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        event.socket().get().map(Self).ok_or_else(|| {
            let name = std::any::type_name::<T>();
            tracing::error!(extension = name, "the socket has no such extension; was it inserted?");
            MissingExtension(name).into()
        })
    }
}

/// The application reads an extension that nobody inserted: its own bug, so no client hears of it.
#[derive(Debug)]
struct MissingExtension(&'static str);

impl fmt::Display for MissingExtension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no extension of type {}", self.0)
    }
}

impl std::error::Error for MissingExtension {}

/// The right to acknowledge later. Taking it turns the automatic acknowledgement off.
///
/// If the client did not ask for an acknowledgement, [`Ack::send`] does nothing. Dropping it unsent sends
/// nothing, as in Node.
#[derive(Debug)]
pub struct Ack {
    socket: Socket,
    id: Option<u64>,
}

impl Ack {
    /// Says whether the client asked for an acknowledgement.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.id.is_some()
    }

    /// Acknowledges the event.
    pub fn send(self, args: impl Args) {
        let Some(id) = self.id else { return };
        match self.socket.adapter().codec.ack(self.socket.namespace(), id, &args) {
            Ok(packet) => self.socket.member().push(Outgoing::Packet(for_one(packet)), false),
            Err(error) => tracing::error!(%error, "an acknowledgement cannot be sent"),
        }
    }
}

impl<S: Sync> FromEvent<S> for Ack {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(Self { socket: event.socket().clone(), id: event.claim_ack() })
    }
}

impl<S: Sync> FromEvent<S> for Socket {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(event.socket().clone())
    }
}

impl<S: Sync> FromEvent<S> for SocketId {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(event.socket().id())
    }
}

impl<S: Sync> FromEvent<S> for Handshake {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(event.socket().handshake().clone())
    }
}

impl<S: Sync> FromEvent<S> for HeaderMap {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(event.socket().handshake().headers().clone())
    }
}

impl<S: Sync> FromEvent<S> for DisconnectReason {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        event.reason().ok_or_else(|| NotADisconnect.into())
    }
}

/// A handler that is not for disconnects asks for a reason.
#[derive(Debug)]
struct NotADisconnect;

impl fmt::Display for NotADisconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only a disconnect handler has a reason")
    }
}

impl std::error::Error for NotADisconnect {}

/// The name of the event. `connect` in middlewares and at connect, `disconnecting` and `disconnect` at the end; in an
/// error handler the name of what failed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EventName(Text);

impl Deref for EventName {
    type Target = str;

    fn deref(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl fmt::Debug for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<S: Sync> FromEvent<S> for EventName {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Error> {
        Ok(Self(event.name_and_ack().0))
    }
}

/// What went wrong, in the handler of [`Namespace::on_error`](crate::Namespace::on_error).
impl<S: Sync> FromEvent<S> for Error {
    async fn from_event(event: &mut Event, _: &S) -> Result<Self, Self> {
        event.take_error().ok_or_else(|| NotAnError.into())
    }
}

/// A handler that is not for errors asks for one, or asks twice.
#[derive(Debug)]
struct NotAnError;

impl fmt::Display for NotAnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("only a handler of errors has an error, and once")
    }
}

impl std::error::Error for NotAnError {}

impl<T: FromEvent<S>, S: Sync> FromEvent<S> for Option<T> {
    async fn from_event(event: &mut Event, state: &S) -> Result<Self, Error> {
        Ok(T::from_event(event, state).await.ok())
    }
}

impl<T: FromEvent<S>, S: Sync> FromEvent<S> for Result<T, Error> {
    async fn from_event(event: &mut Event, state: &S) -> Result<Self, Error> {
        Ok(T::from_event(event, state).await)
    }
}
