//! What a server was told when it was built.

use std::sync::Arc;

use engineio_proto::{Config, Message};

use crate::compression::HttpCompression;
use crate::cookie::Cookie;
use crate::deflate::PerMessageDeflate;
use crate::hooks::Hooks;
use crate::observer::Observer;
use crate::origin::AllowOrigin;

/// What a server was told when it was built.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) config: Arc<Config>,
    pub(crate) deflate: Option<PerMessageDeflate>,
    pub(crate) compression: Option<HttpCompression>,
    pub(crate) cookie: Option<Cookie>,
    pub(crate) initial_packet: Option<Message>,
    pub(crate) origin: AllowOrigin,
    /// Proxies in front whose word is taken.
    pub(crate) proxies: usize,
    pub(crate) hooks: Hooks,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}
