//! The servers that are compared: how each is started and ended.

use std::ffi::OsString;
use std::fmt::{self, Display};
use std::io::{self, BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::machine::{Cores, programs};

/// The time a server has to say where it listens; valgrind takes a while.
const START: Duration = Duration::from_secs(60);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Floor,
    Ours,
    Socketioxide,
    Node,
}

/// What a server is started to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    /// To serve WebSockets.
    Plain,
    /// To serve clients that poll. The floor of polling is another than that of WebSocket.
    Polling,
    /// To serve WebSockets, and compress.
    Compression,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Floor, Self::Ours, Self::Socketioxide, Self::Node];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Ours => "ours",
            Self::Socketioxide => "socketioxide",
            Self::Node => "node",
        }
    }

    /// Whether the server can do this at all.
    pub(crate) fn can(self, task: Task) -> bool {
        self != Self::Socketioxide || task != Task::Compression
    }

    /// The program and its arguments.
    fn command(self, task: Task) -> io::Result<Vec<OsString>> {
        let argument = (task == Task::Compression).then(|| "--deflate".into());
        let program = match self {
            Self::Node => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/server.mjs");
                return Ok(["node".into(), script.into()].into_iter().chain(argument).collect());
            }
            Self::Floor if task == Task::Polling => "server-floor-polling",
            Self::Floor => "server-floor",
            Self::Ours => "server-ours",
            Self::Socketioxide => "server-socketioxide",
        };
        Ok([programs()?.join(program).into()].into_iter().chain(argument).collect())
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A server that runs, and ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a server on its core, behind the words of `wrapper`, and waits until it listens.
    ///
    /// The kernel ends it should this program die without a farewell.
    pub(crate) fn start(
        kind: Kind,
        task: Task,
        cores: Cores,
        wrapper: &[OsString],
    ) -> io::Result<Self> {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "taskset", "--cpu-list", &cores.server.to_string()])
            .args(wrapper)
            .args(kind.command(task)?)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let output = child.stdout.take().expect("it is piped");
        let (sender, first) = mpsc::channel();
        thread::spawn(move || {
            let mut lines = BufReader::new(output).lines();
            _ = sender.send(lines.next());
            lines.for_each(drop); // whatever else it says must not block it
        });
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        let line = first.recv_timeout(START).ok().flatten().transpose()?.unwrap_or_default();
        server.address = line
            .parse()
            .map_err(|_| io::Error::other(format!("{kind} did not say where it listens")))?;
        Ok(server)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
