//! Handlers: async functions whose parameters say what they need.

mod layered;
mod service;

use std::future::Future;
use std::pin::Pin;

use serde::Serialize;
use socketio_proto::{Args, Encoded, Rest};
use tower_layer::Layer;

use crate::error::Error;
use crate::event::{Event, FromEvent};
use crate::extract::Data;
use crate::socket::Socket;

pub use layered::Layered;
pub use service::{EventFuture, EventService};

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// A handler, whatever its parameters are, that still misses its state.
pub(crate) type Unbound<S> = Box<dyn FnOnce(S) -> EventService + Send + Sync>;

/// What a handler returns: the arguments of the acknowledgement, if the client wants one.
///
/// `()` acknowledges with no arguments, `Data(value)` with one, a tuple `(Data(a), Data(b))` with several,
/// [`Rest`] with dynamic ones. A `Result` with an [`Error`] lets the handler use `?`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a reply",
    label = "a handler cannot return this",
    note = "to acknowledge with a value, wrap it: `Data({Self})`",
    note = "a `Result` needs the error `socketio::Error`; any other becomes one by `?`"
)]
pub trait IntoReply {
    /// The arguments of the acknowledgement.
    type Args: Args;

    /// Turns the result into arguments.
    ///
    /// # Errors
    /// The handler failed.
    fn into_reply(self) -> Result<Self::Args, Error>;
}

impl IntoReply for () {
    type Args = ();

    fn into_reply(self) -> Result<(), Error> {
        Ok(())
    }
}

impl<T: Serialize> IntoReply for Data<T> {
    type Args = (T,);

    fn into_reply(self) -> Result<(T,), Error> {
        Ok((self.0,))
    }
}

impl IntoReply for Rest {
    type Args = Self;

    fn into_reply(self) -> Result<Self, Error> {
        Ok(self)
    }
}

impl<T: IntoReply> IntoReply for Result<T, Error> {
    type Args = T::Args;

    fn into_reply(self) -> Result<T::Args, Error> {
        self?.into_reply()
    }
}

macro_rules! tuple_reply {
    ($($T:ident),*) => {
        #[diagnostic::do_not_recommend]
        impl<$($T: Serialize),*> IntoReply for ($(Data<$T>,)*) {
            type Args = ($($T,)*);

            #[allow(non_snake_case)]
            fn into_reply(self) -> Result<($($T,)*), Error> {
                let ($(Data($T),)*) = self;
                Ok(($($T,)*))
            }
        }
    };
}

tuple_reply!(A);
tuple_reply!(A, B);
tuple_reply!(A, B, C);
tuple_reply!(A, B, C, D);
tuple_reply!(A, B, C, D, E);
tuple_reply!(A, B, C, D, E, F);
tuple_reply!(A, B, C, D, E, F, G);
tuple_reply!(A, B, C, D, E, F, G, H);

/// How a handler ended.
#[derive(Debug)]
pub enum Outcome {
    /// It ran. The packet is the acknowledgement that the client wants.
    Done(Option<Encoded>),
    /// It was not called, because a parameter could not be made.
    Rejected(Error),
    /// It returned an error, which the client is to read if it still wants an answer.
    Failed {
        /// The error.
        error: Error,
        /// The automatic acknowledgement is on.
        owed: bool,
    },
}

impl Outcome {
    /// Ends an event with a reply, for a tower service that answers in a handler's place.
    pub fn reply(mut event: Event, reply: impl IntoReply) -> Self {
        let ack = event.take_ack().map(|id| (event.socket().clone(), id));
        finish(reply.into_reply(), ack)
    }
}

