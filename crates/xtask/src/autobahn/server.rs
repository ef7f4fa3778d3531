//! The server that the cases are run against.

use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::tools::{command, forward};

/// More than the server takes to listen.
const START: Duration = Duration::from_secs(20);

/// Whether a compressed message may refer to messages before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Context {
    Lost,
    Kept,
}

/// A server that runs. Ends when it is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    /// Host and port.
    address: String,
}

impl Server {
    /// Starts `conformance ws-echo` at a free port, and waits until it listens.
    ///
    /// # Errors
    /// Says that it could not be started, or does not listen.
    pub(crate) fn start(conformance: &Path, context: Context) -> Result<Self, String> {
        let mut echo = command(&conformance.to_string_lossy(), "ws-echo");
        match context {
            Context::Lost => echo.env_remove("CONTEXT_TAKEOVER"),
            Context::Kept => echo.env("CONTEXT_TAKEOVER", "1"),
        };
        echo.env("PORT", "0").stdin(Stdio::null()).stdout(Stdio::piped());
        let process = echo.spawn().map_err(|error| {
            format!("`{}` could not be started: {error}", conformance.display())
        })?;
        // Whatever goes wrong from here on, the process is ended.
        let mut server = Self { process, address: String::new() };
        let (sender, lines) = mpsc::channel();
        forward(server.process.stdout.take(), sender);
        server.address = address(&lines, START)?;
        Ok(server)
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        _ = self.process.kill(); // it may have ended
        _ = self.process.wait();
    }
}

/// Waits for the line `listening on ws://<host and port>`.
fn address(lines: &Receiver<String>, limit: Duration) -> Result<String, String> {
    let deadline = Instant::now() + limit;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                if let Some((_, address)) = line.split_once("ws://") {
                    return Ok(address.trim().to_owned());
                }
            }
            Err(RecvTimeoutError::Disconnected) => {
                return Err("the server ended before it listened".to_owned());
            }
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("the server does not listen after {} s", limit.as_secs()));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::works;

    #[test]
    fn the_address_is_what_the_server_prints() {
        let (sender, lines) = mpsc::channel();
        sender.send("a word before".to_owned()).unwrap();
        sender.send("listening on ws://127.0.0.1:4711".to_owned()).unwrap();
        assert_eq!(address(&lines, START).as_deref(), Ok("127.0.0.1:4711"));
    }

    #[test]
    fn a_server_that_ends_or_says_nothing_is_not_waited_for() {
        let (sender, lines) = mpsc::channel();
        let silent = address(&lines, Duration::ZERO);
        assert_eq!(silent.unwrap_err(), "the server does not listen after 0 s");
        drop(sender);
        assert_eq!(address(&lines, START).unwrap_err(), "the server ended before it listened");
        // `false` ends at once, whatever it is told.
        let error = Server::start(Path::new("false"), Context::Lost).unwrap_err();
        assert_eq!(error, "the server ended before it listened");
    }

    #[test]
    fn a_server_that_is_dropped_has_ended() {
        let process = command("sleep", "60").spawn().unwrap();
        let id = process.id();
        let runs = || works("kill", &format!("-0 {id}"));
        let server = Server { process, address: String::new() };
        assert!(runs());
        drop(server);
        assert!(!runs());
    }
}
