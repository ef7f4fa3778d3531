//! Python: environments with what pip installs, and the tests that are written in it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::counts::{self, Counts};
use crate::tools::{command, record, root, run, says, works};

/// The oldest Python that runs what is installed here.
const OLDEST: (u32, u32) = (3, 10);

/// Makes an environment with these packages, unless it is there. Returns its Python; programs lie beside that.
///
/// `requirements` has one package with its version in each line, and comments.
///
/// # Errors
/// Says what is missing, or what pip could not do.
pub(crate) fn environment(folder: &Path, requirements: &str) -> Result<PathBuf, String> {
    let python = folder.join("bin/python");
    let program = python.to_string_lossy();
    let stamp = folder.join(".installed");
    let is_right = fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements);
    // The environment breaks when its Python is replaced: then its pip is not found.
    if is_right && works(&program, "-m pip --version") {
        return Ok(python);
    }
    ready()?;
    run(command("python3", "-m venv --clear").arg(folder))?;
    let packages = requirements.lines().filter(|line| !line.starts_with('#'));
    run(command(&program, "-m pip install --quiet --disable-pip-version-check").args(packages))?;
    fs::write(stamp, requirements)
        .map_err(|error| format!("cannot note what is installed: {error}"))?;
    Ok(python)
}

/// Whether Python is there, new enough, and can make an environment.
fn ready() -> Result<(), String> {
    let (major, minor) = OLDEST;
    let wanted = format!(
        "Python {major}.{minor} or newer is needed with its module `venv` \
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

/// Runs the tests of `js-client-tests/python` with one version of the client against this server.
///
/// # Errors
/// Says what is missing, or when they take longer than `limit`.
pub(crate) fn test(client: &str, server: &Path, limit: Duration) -> Result<Counts, String> {
    let home = root().join("js-client-tests/python");
    let requirements = fs::read_to_string(home.join(format!("requirements-{client}.txt")))
        .map_err(|error| format!("no requirements of python-socketio {client}: {error}"))?;
    let folder = root().join("target/python").join(client);
    let python = environment(&folder, &requirements)?;
    // Older clients leave connections to the garbage collector; that is theirs to know.
    let unittest = "-W ignore::ResourceWarning -m unittest discover --verbose";
    let mut unittest = command(&python.to_string_lossy(), unittest);
    unittest.current_dir(home);
    unittest.env("CONFORMANCE_SERVER", server).env("PYTHONDONTWRITEBYTECODE", "1");
    let record = record(&mut unittest, limit)?;
    Ok(Counts::of_run(counts::unittest(&record.text), record.success))
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
}
