//! A handler with its state, as a tower service.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tower_layer::Layer;
use tower_service::Service;

use crate::error::{BoxError, Error};
use crate::event::Event;
use crate::handler::{BoxFuture, Outcome};

/// A handler that has its state: the tower service that layers are put around. Cheap to clone.
///
/// It is always ready and never fails: how the handler ended is in its [`Outcome`].
#[derive(Clone)]
pub struct EventService(Arc<dyn Fn(Event) -> BoxFuture<Outcome> + Send + Sync>);

impl EventService {
    pub(crate) fn new(
        handler: impl Fn(Event) -> BoxFuture<Outcome> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(handler))
    }

    pub(crate) fn run(&self, event: Event) -> BoxFuture<Outcome> {
        (self.0)(event)
    }

    /// Puts a layer around it, once: what the layer counts, it counts for all sockets.
    pub(crate) fn layered<L>(self, layer: &L) -> Self
    where
        L: Layer<Self>,
        L::Service: Service<Event, Response = Outcome> + Clone + Send + Sync + 'static,
        <L::Service as Service<Event>>::Error: Into<BoxError>,
        <L::Service as Service<Event>>::Future: Send,
    {
        let service = layer.layer(self);
        Self::new(move |event| Box::pin(call(service.clone(), event)))
    }
}

/// Calls a service when it is ready. Its error is for the client, unless the handler took the acknowledgement.
async fn call<S>(mut service: S, mut event: Event) -> Outcome
where
    S: Service<Event, Response = Outcome, Error: Into<BoxError>>,
{
    let claim = event.claim();
    let ended = match poll_fn(|cx| service.poll_ready(cx)).await.map_err(Into::into) {
        Ok(()) => service.call(event).await.map_err(Into::into),
        Err(error) => Err(error),
    };
    ended.unwrap_or_else(|error: BoxError| {
        let owed = !claim.is_some_and(|claim| claim.is_taken());
        Outcome::Failed { error: Error::from_boxed(error), owed }
    })
}

impl Service<Event> for EventService {
    type Response = Outcome;
    type Error = Infallible;
    type Future = EventFuture;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, event: Event) -> EventFuture {
        EventFuture(self.run(event))
    }
}

impl fmt::Debug for EventService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventService").finish_non_exhaustive()
    }
}

/// A handler that runs: the future of an [`EventService`].
pub struct EventFuture(BoxFuture<Outcome>);

impl Future for EventFuture {
    type Output = Result<Outcome, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for EventFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventFuture").finish_non_exhaustive()
    }
}
