//! kosoku: the cases of the Autobahn suite as they were written, run by today's Python and without a container.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::home;
use crate::tools::{command, run, says, works};

/// What pip installs. Another version may have other cases, and then other numbers of them.
const PACKAGE: &str = "kosoku==0.1.0";
/// The oldest Python that it runs with.
const OLDEST: (u32, u32) = (3, 10);

/// Installs the suite in an environment of its own, unless it is there. Returns the program.
///
/// # Errors
/// Says what is missing, or what pip could not do.
pub(crate) fn install() -> Result<PathBuf, String> {
    let environment = home().join("venv");
    let program = environment.join("bin/kosoku");
    let stamp = environment.join(".installed");
    let is_right = fs::read_to_string(&stamp).is_ok_and(|installed| installed == PACKAGE);
    // The environment breaks when its Python is replaced.
    if is_right && works(&program.to_string_lossy(), "--help") {
        return Ok(program);
    }
    ready()?;
    run(command("python3", "-m venv --clear").arg(&environment))?;
    let python = environment.join("bin/python").to_string_lossy().into_owned();
    let install = format!("-m pip install --quiet --disable-pip-version-check {PACKAGE}");
    run(&mut command(&python, &install))?;
    fs::write(stamp, PACKAGE).map_err(|error| format!("cannot note what is installed: {error}"))?;
    Ok(program)
}

/// Whether Python is there, new enough, and can make an environment.
fn ready() -> Result<(), String> {
    let (major, minor) = OLDEST;
    let wanted = format!(
        "the Autobahn suite needs Python {major}.{minor} or newer with its module `venv` \
         (Debian: `sudo apt-get install python3-venv`)"
    );
    let Some(version) = says("python3", "--version") else {
        return Err(format!("{wanted}; no `python3` was found"));
    };
    if parse_version(&version).is_none_or(|found| found < OLDEST) {
        return Err(format!("{wanted}; `python3` is {version}"));
    }
    // Debian splits off what an environment gets its pip from.
    for module in ["venv --help", "ensurepip --version"] {
        if !works("python3", &format!("-m {module}")) {
            return Err(format!("{wanted}; `python3 -m {module}` fails"));
        }
    }
    Ok(())
}

/// Reads the first two numbers of `Python 3.11.7`.
fn parse_version(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.strip_prefix("Python ")?.split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// The command that runs the cases of these patterns against a server and writes its reports to a folder.
pub(crate) fn run_cases(
    program: &Path,
    address: &str,
    patterns: &[&str],
    reports: &Path,
) -> Command {
    // Two at a time: some cases only wait.
    let mut kosoku = command(&program.to_string_lossy(), "--parallelism 2");
    for pattern in patterns {
        kosoku.args(["--include", pattern]);
    }
    kosoku.arg("--outdir").arg(reports).arg(address);
    kosoku
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_python_is_compared_as_numbers() {
        assert_eq!(parse_version("Python 3.9.2"), Some((3, 9)));
        assert!(parse_version("Python 3.9.2") < Some(OLDEST));
        assert!(parse_version("Python 3.10.0rc1") >= Some(OLDEST));
        assert!(parse_version("Python 2.7.18") < Some(OLDEST));
        assert_eq!(parse_version("pyenv: python3: command not found"), None);
    }

    #[test]
    fn a_run_names_its_cases_its_reports_and_the_server() {
        let program = Path::new("venv/bin/kosoku");
        let run = run_cases(program, "127.0.0.1:9", &["1.*", "10.*"], Path::new("a b"));
        let arguments: Vec<_> = run.get_args().map(|argument| argument.to_string_lossy()).collect();
        let expected = "--parallelism 2 --include 1.* --include 10.* --outdir a_b 127.0.0.1:9";
        assert_eq!(arguments.join(" ").replace("a b", "a_b"), expected);
    }
}
