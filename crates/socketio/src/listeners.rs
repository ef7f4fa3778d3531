//! What a namespace calls, and when.

use std::fmt;
use std::sync::Arc;

use tracing::debug;

use crate::event::Event;
use crate::handler::{EventService, Outcome};
use crate::names::Names;
use crate::server_side::ServerSideHandler;

/// The handlers of a namespace that have their state.
pub(crate) type Handlers = Listeners<EventService>;

/// What a namespace calls, and when. `H` is a handler, with its state or without.
pub(crate) struct Listeners<H> {
    /// Before a client is let in, in this order.
    pub(crate) middlewares: Vec<H>,
    pub(crate) connect: Option<H>,
    /// While the socket is in its rooms.
    pub(crate) disconnecting: Option<H>,
    pub(crate) disconnect: Option<H>,
    pub(crate) error: Option<H>,
    /// For each event that arrives, before all others.
    pub(crate) any: Option<H>,
    /// For each event that leaves.
    pub(crate) any_outgoing: Option<H>,
    /// Before the handler of an event, in this order. They are part of the handlers once those have their state.
    pub(crate) event_middlewares: Vec<H>,
    pub(crate) events: Names<H>,
    /// For events that `events` does not have.
    pub(crate) fallback: Option<H>,
    /// For events of other servers.
    pub(crate) server_side: Names<ServerSideHandler>,
}

impl<H> fmt::Debug for Listeners<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listeners").field("events", &self.events.keys()).finish_non_exhaustive()
    }
}

impl<H> Default for Listeners<H> {
    fn default() -> Self {
        Self {
            middlewares: Vec::new(),
            connect: None,
            disconnecting: None,
            disconnect: None,
            error: None,
            any: None,
            any_outgoing: None,
            event_middlewares: Vec::new(),
            events: Names::default(),
            fallback: None,
            server_side: Names::default(),
        }
    }
}

impl<H> Listeners<H> {
    /// Makes something else of each handler.
    pub(crate) fn map<G>(self, mut change: impl FnMut(H) -> G) -> Listeners<G> {
        let change = &mut change;
        Listeners {
            middlewares: self.middlewares.into_iter().map(&mut *change).collect(),
            connect: self.connect.map(&mut *change),
            disconnecting: self.disconnecting.map(&mut *change),
            disconnect: self.disconnect.map(&mut *change),
            error: self.error.map(&mut *change),
            any: self.any.map(&mut *change),
            any_outgoing: self.any_outgoing.map(&mut *change),
            event_middlewares: self.event_middlewares.into_iter().map(&mut *change).collect(),
            events: self
                .events
                .into_iter()
                .map(|(name, handler)| (name, change(handler)))
                .collect(),
            fallback: self.fallback.map(change),
            server_side: self.server_side,
        }
    }
}

impl Handlers {
    /// Puts the middlewares of events before the handlers of events, so that who has none pays for none.
    pub(crate) fn guard_events(&mut self) {
        if self.event_middlewares.is_empty() {
            return;
        }
        let middlewares: Arc<[EventService]> = std::mem::take(&mut self.event_middlewares).into();
        for handler in self.events.values_mut() {
            *handler = guarded(&middlewares, Some(handler.clone()));
        }
        self.fallback = Some(guarded(&middlewares, self.fallback.take()));
    }

    /// Returns the handler of an event.
    pub(crate) fn of_event(&self, name: &str) -> Option<&EventService> {
        self.events.get(name).or(self.fallback.as_ref())
    }
}

fn guarded(middlewares: &Arc<[EventService]>, handler: Option<EventService>) -> EventService {
    let middlewares = Arc::clone(middlewares);
    EventService::new(move |event| {
        Box::pin(guard(Arc::clone(&middlewares), handler.clone(), event))
    })
}

/// Asks the middlewares, one after the other, and then the handler.
async fn guard(
    middlewares: Arc<[EventService]>,
    handler: Option<EventService>,
    event: Event,
) -> Outcome {
    for middleware in &*middlewares {
        match middleware.run(event.copy()).await {
            Outcome::Done(_) => {}
            // It had a copy, so it cannot have taken the acknowledgement.
            Outcome::Failed { error, .. } => return Outcome::Failed { error, owed: true },
            rejected @ Outcome::Rejected(_) => return rejected,
        }
    }
    let Some(handler) = handler else {
        debug!("nobody handles this event");
        return Outcome::Done(None);
    };
    handler.run(event).await
}
