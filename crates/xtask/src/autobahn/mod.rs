//! The Autobahn suite: its cases for RFC 6455 and RFC 7692, run against the codec alone.
//!
//! The server is `conformance ws-echo`, which speaks WebSocket with `websocket-proto` and nothing else of ours. The
//! core cases are a step of `cargo xtask test`; `cargo xtask autobahn` runs all, in eight minutes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::counts::Counts;
use crate::suite::Step;
use crate::tools::{built, built_for_release, cargo, record, root, run};

// From the top floor down.
mod kosoku;
mod server;
mod report;

use server::{Context, Server};

/// Cases that run together.
struct Group {
    /// The folder of their report, unless the server keeps the context.
    name: &'static str,
    /// Which cases: patterns of their names.
    patterns: &'static [&'static str],
    /// How many these are. A run of more or fewer has failed.
    cases: u64,
    /// Many times what they take. What hangs ends here.
    limit: Duration,
}

/// Frames, pings, reserved bits, opcodes, fragments, UTF-8, closing; and 10, automatic fragments.
const CORE: Group = Group {
    name: "core",
    patterns: &["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"],
    cases: 247,
    limit: Duration::from_secs(5 * 60),
};
const LARGE: Group =
    Group { name: "9", patterns: &["9.*"], cases: 54, limit: Duration::from_secs(30 * 60) };
const COMPRESSED: Group =
    Group { name: "12", patterns: &["12.*"], cases: 90, limit: Duration::from_secs(30 * 60) };
const NEGOTIATED: Group =
    Group { name: "13", patterns: &["13.*"], cases: 126, limit: Duration::from_secs(30 * 60) };

/// The whole suite, against the codec as users build it.
///
/// Messages of a client that refer to those before are not in it: its clients never send any.
pub(crate) static ALL: [Step; 6] = [
    Step {
        name: "core",
        about: "cases 1 to 7 and 10: frames, messages, UTF-8, closing",
        run: || CORE.release(Context::Lost),
    },
    Step {
        name: "9",
        about: "messages of up to 16 MiB, and in very many fragments",
        run: || LARGE.release(Context::Lost),
    },
    Step {
        name: "12",
        about: "compressed messages of many lengths",
        run: || COMPRESSED.release(Context::Lost),
    },
    Step {
        name: "13",
        about: "compression as clients may want it",
        run: || NEGOTIATED.release(Context::Lost),
    },
    Step {
        name: "12-context",
        about: "12 again, while messages of the server refer to those before",
        run: || COMPRESSED.release(Context::Kept),
    },
    Step {
        name: "13-context",
        about: "13 again, while messages of the server refer to those before",
        run: || NEGOTIATED.release(Context::Kept),
    },
];

/// Runs the core cases against the codec as developers build it, with its assertions.
///
/// # Errors
/// Says what is missing, or could not be run.
pub(crate) fn core() -> Result<Counts, String> {
    run(&mut cargo("build -p conformance"))?;
    CORE.run(&built("conformance")?, Context::Lost)
}

impl Group {
    fn release(&self, context: Context) -> Result<Counts, String> {
        run(&mut cargo("build --release -p conformance"))?;
        self.run(&built_for_release("conformance")?, context)
    }

    /// Runs the cases against a server of their own.
    fn run(&self, conformance: &Path, context: Context) -> Result<Counts, String> {
        let kosoku = kosoku::install()?;
        let reports = match context {
            Context::Lost => home().join(self.name),
            Context::Kept => home().join(format!("{}-context", self.name)),
        };
        // What an earlier run has left must not be taken for the result of this one.
        if reports.exists() {
            fs::remove_dir_all(&reports)
                .map_err(|error| format!("cannot remove {}: {error}", reports.display()))?;
        }
        let server = Server::start(conformance, context)?;
        let mut cases = kosoku::run_cases(&kosoku, server.address(), self.patterns, &reports);
        let outcome = record(&mut cases, self.limit)?;
        let file = reports.join("index.json");
        let index = fs::read_to_string(&file)
            .map_err(|error| format!("no report {}: {error}", file.display()))?;
        let counts = report::judge(&report::read(&index)?, self.cases);
        if counts.failed > 0 {
            println!("what was on the wire is in {}", reports.join("index.html").display());
        }
        Ok(Counts::of_run(Some(counts), outcome.success))
    }
}

/// Where the suite and its reports lie.
fn home() -> PathBuf {
    root().join("target/autobahn")
}
