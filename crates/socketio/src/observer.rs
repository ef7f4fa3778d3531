//! Who watches a server.

use std::fmt;
use std::sync::Arc;

use crate::id::SocketId;
use crate::reason::DisconnectReason;

/// Watches what happens on this server: for metrics, and for whoever shows them.
///
/// Every method does nothing unless it is written. They are called where it happens, by the task of a connection or
/// by who changes a room, and hold it up: count, or pass it on, and be back. What several threads do at once may be
/// told in another order.
///
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
/// use socketio::{DisconnectReason, Namespace, Observer, SocketId, SocketIo};
///
/// #[derive(Clone, Default)]
/// struct Online(Arc<AtomicUsize>);
///
/// impl Observer for Online {
///     fn socket_connected(&self, _: &str, _: SocketId) {
///         self.0.fetch_add(1, Ordering::Relaxed);
///     }
///
///     fn socket_disconnected(&self, _: &str, _: SocketId, _: DisconnectReason) {
///         self.0.fetch_sub(1, Ordering::Relaxed);
///     }
/// }
///
/// let online = Online::default();
/// let io = SocketIo::builder().namespace("/", Namespace::new()).observer(online.clone()).build();
/// ```
#[expect(unused_variables, reason = "an observer that is not interested")]
pub trait Observer: Send + Sync + 'static {
    /// A socket connected to a namespace: its middlewares let it in, and its connect handler comes next.
    fn socket_connected(&self, namespace: &str, socket: SocketId) {}

    /// A socket that was connected left, and is in no room any more. Its disconnect handler comes next.
    fn socket_disconnected(&self, namespace: &str, socket: SocketId, reason: DisconnectReason) {}

    /// A room has its first socket. Each socket has a room of its own id, from before the middlewares.
    fn room_created(&self, namespace: &str, room: &str) {}

    /// A socket joined a room where it was not.
    fn room_joined(&self, namespace: &str, room: &str, socket: SocketId) {}

    /// A socket left a room where it was, or left altogether.
    fn room_left(&self, namespace: &str, room: &str, socket: SocketId) {}

    /// The last socket of a room left.
    fn room_deleted(&self, namespace: &str, room: &str) {}

    /// A namespace whose name matches a pattern was removed, because its last socket left. How they come into being:
    /// [`Builder::on_new_namespace`](crate::Builder::on_new_namespace).
    fn namespace_removed(&self, namespace: &str) {}
}

/// The observer of a server, if it has one.
#[derive(Clone, Default)]
pub(crate) struct Watch(Option<Arc<dyn Observer>>);

impl Watch {
    pub(crate) fn new(observer: impl Observer) -> Self {
        Self(Some(Arc::new(observer)))
    }

    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.0.as_deref()
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Watch").field(&self.0.is_some()).finish()
    }
}
