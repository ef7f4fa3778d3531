//! A server under callgrind, which counts the instructions that it executes outside of the kernel.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::load::{Load, Shape, Until};
use crate::machine::{Cores, scratch};
use crate::server::{Kind, Server};

/// Operations before anything is counted.
const WARM_UP: u64 = 2_000;

/// A server that is loaded, warm, and counted from now on.
pub(crate) struct Counted {
    /// Goes first: a client that finds its server gone would complain.
    load: Box<dyn Load>,
    server: Server,
    output: PathBuf,
    dumps: usize,
}

/// What some operations took.
pub(crate) struct Dump {
    pub(crate) operations: u64,
    pub(crate) instructions: u64,
    pub(crate) file: PathBuf,
}

impl Counted {
    pub(crate) fn start(kind: Kind, shape: Shape, cores: Cores) -> Result<Self, String> {
        installed()?;
        let text = |error: io::Error| format!("{kind} under callgrind: {error}");
        let output = scratch().map_err(text)?.join(format!("callgrind.{kind}"));
        let mut wrapper: Vec<OsString> =
            ["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no"]
                .map(Into::into)
                .into();
        wrapper.push(option("--callgrind-out-file=", &output));
        let server = Server::start(kind, shape.task(), cores, &wrapper).map_err(text)?;
        let load = shape.prepare(server.address).map_err(text)?;
        let mut counted = Self { load, server, output, dumps: 0 };
        counted.load.run(Until::Operations(WARM_UP)).map_err(text)?;
        counted.control("instrumentation on")?;
        Ok(counted)
    }

    /// Does some operations and writes down what they took, and nothing from before.
    pub(crate) fn count(&mut self, operations: u64) -> Result<Dump, String> {
        let operations =
            self.load.run(Until::Operations(operations)).map_err(|error| error.to_string())?;
        self.control("dump")?;
        self.dumps += 1;
        let mut file = self.output.clone().into_os_string();
        file.push(format!(".{}", self.dumps));
        let file = PathBuf::from(file);
        let text = fs::read_to_string(&file)
            .map_err(|error| format!("callgrind left no {}: {error}", file.display()))?;
        let instructions = parse_totals(&text).ok_or("callgrind's file has no totals")?;
        Ok(Dump { operations, instructions, file })
    }

    /// Tells valgrind something, whether or not the server runs just now.
    fn control(&self, order: &str) -> Result<(), String> {
        let status = Command::new("vgdb")
            .arg(format!("--pid={}", self.server.id()))
            .args(order.split(' '))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("`vgdb {order}` failed ({status})")),
            Err(error) => Err(format!("vgdb could not be started: {error}")),
        }
    }
}

/// Whether valgrind is there.
fn installed() -> Result<(), String> {
    let mut valgrind = Command::new("valgrind");
    match valgrind.arg("--version").stdout(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("valgrind is needed: `apt-get install valgrind`".to_owned()),
    }
}

fn option(name: &str, path: &Path) -> OsString {
    let mut option = OsString::from(name);
    option.push(path);
    option
}

/// `totals: 12345`, or `summary: 12345` in older files
fn parse_totals(text: &str) -> Option<u64> {
    let find = |name: &str| text.lines().rev().find_map(|line| line.strip_prefix(name));
    let numbers = find("totals:").or_else(|| find("summary:"))?;
    numbers.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_totals_are_at_the_end() {
        assert_eq!(
            parse_totals("events: Ir\nsummary: 7\n\nfn=(1) a\n1 5\n\ntotals: 12\n"),
            Some(12)
        );
        assert_eq!(parse_totals("events: Ir\nsummary: 7\n"), Some(7));
        assert_eq!(parse_totals("events: Ir\n"), None);
    }
}
