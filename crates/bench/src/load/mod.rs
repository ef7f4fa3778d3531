//! What clients do to a server, and how fast it lets them.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use mio::{Events, Poll, Token};
use rustix::time::{ClockId, clock_gettime};

use crate::client::{Client, PATIENCE};
use crate::server::Task;

mod broadcast;
mod churn;
mod echo;
mod idle;
mod polling;

use broadcast::News;
pub(crate) use idle::Crowd;

/// For so long a client asks again and again before it sleeps. To wake a sleeper costs the server, on a machine with both of
/// them, more than to send; no client on a machine of its own does that to it.
const SPIN: Duration = Duration::from_micros(200);
static SPUN: AtomicU64 = AtomicU64::new(0);

/// The time that this thread worked: it ran, and did not only ask whether there is something to do.
pub(crate) fn worked() -> Duration {
    thread_time().saturating_sub(Duration::from_nanos(SPUN.load(Ordering::Relaxed)))
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// What a row of the table does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Each connection has `window` requests in flight; an operation is one request and its answer.
    Echo { event: Echo, connections: usize, window: usize },
    /// One member sends `window` broadcasts at once; an operation is a delivery to one member.
    Broadcast { members: usize, window: usize },
    /// The same, one at a time: it is long, and compressed for every member.
    CompressedBroadcast { members: usize },
    /// As an echo, but each request is a `POST` and each answer a `GET`.
    Polling { connections: usize },
    /// Connect, join, disconnect: one operation.
    Churn { at_once: usize },
    /// Nothing, at some length.
    Idle { connections: usize },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Event,
    Acknowledged,
    Binary,
}

/// How long a load runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Until {
    Time(Instant),
    Operations(u64),
}

impl Until {
    /// Whether one operation more may start after so many.
    fn allows(self, started: u64) -> bool {
        match self {
            Self::Time(end) => Instant::now() < end,
            Self::Operations(end) => started < end,
        }
    }

    /// How many of `wanted` operations may start after so many. `now` may be of a little while ago.
    fn grant(self, now: Instant, started: u64, wanted: u64) -> u64 {
        match self {
            Self::Time(end) if now < end => wanted,
            Self::Time(_) => 0,
            Self::Operations(end) => wanted.min(end.saturating_sub(started)),
        }
    }
}

/// Clients that are connected and wait to be told to begin.
pub(crate) trait Load {
    /// Runs for a while, begins and ends with nothing in flight, and returns the operations that were done.
    fn run(&mut self, until: Until) -> io::Result<u64>;
}

impl Shape {
    /// Connects the clients.
    pub(crate) fn prepare(self, address: SocketAddr) -> io::Result<Box<dyn Load>> {
        Ok(match self {
            Self::Echo { event, connections, window } => {
                Box::new(echo::Echoes::connect(address, event, connections, window)?)
            }
            Self::Broadcast { members, window } => {
                Box::new(broadcast::Broadcasts::connect(address, members, window, News::SHORT)?)
            }
            Self::CompressedBroadcast { members } => {
                Box::new(broadcast::Broadcasts::connect(address, members, 1, News::LONG)?)
            }
            Self::Polling { connections } => {
                Box::new(polling::Polls::connect(address, connections)?)
            }
            Self::Churn { at_once } => Box::new(churn::Churn::new(address, at_once)?),
            Self::Idle { connections } => Box::new(Crowd::connect(address, connections)?),
        })
    }

    /// What a server has to be started for.
    pub(crate) const fn task(self) -> Task {
        match self {
            Self::Polling { .. } => Task::Polling,
            Self::CompressedBroadcast { .. } => Task::Compression,
            Self::Echo { .. } | Self::Broadcast { .. } | Self::Churn { .. } | Self::Idle { .. } => {
                Task::Plain
            }
        }
    }
}

/// Clients behind one epoll.
struct Clients {
    poll: Poll,
    events: Events,
    all: Vec<Client>,
    /// What every client reads into.
    buffer: Vec<u8>,
}

impl Clients {
    fn new(clients: impl IntoIterator<Item = io::Result<Client>>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let mut all = Vec::new();
        for client in clients {
            let mut client = client?;
            client.register(poll.registry(), Token(all.len()))?;
            all.push(client);
        }
        Ok(Self { poll, events: Events::with_capacity(1024), all, buffer: vec![0; 64 * 1024] })
    }

    /// Waits for some clients to be ready and hands each to `ready`, with the buffer for what it reads.
    fn wait(
        &mut self,
        mut ready: impl FnMut(usize, &mut Client, &mut [u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        self.ask(Duration::ZERO)?;
        if self.events.is_empty() {
            let (begun, used) = (Instant::now(), thread_time());
            while self.events.is_empty() && begun.elapsed() < SPIN {
                self.ask(Duration::ZERO)?;
            }
            let spun = thread_time() - used;
            SPUN.fetch_add(spun.as_nanos() as u64, Ordering::Relaxed);
        }
        if self.events.is_empty() {
            self.ask(PATIENCE)?;
        }
        if self.events.is_empty() {
            return Err(io::Error::other(format!("the server was silent for {PATIENCE:?}")));
        }
        for event in &self.events {
            let index = event.token().0;
            let client = &mut self.all[index];
            if event.is_writable() {
                client.flush()?;
            }
            if event.is_readable() {
                ready(index, client, &mut self.buffer)?;
            }
        }
        Ok(())
    }

    fn ask(&mut self, patience: Duration) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(patience)) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            result => result,
        }
    }
}

/// For how long a load runs, from now on.
pub(crate) fn lasting(duration: Duration) -> Until {
    Until::Time(Instant::now() + duration)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_operations_start_than_were_asked_for() {
        let now = Instant::now();
        let until = Until::Operations(10);
        assert_eq!(
            [until.grant(now, 0, 4), until.grant(now, 8, 4), until.grant(now, 10, 4)],
            [4, 2, 0]
        );
        assert!(until.allows(9) && !until.allows(10));
    }

    #[test]
    fn none_starts_when_the_time_is_over() {
        let until = lasting(Duration::from_secs(60));
        let Until::Time(end) = until else { panic!("it lasts") };
        assert_eq!(until.grant(end - Duration::from_secs(1), 0, 4), 4);
        assert_eq!(until.grant(end, 0, 4), 0);
    }
}