/// An async function or closure from extractors to a reply.
///
/// Its parameters, up to ten, are [extractors](FromEvent): [`Socket`], [`Data`], [`State`](crate::State), …
/// Its result is a [reply](IntoReply).
#[diagnostic::on_unimplemented(
    message = "this is not a handler for a namespace with the state `{S}`",
    label = "not a handler",
    note = "a handler is an async function or closure, `async |socket: Socket, Data(x): Data<T>| …`",
    note = "each parameter is an extractor: `Data<T>` for an argument, `Socket`, `State<T>`, `Extension<T>`, `Ack`, `Rest`, …",
    note = "its result is a reply: `()`, `Data<T>`, a tuple of `Data`, `Rest`, or a `Result` of one of them",
    note = "the error of a `Result` is `socketio::Error`, which any other error becomes by `?`",
    note = "its future is `Send`: it holds no `Rc` and no guard of a lock over an `.await`",
    note = "what a closure captures is `Clone + Send + Sync`"
)]
pub trait Handler<T, S>: Clone + Send + Sync + 'static {
    /// Runs the handler on an event.
    fn call(self, event: Event, state: S) -> impl Future<Output = Outcome> + Send + 'static;

    /// Makes a tower service of the handler and its state.
    fn with_state(self, state: S) -> EventService
    where
        S: Clone + Send + Sync + 'static,
    {
        EventService::new(move |event| Box::pin(self.clone().call(event, state.clone())))
    }

    /// Puts a tower layer around this handler: a limit, a timeout, a measurement.
    ///
    /// The layer is applied once, when the namespace is added to a server, so what it counts it counts for all
    /// sockets: at most eight searches run at a time here, whoever asks. The service sees an [`Event`] and returns
    /// an [`Outcome`]. Its error ends the event as the error of a handler does: the client reads `internal error`,
    /// or what an [`Error`] says that was made for it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use socketio::{Data, Handler, Namespace};
    /// use tower::limit::ConcurrencyLimitLayer;
    /// use tower::timeout::TimeoutLayer;
    ///
    /// async fn search(Data(words): Data<String>) -> Data<Vec<String>> {
    ///     Data(vec![words])
    /// }
    ///
    /// let namespace = Namespace::<()>::new().on(
    ///     "search",
    ///     search
    ///         .layer(ConcurrencyLimitLayer::new(8))
    ///         .layer(TimeoutLayer::new(Duration::from_secs(1))), // the outermost: to queue takes time as well
    /// );
    /// ```
    fn layer<L>(self, layer: L) -> Layered<L, Self, T, S>
    where
        L: Layer<EventService>,
    {
        Layered::new(layer, self)
    }
}

macro_rules! handler {
    ($($T:ident),*) => {
        #[diagnostic::do_not_recommend]
        #[allow(non_snake_case, unused_mut, unused_variables)]
        impl<Func, Fut, Reply, S, $($T,)*> Handler<($($T,)*), S> for Func
        where
            Func: FnOnce($($T,)*) -> Fut + Clone + Send + Sync + 'static,
            Fut: Future<Output = Reply> + Send + 'static,
            Reply: IntoReply + 'static,
            S: Send + Sync + 'static,
            $($T: FromEvent<S> + Send + 'static,)*
        {
            // An `async fn` would hold its arguments twice.
            fn call(self, mut event: Event, state: S) -> impl Future<Output = Outcome> + Send + 'static {
                async move {
                    $(
                        let $T = match $T::from_event(&mut event, &state).await {
                            Ok(value) => value,
                            Err(error) => return Outcome::Rejected(error),
                        };
                    )*
                    let ack = event.take_ack().map(|id| (event.socket().clone(), id));
                    event.recycle(); // neither is held while the handler waits
                    drop(state);
                    finish(self($($T,)*).await.into_reply(), ack)
                }
            }
        }
    };
}

handler!();
handler!(A);
handler!(A, B);
handler!(A, B, C);
handler!(A, B, C, D);
handler!(A, B, C, D, E);
handler!(A, B, C, D, E, F);
handler!(A, B, C, D, E, F, G);
handler!(A, B, C, D, E, F, G, H);
handler!(A, B, C, D, E, F, G, H, I);
handler!(A, B, C, D, E, F, G, H, I, J);

fn finish<A: Args>(reply: Result<A, Error>, ack: Option<(Socket, u64)>) -> Outcome {
    let args = match reply {
        Ok(args) => args,
        Err(error) => return Outcome::Failed { error, owed: ack.is_some() },
    };
    let Some((socket, id)) = ack else { return Outcome::Done(None) };
    match socket.adapter().codec.ack(socket.namespace(), id, &args) {
        Ok(packet) => Outcome::Done(Some(packet)),
        Err(error) => Outcome::Failed { error: error.into(), owed: true },
    }
}

/// Forgets the type of a handler.
pub(crate) fn unbound<H, T, S>(handler: H) -> Unbound<S>
where
    H: Handler<T, S>,
    S: Clone + Send + Sync + 'static,
{
    Box::new(move |state| handler.with_state(state))
}
