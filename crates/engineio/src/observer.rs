//! Whoever watches the sessions of a server: metrics, an admin's page, a test.

use std::sync::Arc;

use engineio_proto::{CloseReason, Packet, Sid, Transport};

use crate::outgoing::Outgoing;
use crate::refused::ConnectionError;
use crate::request::Request;

/// Whoever watches the sessions of a server: metrics, an admin's page, a test.
///
/// Every method has a default that does nothing. They are called by the sessions' own tasks, on all
/// threads, and hold up the session as long as they take; a panic ends the session. Without an observer
/// each call is one check.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use engineio::{CloseReason, EngineIo, Observed, Observer, Session};
///
/// #[derive(Default)]
/// struct Open(AtomicUsize);
///
/// impl Observer for Open {
///     fn opened(&self, _: Observed<'_>) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
///
///     fn closed(&self, _: Observed<'_>, _: CloseReason) {
///         self.0.fetch_sub(1, Ordering::Relaxed);
///     }
/// }
///
/// let open = Arc::new(Open::default());
/// let server = EngineIo::builder().observer(open.clone()).build(async |mut session: Session| {
///     while session.next().await.is_some() {}
/// });
/// ```
pub trait Observer: Send + Sync + 'static {
    /// A session opened. Its handler runs next.
    fn opened(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// A session ended: the last that is heard of it. A handler that ends before its session does
    /// ends it as [`CloseReason::ForcedClose`].
    fn closed(&self, session: Observed<'_>, reason: CloseReason) {
        let _ = (session, reason);
    }

    /// A packet arrived, and is handled next. The probe of an upgrade is seen too.
    fn packet(&self, session: Observed<'_>, packet: &Packet) {
        let _ = (session, packet);
    }

    /// A packet goes to the transport: each once, in the order in which the client reads them. What
    /// waits for a poll when the session ends is never seen.
    fn packet_create(&self, session: Observed<'_>, packet: &Packet<Outgoing>) {
        let _ = (session, packet);
    }

    /// The client answered a ping, or sent one, if it speaks revision 3.
    fn heartbeat(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// Bytes are handed to the transport: a poll is answered, or a WebSocket is written to. The latter
    /// comes again as often as it does not take all.
    fn flush(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// The transport has taken all there was. The client may not have read it.
    fn drain(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// The client tries out a WebSocket. Polling goes on meanwhile.
    fn upgrading(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// The WebSocket has taken over.
    fn upgraded(&self, session: Observed<'_>) {
        let _ = session;
    }

    /// A request was refused.
    fn refused(&self, error: &ConnectionError) {
        let _ = error;
    }
}

/// A session as an [`Observer`] sees it.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// Its id, by which it is told from others. A secret: see [`Sid`].
    pub sid: &'a Sid,
    /// The request that opened it.
    pub request: &'a Arc<Request>,
    /// What carries it now.
    pub transport: Transport,
}
