//! The machine, its cores and limits, and the folder for what is written.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{self, Command, Stdio};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::process::cores;

/// Files that a process must be able to hold open: a connection of ten thousand each, and some.
const FILES: u64 = 12_000;

/// The core of the server and the core of the load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cores {
    pub(crate) server: usize,
    load: usize,
}

impl Cores {
    /// Chooses two of the cores that this process may run on, and moves it to one of them.
    pub(crate) fn take() -> Result<Self, String> {
        let cores = cores().map_err(|error| format!("which cores are there? {error}"))?;
        let [server, load, ..] = cores[..] else {
            return Err("two cores are needed: one for the server, one for the load".to_owned());
        };
        let taken = Self { server, load };
        let arguments = ["--cpu-list", "--pid", &load.to_string(), &process::id().to_string()];
        match Command::new("taskset").args(arguments).stdout(Stdio::null()).status() {
            Ok(status) if status.success() => Ok(taken),
            Ok(status) => Err(format!("taskset failed ({status})")),
            Err(error) => Err(format!("taskset is needed (Debian: util-linux): {error}")),
        }
    }
}

/// Lets this process, and those it starts, hold as many connections as the largest row has.
pub(crate) fn raise_limits() -> Result<(), String> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|files| files >= FILES) {
        return Ok(());
    }
    let wanted =
        Rlimit { current: Some(FILES), maximum: limit.maximum.map(|files| files.max(FILES)) };
    setrlimit(Resource::Nofile, wanted)
        .map_err(|error| format!("{FILES} open files are needed (`ulimit -n`): {error}"))
}

/// What was measured where and when, in two lines.
pub(crate) fn describe(cores: Cores) -> String {
    let file = |path: &str| fs::read_to_string(path).unwrap_or_default().trim().to_owned();
    let information = file("/proc/cpuinfo");
    let model = information.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let model = model.trim_start_matches(['\t', ' ', ':']);
    let load = file("/proc/loadavg");
    let load = load.split(' ').next().unwrap_or("?");
    format!(
        "{model}, server on core {}, load on core {}, load average at the start {load}\n\
         Linux {}, {}, Node {}, {}",
        cores.server,
        cores.load,
        file("/proc/sys/kernel/osrelease"),
        says("rustc", &["--version"]),
        says("node", &["--version"]),
        says("date", &["--utc", "+%F %H:%M UTC"]),
    )
}

fn says(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}

/// The folder of this program: the servers in Rust lie beside it.
pub(crate) fn programs() -> io::Result<PathBuf> {
    let program = std::env::current_exe()?;
    Ok(program.parent().map(Path::to_owned).unwrap_or_default())
}

/// The folder for what tools write, made if it is not there.
pub(crate) fn scratch() -> io::Result<PathBuf> {
    let folder = programs()?.join("bench-files");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}
