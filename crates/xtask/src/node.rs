//! Node.js, the packages from npm, and the browser: what the JavaScript in this repository needs to run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::counts::{self, Counts};
use crate::tools::{command, record, root, run, says, works};

/// The oldest Node.js that runs the tests, as `js-client-tests/package.json` says too.
const OLDEST: (u32, u32) = (20, 10);

/// Names under which Chromium, or a browser that speaks its protocol, is installed.
const BROWSERS: [&str; 4] =
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/// Where the tests and their packages lie.
fn home() -> PathBuf {
    root().join("js-client-tests")
}

/// The folder with the files of the official client, once [`install`] has been there.
pub(crate) fn client_files() -> PathBuf {
    home().join("node_modules/socket.io-client/dist")
}

/// Installs the packages of `js-client-tests/package-lock.json`, unless these very ones are installed.
///
/// # Errors
/// Says what is missing, or what npm could not do.
pub(crate) fn install() -> Result<(), String> {
    ready()?;
    let home = home();
    let lock = fs::read(home.join("package-lock.json"))
        .map_err(|error| format!("no package-lock.json: {error}"))?;
    let stamp = home.join("node_modules/.installed.json");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    // `--include=dev` also where NODE_ENV says production.
    run(command("npm", "ci --include=dev --no-audit --no-fund").current_dir(home))?;
    fs::write(stamp, lock).map_err(|error| format!("cannot note what is installed: {error}"))
}

/// Whether Node.js and npm are there, and new enough.
fn ready() -> Result<(), String> {
    let (major, minor) = OLDEST;
    let wanted = format!(
        "Node.js {major}.{minor} or newer with npm is needed (https://nodejs.org/en/download)"
    );
    let Some(version) = says("node", "--version") else {
        return Err(format!("{wanted}; no `node` was found"));
    };
    if parse_version(&version).is_none_or(|found| found < OLDEST) {
        return Err(format!("{wanted}; `node` is {version}"));
    }
    if !works("npm", "--version") {
        return Err(format!(
            "{wanted}; no `npm` was found: `apt-get install npm`, where Node.js came without it"
        ));
    }
    Ok(())
}

/// Reads the first two numbers of `v20.11.1`.
fn parse_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix('v')?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// Runs every `*.test.mjs` of some folders of `js-client-tests`, one file after the other.
///
/// # Errors
/// Says when there is no such file, or when they take longer than `limit`.
pub(crate) fn test(
    folders: &[&str],
    variables: &[(&str, &Path)],
    limit: Duration,
) -> Result<Counts, String> {
    let mut files = Vec::new();
    for folder in folders {
        let found = test_files(&home().join(folder));
        if found.is_empty() {
            return Err(format!("no *.test.mjs in js-client-tests/{folder}"));
        }
        files.extend(found);
    }
    let mut node = command("node", "--test --test-concurrency=1 --test-reporter=spec");
    node.current_dir(home()).args(files).envs(variables.iter().copied());
    let record = record(&mut node, limit)?;
    Ok(Counts::of_run(counts::node(&record.text), record.success))
}

/// The `*.test.mjs` of one folder, in the order of their names and relative to the folder of the tests.
fn test_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().map_while(Result::ok);
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .map(|path| path.strip_prefix(home()).map(Path::to_path_buf).unwrap_or(path))
        .collect();
    files.sort();
    files
}

/// Finds a browser, or installs one.
///
/// # Errors
/// Says which command installs one, when this may not.
pub(crate) fn browser() -> Result<PathBuf, String> {
    let by_hand = "the browser tests need Chromium: `sudo apt-get install chromium`";
    if let Some(browser) = find_browser() {
        return Ok(browser);
    }
    if !works("apt-get", "--version") {
        return Err(format!("{by_hand}, or what installs it where there is no apt-get"));
    }
    // The lists of packages may be old, or one of several sources be out of reach: the installation decides.
    _ = run(&mut apt_get("update").ok_or(by_hand)?);
    let mut install = apt_get("install -y --no-install-recommends chromium").ok_or(by_hand)?;
    run(&mut install).map_err(|error| format!("{error}; {by_hand}"))?;
    find_browser().ok_or_else(|| by_hand.to_owned())
}

/// The first of [`BROWSERS`] that lies in a folder of `PATH`.
fn find_browser() -> Option<PathBuf> {
    let folders = env::var_os("PATH")?;
    let lies_in = |name: &str| {
        env::split_paths(&folders).map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    BROWSERS.into_iter().find_map(lies_in)
}

/// `apt-get` with the rights to install and without questions, if the rights are to be had without a password.
fn apt_get(arguments: &str) -> Option<Command> {
    let quietly = format!("DEBIAN_FRONTEND=noninteractive apt-get {arguments}");
    if says("id", "-u").as_deref() == Some("0") {
        return Some(command("env", &quietly));
    }
    works("sudo", "-n true").then(|| command("sudo", &format!("-n {quietly}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_compared_as_numbers() {
        assert_eq!(parse_version("v20.9.0"), Some((20, 9)));
        assert!(parse_version("v20.9.0") < Some(OLDEST));
        assert!(parse_version("v20.10.0") >= Some(OLDEST));
        assert!(parse_version("v100.0.0-nightly") >= Some(OLDEST));
        assert_eq!(parse_version("node"), None);
    }
}
