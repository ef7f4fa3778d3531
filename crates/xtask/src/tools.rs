//! Other programs: is it there, run it, run it and keep what it says.

use std::env;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program that was asked to stop may take to do so.
const GRACE: Duration = Duration::from_secs(5);

/// The top folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("this crate lies two folders deep")
}

/// `program` with `arguments` (split at spaces), to be run in the top folder.
pub(crate) fn command(program: &str, arguments: &str) -> Command {
    let mut command = Command::new(program);
    command.args(arguments.split_whitespace()).current_dir(root());
    command
}

/// The cargo that started this program, with `arguments` (split at spaces).
pub(crate) fn cargo(arguments: &str) -> Command {
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    command(&cargo, arguments)
}

/// A command of cargo in a folder that is a workspace of its own, and shares what is built with this one.
pub(crate) fn cargo_at(folder: &str, arguments: &str) -> Command {
    let mut command = cargo(arguments);
    // Where the workspace lies and not by `--manifest-path`, so that its own lock file and profile are in force.
    command.current_dir(root().join(folder)).env("CARGO_TARGET_DIR", root().join("target"));
    command
}

/// A program of this workspace, built by `cargo build -p <name>`: it lies beside this one.
pub(crate) fn built(name: &str) -> Result<PathBuf, String> {
    let this = env::current_exe().map_err(|error| format!("where is this program? {error}"))?;
    Ok(this.with_file_name(name))
}

/// The same, built by `cargo build --release -p <name>`.
pub(crate) fn built_for_release(name: &str) -> Result<PathBuf, String> {
    let built = built(name)?;
    let profiles = built.ancestors().nth(2).ok_or("this program lies in no folder of cargo's")?;
    Ok(profiles.join("release").join(name))
}

/// Whether `program` runs with `arguments` and exits with success. Prints nothing.
pub(crate) fn works(program: &str, arguments: &str) -> bool {
    quiet(&mut command(program, arguments))
}

/// Whether `command` runs and exits with success. Prints nothing.
pub(crate) fn quiet(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// What `program` prints, if it runs and exits with success.
pub(crate) fn says(program: &str, arguments: &str) -> Option<String> {
    let output = command(program, arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs `command` before the reader's eyes and without an input.
///
/// # Errors
/// Says which command could not be started, or failed.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    let line = announce(command);
    match command.stdin(Stdio::null()).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("`{line}` failed ({status})")),
        Err(error) => Err(format!("`{line}` could not be started: {error}")),
    }
}

/// Turns this process into `command`, so that signals and the terminal are the command's own. Returns only an error.
pub(crate) fn become_it(command: &mut Command) -> String {
    let error = command.exec();
    format!("`{}` could not be started: {error}", command.get_program().to_string_lossy())
}

/// What a program said on both its outputs, and how it ended.
pub(crate) struct Record {
    pub(crate) text: String,
    pub(crate) success: bool,
}

/// Runs `command` before the reader's eyes and without an input, keeps its words, and ends it after `limit`.
///
/// # Errors
/// Says which command could not be started, or took too long.
pub(crate) fn record(command: &mut Command, limit: Duration) -> Result<Record, String> {
    let line = announce(command);
    let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child =
        command.spawn().map_err(|error| format!("`{line}` could not be started: {error}"))?;
    let (sender, lines) = mpsc::channel();
    forward(child.stdout.take(), sender.clone());
    forward(child.stderr.take(), sender);

    let mut text = String::new();
    let mut keep = |line: String| {
        println!("{line}");
        _ = writeln!(text, "{line}");
    };
    let deadline = Instant::now() + limit;
    let status = loop {
        match lines.recv_timeout(Duration::from_millis(50)) {
            Ok(line) => keep(line),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(Duration::from_millis(50)),
        }
        if let Some(status) = ended(&mut child) {
            break status;
        }
        if Instant::now() > deadline {
            stop(&mut child);
            return Err(format!("`{line}` took more than {} s and was ended", limit.as_secs()));
        }
    };
    // What is still on its way. A server left behind by a test may hold the other end for ever: do not wait for that.
    let grace = Instant::now() + GRACE;
    while let Ok(line) = lines.recv_timeout(grace.saturating_duration_since(Instant::now())) {
        keep(line);
    }
    Ok(Record { text, success: status.success() })
}

/// Prints the command as one would type it, and returns that.
fn announce(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let line = command.get_args().fold(name, |line, argument| {
        let argument = argument.to_string_lossy();
        let argument = argument
            .strip_prefix(&format!("{}/", root().display()))
            .unwrap_or(&argument)
            .to_owned();
        format!("{line} {argument}")
    });
    println!("$ {line}");
    line
}

/// Sends each line of `output` to `sender` from a thread of its own.
pub(crate) fn forward(output: Option<impl Read + Send + 'static>, sender: Sender<String>) {
    let Some(output) = output else { return };
    thread::spawn(move || {
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                return;
            }
        }
    });
}

/// How `child` ended, if it has.
fn ended(child: &mut Child) -> Option<ExitStatus> {
    child.try_wait().expect("a child that was started can be waited for")
}

/// Asks `child` to end, so that it can end what it started, then ends it.
fn stop(child: &mut Child) {
    works("kill", &format!("-TERM {}", child.id()));
    let deadline = Instant::now() + GRACE;
    while ended(child).is_none() {
        if Instant::now() > deadline {
            _ = child.kill();
            _ = child.wait();
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_record_holds_both_outputs_and_the_end() {
        let record = record(&mut shell("echo one; echo two >&2; exit 3"), GRACE).unwrap();
        assert!(record.text.contains("one\n") && record.text.contains("two\n"), "{}", record.text);
        assert!(!record.success);
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let started = Instant::now();
        let error = record(&mut shell("exec sleep 60"), Duration::from_millis(200)).err();
        assert_eq!(
            error.as_deref(),
            Some("`sh -c exec sleep 60` took more than 0 s and was ended")
        );
        assert!(started.elapsed() < GRACE);
    }

    #[test]
    fn a_program_that_leaves_another_behind_is_not_waited_for() {
        let started = Instant::now();
        let record = record(&mut shell("sleep 30 & echo done"), Duration::from_secs(20)).unwrap();
        assert_eq!((record.text.as_str(), record.success), ("done\n", true));
        assert!(started.elapsed() < GRACE * 2);
    }

    #[test]
    fn the_top_folder_is_the_workspace() {
        assert!(root().join("crates/xtask").is_dir());
    }
}
