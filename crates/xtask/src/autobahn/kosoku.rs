//! kosoku: the cases of the Autobahn suite as they were written, run by today's Python and without a container.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::home;
use crate::python;
use crate::tools::command;

/// What pip installs. Another version may have other cases, and then other numbers of them.
const PACKAGE: &str = "kosoku==0.1.0";

/// Installs the suite in an environment of its own, unless it is there. Returns the program.
///
/// # Errors
/// Says what is missing, or what pip could not do.
pub(crate) fn install() -> Result<PathBuf, String> {
    let python = python::environment(&home().join("venv"), PACKAGE)?;
    Ok(python.with_file_name("kosoku"))
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
    fn a_run_names_its_cases_its_reports_and_the_server() {
        let program = Path::new("venv/bin/kosoku");
        let run = run_cases(program, "127.0.0.1:9", &["1.*", "10.*"], Path::new("a b"));
        let arguments: Vec<_> = run.get_args().map(|argument| argument.to_string_lossy()).collect();
        let expected = "--parallelism 2 --include 1.* --include 10.* --outdir a_b 127.0.0.1:9";
        assert_eq!(arguments.join(" ").replace("a b", "a_b"), expected);
    }
}
