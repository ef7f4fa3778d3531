//! The pipe between servers.

use std::future::Future;

use crate::message::Message;

/// Why a message could not be sent.
pub type BusError = Box<dyn std::error::Error + Send + Sync>;

/// One server's end of the pipe between servers.
///
/// It knows nothing of sockets, rooms and handlers: it takes messages along, and may look at [`Message::to`],
/// [`Message::namespace`] and the options of a broadcast to take them only where they are wanted. A server drops what
/// is not for it, so to take a message to everybody is always right.
///
/// What it promises: messages of one server to one namespace arrive in the order they were published, each at most
/// once. It may lose messages, as a connection that breaks does; then events are missed, and questions time out.
pub trait Bus: Send + Sync + 'static {
    /// Sends a message to the other servers. Called with one message after the other.
    ///
    /// # Errors
    /// It could not be sent. The message is lost, and the next is tried.
    fn publish(&self, message: Message) -> impl Future<Output = Result<(), BusError>> + Send;

    /// Waits for the next message of another server, or returns `None` when none will come any more. Cancel safe.
    ///
    /// What it cannot read it passes over, and says so in its log. To hand out this server's own messages does no harm.
    fn next(&self) -> impl Future<Output = Option<Message>> + Send;
}
