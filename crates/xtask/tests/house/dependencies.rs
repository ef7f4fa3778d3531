//! What the published crates stand on: how much, of what kind, and how new a Rust it asks for.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::workspace::{PUBLISHED, cargo, packages};

/// Each published crate and the crates of this workspace that it may use.
const CRATE_ARROWS: [(&str, &[&str]); 6] = [
    (
        "socketio",
        &["socketio-cluster", "engineio", "socketio-proto", "websocket-proto", "engineio-proto"],
    ),
    ("socketio-cluster", &["socketio-proto", "engineio-proto"]),
    ("engineio", &["websocket-proto", "engineio-proto"]),
    ("websocket-proto", &["engineio-proto"]),
    ("socketio-proto", &["engineio-proto"]),
    ("engineio-proto", &[]),
];

/// Beginnings of the names of crates that wait, draw lots, or read a clock or a socket.
const IMPURE: [&str; 18] = [
    "tokio",
    "async-",
    "smol",
    "futures",
    "mio",
    "socket2",
    "polling",
    "hyper",
    "axum",
    "tower",
    "tracing",
    "rand",
    "getrandom",
    "fastrand",
    "chrono",
    "time",
    "web-time",
    "parking_lot",
];

/// The most crates a new user compiles for a server with default features.
const TREE: usize = 70;

/// What is compiled for a crate in a program that uses it, itself included: names and versions.
fn tree(name: &str, features: &str) -> BTreeSet<(String, String)> {
    let lines = cargo(&format!(
        "tree --package {name} {features} --edges normal --prefix none --format {{p}}"
    ));
    let pair = |line: &str| {
        let mut words = line.split(' ');
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    let tree: BTreeSet<_> = lines.lines().filter_map(pair).collect();
    assert!(tree.iter().any(|(found, _)| found == name), "{name} is in its own tree:\n{lines}");
    tree
}

fn names(tree: &BTreeSet<(String, String)>) -> impl Iterator<Item = &str> {
    tree.iter().map(|(name, _)| name.as_str())
}

#[test]
fn crates_use_only_crates_below_them() {
    for (name, allowed) in CRATE_ARROWS {
        let tree = tree(name, "--all-features");
        let wrong: Vec<_> = names(&tree)
            .filter(|used| PUBLISHED.contains(used) && *used != name && !allowed.contains(used))
            .collect();
        assert!(wrong.is_empty(), "{name} must not use {wrong:?}");
    }
}

#[test]
fn the_protocol_crates_are_pure() {
    for name in ["engineio-proto", "socketio-proto"] {
        let tree = tree(name, "--all-features");
        let impure: Vec<_> =
            names(&tree).filter(|used| IMPURE.iter().any(|word| used.starts_with(word))).collect();
        assert!(impure.is_empty(), "{name} must not depend on {impure:?}");
    }
}

#[test]
fn a_server_with_default_features_compiles_few_crates() {
    let tree = tree("socketio", "");
    assert!(tree.len() <= TREE, "socketio is {} crates, of at most {TREE}: {tree:?}", tree.len());
}

#[test]
fn no_dependency_asks_for_a_newer_rust_than_we_do() {
    let packages = packages(true);
    let ours =
        &packages.iter().find(|package| package["name"] == "socketio").unwrap()["rust_version"];
    let ours = rust_version(ours).expect("the crate declares its rust-version");
    for name in PUBLISHED {
        for (used, version) in tree(name, "--all-features") {
            let is_it = |package: &&Value| {
                package["name"] == used.as_str() && package["version"] == version.as_str()
            };
            let package = packages
                .iter()
                .find(is_it)
                .unwrap_or_else(|| panic!("{used} {version} has metadata"));
            let theirs = rust_version(&package["rust_version"]);
            assert!(
                theirs <= Some(ours),
                "{used} {version}, used by {name}, needs Rust {theirs:?}; we promise {ours:?}"
            );
        }
    }
}

/// Reads `1.85` or `1.85.1`. A crate may declare none.
fn rust_version(value: &Value) -> Option<(u32, u32, u32)> {
    let mut numbers =
        value.as_str()?.split('.').map(|number| number.parse().expect("a version is numbers"));
    Some((numbers.next()?, numbers.next()?, numbers.next().unwrap_or(0)))
}

#[test]
fn versions_of_rust_compare_as_numbers() {
    let version = |text: &str| rust_version(&Value::from(text));
    assert_eq!(version("1.85"), Some((1, 85, 0)));
    assert!(version("1.9") < version("1.85") && version("1.85") < version("1.85.1"));
    assert!(rust_version(&Value::Null) <= version("1.0"));
}
