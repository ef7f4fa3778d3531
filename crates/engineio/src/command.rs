//! What an HTTP request can ask of a session's task.

use engineio_proto::{EncodedPayload, Packets};
use tokio::sync::oneshot;

use crate::link::Link;

/// What an HTTP request can ask of a session's task.
#[derive(Debug)]
pub(crate) enum Command {
    /// A poll waits here for its answer.
    Poll(oneshot::Sender<Answer>),
    /// Packets arrived by polling.
    Post(Post),
    /// A connection that carries frames wants to take over from polling.
    Upgrade(Link),
    /// The client broke the rules of polling.
    Violation(&'static str),
    /// The server shuts down.
    Shutdown,
}

/// What a poll is answered.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// The packets of one body.
    Payload {
        body: EncodedPayload,
        /// It is not to be compressed.
        is_plain: bool,
    },
    /// Another poll waits already.
    Overlap,
}

/// The packets of one request, and who waits until they are taken.
#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) payload: Packets,
    pub(crate) done: oneshot::Sender<()>,
}
