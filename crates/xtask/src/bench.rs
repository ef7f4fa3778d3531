//! `cargo xtask bench`: our server against the floor and its peers.
//!
//! `crates/bench` is a workspace of its own, which only this builds, and only as much of it as the arguments need.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::tools::{become_it, cargo_at, command, root, run, says, works};

/// Where the benchmark lies.
fn home() -> PathBuf {
    root().join("crates/bench")
}

fn target() -> PathBuf {
    root().join("target")
}

/// A command of cargo for the benchmark, that shares what is built.
pub(crate) fn cargo_there(arguments: &str) -> Command {
    cargo_at("crates/bench", arguments)
}

/// Builds and installs what the benchmark needs, then turns into it. Returns only if that is not possible.
///
/// # Errors
/// Says what is missing.
pub(crate) fn bench(arguments: &[&str]) -> Result<(), String> {
    if !works("taskset", "--version") || !works("setpriv", "--version") {
        return Err(
            "taskset and setpriv are needed (Debian: `apt-get install util-linux`)".to_owned()
        );
    }
    if counts(arguments) && !works("valgrind", "--version") {
        install_valgrind()?;
    }
    if needs("node", arguments) {
        install_packages()?;
    }
    let features = if needs("socketioxide", arguments) { "--features peers" } else { "" };
    run(&mut cargo_there(&format!("build --release {features}")))?;
    let program = target().join("release/bench");
    let mut bench = command(&program.to_string_lossy(), "");
    Err(become_it(bench.args(arguments)))
}

/// Installs valgrind where that needs no password, or names the command that does.
fn install_valgrind() -> Result<(), String> {
    let by_hand = "valgrind is needed: `sudo apt-get install valgrind`";
    if says("id", "-u").as_deref() != Some("0") || !works("apt-get", "--version") {
        return Err(by_hand.to_owned());
    }
    let install =
        "DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends valgrind";
    // The lists of packages may be old, or one of several sources be out of reach: the installation decides.
    _ = run(&mut command("apt-get", "update"));
    run(&mut command("env", install)).map_err(|error| format!("{error}; {by_hand}"))
}

/// Installs Node's server as its `package-lock.json` says, unless it is installed just so.
fn install_packages() -> Result<(), String> {
    if !works("node", "--version") || !works("npm", "--version") {
        return Err("Node.js with npm is needed, or `--servers floor,ours,socketioxide`".to_owned());
    }
    let folder = home().join("node");
    let lock = fs::read(folder.join("package-lock.json"))
        .map_err(|error| format!("no package-lock.json: {error}"))?;
    let stamp = folder.join("node_modules/.installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    run(command("npm", "ci --no-audit --no-fund").current_dir(folder))?;
    fs::write(stamp, lock).map_err(|error| format!("cannot note what is installed: {error}"))
}

/// Whether instructions are counted in the end: always, unless it is to be quick.
fn counts(arguments: &[&str]) -> bool {
    is_counting(arguments) || !arguments.contains(&"--quick")
}

/// Whether instructions are all that is counted, of our server and the floor unless others are named.
fn is_counting(arguments: &[&str]) -> bool {
    matches!(arguments.first(), Some(&("instructions" | "profile")))
}

/// Whether a server of others takes part.
fn needs(server: &str, arguments: &[&str]) -> bool {
    let named = arguments.iter().skip_while(|word| **word != "--servers").nth(1);
    match named {
        Some(servers) => servers.split(',').any(|name| name == server),
        None => !is_counting(arguments),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_built_that_does_not_run() {
        for (line, both) in [
            ("", true),
            ("echo-c50 --quick", true),
            ("--servers floor,ours churn", false),
            ("instructions", false),
            ("profile churn", false),
            ("--servers node,socketioxide", true),
        ] {
            let words: Vec<_> = line.split_whitespace().collect();
            assert_eq!(
                (needs("node", &words), needs("socketioxide", &words)),
                (both, both),
                "{line}"
            );
        }
        let words = ["instructions", "--servers", "socketioxide"];
        assert!(needs("socketioxide", &words) && !needs("node", &words) && is_counting(&words));
    }

    #[test]
    fn only_a_quick_comparison_counts_no_instructions() {
        assert!(counts(&["profile", "churn"]) && counts(&["churn", "--rounds", "2"]));
        assert!(!counts(&["churn", "--quick"]));
    }
}
