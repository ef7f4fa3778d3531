//! Handlers of what other servers say.

use std::fmt;
use std::future::Future;

use serde::de::DeserializeOwned;
use socketio_cluster::NodeId;
use socketio_proto::{Arguments, Value};

use crate::broadcast::Broadcast;
use crate::error::Error;
use crate::handler::{BoxFuture, IntoReply};
use crate::relay;

/// A handler of an event of another server, whatever it returns.
pub(crate) type ServerSideHandler =
    Box<dyn Fn(ServerSideEvent) -> BoxFuture<Result<Vec<Value>, Error>> + Send + Sync>;

/// An event that another server sent to this one: see
/// [`Namespace::on_server_side_emit`](crate::Namespace::on_server_side_emit).
pub struct ServerSideEvent {
    name: Box<str>,
    from: NodeId,
    arguments: Arguments,
    namespace: Broadcast,
}

impl ServerSideEvent {
    pub(crate) fn new(
        name: Box<str>,
        from: NodeId,
        arguments: Vec<Value>,
        namespace: Broadcast,
    ) -> Self {
        Self { name, from, arguments: Arguments::from_values(arguments), namespace }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the id of the server that sent it, or `emitter` for a process that is none.
    #[must_use]
    pub fn server(&self) -> &str {
        self.from.as_str()
    }

    /// Takes the next argument.
    ///
    /// # Errors
    /// It is missing or not of the type. By `?` the other server reads why.
    pub fn argument<T: DeserializeOwned>(&mut self) -> Result<T, Error> {
        self.arguments.next().map_err(|error| Error::new(error.to_string()))
    }

    /// Returns the arguments that were not taken yet.
    pub fn arguments(&mut self) -> &mut Arguments {
        &mut self.arguments
    }

    /// Emits to the sockets of the namespace that are of this server.
    pub fn local(&self) -> Broadcast {
        self.namespace.clone().local()
    }
}

impl fmt::Debug for ServerSideEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, from, .. } = self;
        f.debug_struct("ServerSideEvent")
            .field("name", name)
            .field("from", from)
            .finish_non_exhaustive()
    }
}

/// Forgets the type of a handler.
pub(crate) fn boxed<F, Fut, Reply>(handler: F) -> ServerSideHandler
where
    F: FnOnce(ServerSideEvent) -> Fut + Clone + Send + Sync + 'static,
    Fut: Future<Output = Reply> + Send + 'static,
    Reply: IntoReply + 'static,
{
    Box::new(move |event| {
        let handler = handler.clone();
        Box::pin(async move {
            let args = handler(event).await.into_reply()?;
            Ok(relay::values(&args)?)
        })
    })
}
