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

    /// The program and its arguments. The floor of polling is another than that of WebSocket.
    fn command(self, polling: bool) -> io::Result<Vec<OsString>> {
        let program = match self {
            Self::Node => {
                let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("node/server.mjs");
                return Ok(vec!["node".into(), script.into()]);
            }
            Self::Floor if polling => "server-floor-polling",
            Self::Floor => "server-floor",
            Self::Ours => "server-ours",
            Self::Socketioxide => "server-socketioxide",
        };
        Ok(vec![programs()?.join(program).into()])
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
        polling: bool,
        cores: Cores,
        wrapper: &[OsString],
    ) -> io::Result<Self> {
        let mut child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL", "taskset", "--cpu-list", &cores.server.to_string()])
            .args(wrapper)
            .args(kind.command(polling)?)
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
