//! Events for the other servers.

use std::fmt;

use socketio_cluster::Body;
use socketio_proto::{Args, Arguments, FromArguments, Value};

use crate::broadcast::{Broadcast, Incomplete};
use crate::link::Reply;
use crate::relay;

/// Names that Node's servers keep to themselves.
const RESERVED: [&str; 3] = ["connect", "connection", "new_namespace"];

/// Says whether servers must not send each other an event of this name.
pub(crate) fn is_reserved(event: &str) -> bool {
    RESERVED.contains(&event)
}

/// Why the other servers' answers are not all there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerSideEmitError<T> {
    /// A server did not answer in time, perhaps because it has no handler of the event.
    Incomplete(Incomplete<T>),
    /// An answer is not of the type that was asked for.
    Decode(String),
    /// The event cannot be sent, so nobody was asked.
    Encode(String),
}

impl<T> fmt::Display for ServerSideEmitError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Incomplete(incomplete) => incomplete.fmt(f),
            Self::Decode(reason) => write!(f, "the answer cannot be read: {reason}"),
            Self::Encode(reason) => write!(f, "the event cannot be encoded: {reason}"),
        }
    }
}

impl<T: fmt::Debug> std::error::Error for ServerSideEmitError<T> {}

impl Broadcast {
    /// Sends an event to the other servers, and not to this one: see
    /// [`Namespace::on_server_side_emit`](crate::Namespace::on_server_side_emit). Returns at once.
    ///
    /// ```
    /// # fn example(io: &socketio::SocketIo) {
    /// io.server_side_emit("settings changed", ("theme", "dark"));
    /// # }
    /// ```
    ///
    /// It goes to the namespace, whatever the rooms of this broadcast are. Without
    /// [`Builder::cluster`](crate::Builder::cluster) it goes nowhere. What cannot be sent, like the reserved names
    /// `connect`, `connection` and `new_namespace`, is a bug: it is logged as an error.
    pub fn server_side_emit(&self, event: &str, args: impl Args) {
        match server_side(event, &args) {
            Ok(arguments) => {
                let event = event.into();
                if let Some(link) = self.adapter.link(self.flags) {
                    link.publish(Body::ServerSideEmit { event, arguments, request: None });
                }
            }
            Err(error) => tracing::error!(event, error, "an event cannot be sent to servers"),
        }
    }

    /// Sends an event to the other servers when it is first awaited, and waits for the answer of each, in the order
    /// they come. `T` is the first argument of an answer, or [`Rest`](crate::Rest) for all of them.
    ///
    /// ```
    /// # async fn example(io: &socketio::SocketIo) -> Result<(), Box<dyn std::error::Error>> {
    /// let loads: Vec<f64> = io.server_side_emit_with_ack("load?", ()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ServerSideEmitError::Incomplete`], with what there is, if a server does not answer in time: 5 s, or
    /// [`Broadcast::timeout`]. A server that is known to be gone is not waited for.
    pub async fn server_side_emit_with_ack<T: FromArguments>(
        &self,
        event: &str,
        args: impl Args,
    ) -> Result<Vec<T>, ServerSideEmitError<T>> {
        let arguments = server_side(event, &args).map_err(ServerSideEmitError::Encode)?;
        drop(args);
        let event = event.into();
        let asked = self.ask_servers(|request| {
            let request = Some(request);
            Body::ServerSideEmit { event, arguments, request }
        });
        let Some(asked) = asked else { return Ok(Vec::new()) };
        let (replies, expected) = asked.gather(self.answer_deadline()).await;
        let (mut answers, received) = (Vec::with_capacity(expected), replies.len());
        for reply in replies {
            if let Reply::Emitted(values) = reply {
                let answer = T::from_arguments(Arguments::from_values(values));
                answers
                    .push(answer.map_err(|error| ServerSideEmitError::Decode(error.to_string()))?);
            }
        }
        match received < expected {
            true => {
                let incomplete = Incomplete { partial: answers, received, expected };
                Err(ServerSideEmitError::Incomplete(incomplete))
            }
            false => Ok(answers),
        }
    }
}

/// Returns the arguments of an event for servers.
fn server_side(event: &str, args: &impl Args) -> Result<Vec<Value>, String> {
    if is_reserved(event) {
        return Err(format!("\"{event}\" is a reserved event name")); // as Node's
    }
    relay::values(args).map_err(|error| error.to_string())
}
