//! What all sockets of one connection share.

use std::any::Any;
use std::sync::Arc;
use std::time::SystemTime;

use engineio::{Mailbox, Request};

use crate::outgoing::Outgoing;

/// What all sockets of one connection share.
pub(crate) struct Client {
    pub(crate) request: Arc<Request>,
    pub(crate) time: SystemTime,
    /// Proxies in front whose word is taken.
    pub(crate) proxies: usize,
    pub(crate) mailbox: Mailbox<Outgoing>,
    /// The server, by a type that stands above this module.
    pub(crate) server: Arc<dyn Any + Send + Sync>,
}
