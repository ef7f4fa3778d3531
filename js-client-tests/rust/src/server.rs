//! The server under test: `CONFORMANCE_SERVER` names its program.

use std::env;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// How often a server that comes back may find its port taken, by a connection that got this port of all.
const ATTEMPTS: usize = 50;

/// How many milliseconds a client has to answer a ping: more than one that is as busy as the tests needs.
const PING_TIMEOUT: u64 = 1_000;
/// The interval of a server that pings, in milliseconds.
const PING_INTERVAL: u64 = 500;
/// The interval of a server that pings nobody before the test is over.
const NEVER: u64 = 60_000;

/// A server at a port of loopback, which it keeps when it ends and comes back. Ends when it is dropped.
#[derive(Debug)]
pub struct Server {
    process: Child,
    port: String,
    ping_interval: u64,
}

impl Server {
    /// Starts a server that sends no pings, at any port, and waits until it listens.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    pub fn start() -> Self {
        Self::start_at("0", NEVER).expect("the server listens")
    }

    /// Starts one that does, and says after which time it has ended the session of a client that does not answer: in
    /// the middle between two pings.
    ///
    /// # Panics
    /// When it does not listen.
    #[must_use]
    pub fn start_to_ping() -> (Self, Duration) {
        let server = Self::start_at("0", PING_INTERVAL).expect("the server listens");
        (server, Duration::from_millis(PING_INTERVAL * 3 / 2 + PING_TIMEOUT))
    }

    /// Ends the server at once, as a crash would, and returns what starts it again at the same port.
    pub fn end(self) -> impl FnOnce() -> Self {
        let port = self.port.clone();
        let ping_interval = self.ping_interval;
        drop(self);
        move || {
            let started = (0..ATTEMPTS).find_map(|_| Self::start_at(&port, ping_interval));
            started.expect("the server listens again")
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    fn start_at(port: &str, ping_interval: u64) -> Option<Self> {
        let program =
            env::var_os("CONFORMANCE_SERVER").expect("CONFORMANCE_SERVER names the server");
        let mut command = Command::new(program);
        command.env("PORT", port).stdout(Stdio::piped());
        command.env("PING_INTERVAL", ping_interval.to_string());
        command.env("PING_TIMEOUT", PING_TIMEOUT.to_string());
        let process = command.spawn().expect("the server starts");
        let mut server = Self { process, port: String::new(), ping_interval };
        let output = server.process.stdout.take().expect("it was asked for");
        let mut said = String::new();
        BufReader::new(output).read_line(&mut said).expect("the server speaks UTF-8");
        server.port = said.trim().strip_prefix("listening on http://127.0.0.1:")?.to_owned();
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill();
        _ = self.process.wait();
    }
}
