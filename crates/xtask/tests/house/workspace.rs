//! Where things lie, and what cargo knows of them.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The crates that are published, from the top floor down.
pub(crate) const PUBLISHED: [&str; 6] = [
    "socketio",
    "socketio-cluster",
    "engineio",
    "socketio-proto",
    "websocket-proto",
    "engineio-proto",
];

/// The top folder of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// The root file of every crate in `crates/`, with the crate's name.
pub(crate) fn crate_roots() -> Vec<(String, PathBuf)> {
    let mut roots = Vec::new();
    for entry in fs::read_dir(root().join("crates")).unwrap() {
        let folder = entry.unwrap().path();
        let found = ["src/lib.rs", "src/main.rs"]
            .map(|file| folder.join(file))
            .into_iter()
            .find(|file| file.is_file());
        if let Some(file) = found {
            roots.push((folder.file_name().unwrap().to_string_lossy().into_owned(), file));
        }
    }
    roots.sort();
    assert!(
        roots.len() > PUBLISHED.len(),
        "crates/ holds the published crates and this one: {roots:?}"
    );
    roots
}

/// What `program` prints in the top folder.
pub(crate) fn output(program: &str, arguments: &str) -> String {
    let output = Command::new(program)
        .args(arguments.split_whitespace())
        .current_dir(root())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "`{program} {arguments}` failed:\n{errors}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn cargo(arguments: &str) -> String {
    output(&env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()), arguments)
}

/// The packages of the workspace and, if `all`, all that they depend on here, as `cargo metadata` describes them.
pub(crate) fn packages(all: bool) -> Vec<Value> {
    let rustc = output("rustc", "-vV");
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let depth = if all { "" } else { "--no-deps" };
    let metadata = cargo(&format!(
        "metadata --format-version 1 --all-features --filter-platform {host} {depth}"
    ));
    let mut metadata: Value = serde_json::from_str(&metadata).unwrap();
    let Value::Array(packages) = metadata["packages"].take() else {
        panic!("cargo metadata lists packages")
    };
    packages
}
