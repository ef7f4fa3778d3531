//! Acknowledgements of the clients of other servers.

use std::collections::HashMap;
use std::task::{Context, Poll};

use socketio_cluster::NodeId;
use socketio_proto::Arguments;

use crate::ack::AckError;
use crate::id::SocketId;
use crate::link::{Asked, Reply};

/// The answer of one client of another server, which may be named.
type Answer = (Option<SocketId>, Result<Arguments, AckError>);

/// What the clients of other servers still owe.
#[derive(Debug)]
pub(crate) struct Remote {
    asked: Asked,
    servers: HashMap<NodeId, Owed>,
    /// Clients whose server was lost before they answered.
    lost: usize,
}

/// What the clients of one server still owe.
#[derive(Debug, Default)]
struct Owed {
    /// The server has said how many clients it asked.
    is_counted: bool,
    /// Clients it asked, less those that answered. A bus may bring an answer before the number.
    clients: isize,
}

impl Remote {
    pub(crate) fn new(mut asked: Asked) -> Self {
        let servers = std::mem::take(&mut asked.servers).into_iter();
        let servers = servers.map(|server| (server, Owed::default())).collect();
        Self { asked, servers, lost: 0 }
    }

    /// Returns how many clients have not answered, of those that are known of.
    pub(crate) fn waiting(&self) -> usize {
        let owed = self.servers.values().filter_map(|owed| usize::try_from(owed.clients).ok());
        self.lost + owed.sum::<usize>()
    }

    /// Waits for the next answer, or returns `None` if all have come.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Answer>> {
        loop {
            if self.lost > 0 {
                self.lost -= 1;
                return Poll::Ready(Some((None, Err(AckError::Disconnected))));
            }
            if self.servers.values().all(|owed| owed.is_counted && owed.clients <= 0) {
                return Poll::Ready(None);
            }
            match self.asked.replies.poll_recv(cx) {
                Poll::Ready(Some((from, reply))) => {
                    if let Some(answer) = self.on_reply(from, reply) {
                        return Poll::Ready(Some(answer));
                    }
                }
                Poll::Ready(None) => return Poll::Ready(None), // not as long as it is asked
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn on_reply(&mut self, from: NodeId, reply: Reply) -> Option<Answer> {
        match reply {
            Reply::Clients(clients) => {
                let owed = self.servers.entry(from).or_default();
                if !owed.is_counted {
                    owed.is_counted = true;
                    owed.clients =
                        owed.clients.saturating_add_unsigned(clients.min(isize::MAX as usize));
                }
                None
            }
            Reply::Ack(socket, arguments) => {
                let owed = self.servers.entry(from).or_default();
                owed.clients = owed.clients.saturating_sub(1);
                let socket = socket.and_then(|id| SocketId::from_name(&id));
                let answer = arguments.map(Arguments::from_values).ok_or(AckError::Disconnected);
                Some((socket, answer))
            }
            Reply::Gone => {
                let owed = self.servers.remove(&from)?;
                self.lost += usize::try_from(owed.clients).unwrap_or(0);
                None
            }
            Reply::Sockets(_) | Reply::Emitted(_) => None,
        }
    }

    /// Forgets one client that did not answer, or one server that did not say how many it asked. Says whether there
    /// was one.
    pub(crate) fn forget_one(&mut self) -> bool {
        let late = self.servers.values_mut().find(|owed| !owed.is_counted || owed.clients > 0);
        match late {
            Some(owed) if owed.clients > 0 => owed.clients -= 1,
            Some(owed) => owed.is_counted = true,
            None => return false,
        }
        true
    }
}
