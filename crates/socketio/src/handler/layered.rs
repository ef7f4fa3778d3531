//! A handler with a tower layer around it.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;

use tower_layer::Layer;
use tower_service::Service;

use crate::error::BoxError;
use crate::event::Event;
use crate::handler::{EventService, Handler, Outcome};

/// A handler with a tower layer around it: [`Handler::layer`].
pub struct Layered<L, H, T, S> {
    layer: L,
    handler: H,
    /// What tells the handler's implementations of [`Handler`] apart.
    kind: PhantomData<fn() -> (T, S)>,
}

impl<L, H, T, S> Layered<L, H, T, S> {
    pub(crate) fn new(layer: L, handler: H) -> Self {
        Self { layer, handler, kind: PhantomData }
    }
}

#[diagnostic::do_not_recommend]
impl<L, H, T, S> Handler<T, S> for Layered<L, H, T, S>
where
    L: Layer<EventService> + Clone + Send + Sync + 'static,
    L::Service: Service<Event, Response = Outcome> + Clone + Send + Sync + 'static,
    <L::Service as Service<Event>>::Error: Into<BoxError>,
    <L::Service as Service<Event>>::Future: Send,
    H: Handler<T, S>,
    T: 'static,
    S: Clone + Send + Sync + 'static,
{
    fn call(self, event: Event, state: S) -> impl Future<Output = Outcome> + Send + 'static {
        self.with_state(state).run(event)
    }

    fn with_state(self, state: S) -> EventService {
        self.handler.with_state(state).layered(&self.layer)
    }
}

impl<L: Clone, H: Clone, T, S> Clone for Layered<L, H, T, S> {
    fn clone(&self) -> Self {
        Self::new(self.layer.clone(), self.handler.clone())
    }
}

impl<L: fmt::Debug, H, T, S> fmt::Debug for Layered<L, H, T, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Layered").field("layer", &self.layer).finish_non_exhaustive()
    }
}
