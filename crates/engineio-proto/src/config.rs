//! What a server's sessions are given and allowed.

use std::time::Duration;

use crate::transport::Transport;

/// What every session of a server is given and allowed. Defaults equal Node's where Node has the option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Time between the answer to a ping and the next ping. Default: 25 s. `Duration::MAX` never pings.
    pub ping_interval: Duration,
    /// Time the client has to answer a ping. Default: 20 s. `Duration::MAX` switches the limit off.
    pub ping_timeout: Duration,
    /// Time the client has to finish an upgrade, counted from its WebSocket's opening. Default: 10 s.
    /// `Duration::MAX` switches the limit off.
    pub upgrade_timeout: Duration,
    /// Bytes that one polling body or one WebSocket message may have. Default: 1,000,000. `usize::MAX`
    /// switches the limit off.
    pub max_payload: usize,
    /// Frames that one WebSocket message may come in, empty ones included. Default: 16,384, as the reference
    /// server's. `usize::MAX` switches the limit off.
    pub max_fragments: usize,
    /// Bytes that may wait for a client that does not take them. Default: 16 MiB.
    ///
    /// A session over it is closed: a reader this slow would otherwise hold memory without end. One
    /// message larger than all that may wait passes, and does not count against what comes behind it.
    /// `usize::MAX` switches the limit off.
    pub max_backlog: usize,
    /// The transports that a session may start with. Default: polling and WebSocket.
    pub transports: Vec<Transport>,
    /// Whether a polling session is offered the upgrade to a WebSocket. Default: yes. A client that
    /// upgrades without an offer is let, as by Node.
    pub allow_upgrades: bool,
    /// Whether clients of revision 3 may connect, as Node's `allowEIO3`. Default: no. They may poll by
    /// [JSONP](crate::jsonp), and so may others then.
    pub allow_eio3: bool,
    /// Whether clients of revision 4 may poll by [JSONP](crate::jsonp) also where those of revision 3 may not connect.
    /// Default: no. Node always answers by it who asks for it, though no official client of revision 4 does.
    ///
    /// A script is read by whichever page includes it, with the cookies of its user and without an `Origin`.
    pub allow_jsonp: bool,
}

impl Config {
    /// Says whether a client may poll by [JSONP](crate::jsonp).
    #[must_use]
    pub const fn answers_by_script(&self) -> bool {
        self.allow_eio3 || self.allow_jsonp
    }

    /// Returns the transports that a session on `transport` is offered to upgrade to.
    #[must_use]
    pub fn upgrades(&self, transport: Transport) -> &'static [Transport] {
        let offered = self.allow_upgrades
            && transport == Transport::Polling
            && self.transports.contains(&Transport::WebSocket);
        if offered { &[Transport::WebSocket] } else { &[] }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            max_payload: 1_000_000,
            max_fragments: 16_384,
            max_backlog: 16 * 1024 * 1024,
            transports: vec![Transport::Polling, Transport::WebSocket],
            allow_upgrades: true,
            allow_eio3: false,
            allow_jsonp: false,
        }
    }
}
