//! What lies where in the repository, and what each published crate brings along.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use crate::workspace::{PUBLISHED, packages, root};

/// All that may lie at the top, besides hidden files for tools.
const TOP: [&str; 7] =
    ["Cargo.lock", "Cargo.toml", "README.md", "crates", "examples", "fuzz", "js-client-tests"];

/// What lies at the top and is not ignored by git; without git, all but what is known to be built.
fn top() -> BTreeSet<String> {
    let arguments = ["ls-files", "--cached", "--others", "--exclude-standard"];
    match Command::new("git").args(arguments).current_dir(root()).output() {
        Ok(output) if output.status.success() => {
            let files = String::from_utf8(output.stdout).unwrap();
            files.lines().filter_map(|file| file.split('/').next().map(str::to_owned)).collect()
        }
        _ => {
            let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name());
            entries
                .map(|name| name.to_string_lossy().into_owned())
                .filter(|name| name != "target")
                .collect()
        }
    }
}

#[test]
fn the_top_folder_holds_only_what_one_looks_for_first() {
    let top = top();
    let surplus: Vec<_> =
        top.iter().filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str())).collect();
    assert!(
        surplus.is_empty(),
        "{surplus:?}: what belongs to a crate lies in it, what tools need is hidden"
    );
    assert!(top.contains("Cargo.toml") && top.contains("crates"), "{top:?}");
}

#[test]
fn a_published_crate_brings_its_licences_and_its_changelog() {
    for name in PUBLISHED {
        for file in ["LICENSE-MIT", "LICENSE-APACHE", "CHANGELOG.md"] {
            let path = root().join("crates").join(name).join(file);
            assert!(
                fs::read_to_string(&path).is_ok_and(|text| !text.is_empty()),
                "{} is missing",
                path.display()
            );
        }
    }
}

#[test]
fn every_crate_shares_the_workspace_lints_licence_and_version_of_rust() {
    for package in packages(false) {
        let name = package["name"].as_str().unwrap();
        let manifest = fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        for line in ["version", "edition", "rust-version", "license"]
            .map(|key| format!("{key}.workspace = true"))
        {
            assert!(
                manifest.lines().any(|found| found == line),
                "Cargo.toml of {name} says `{line}`"
            );
        }
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{name} takes the lints of the workspace"
        );
        let published = package["publish"].is_null();
        assert_eq!(
            published,
            PUBLISHED.contains(&name),
            "{name} is published by decision, not by omission"
        );
        assert!(
            !published || package["description"].is_string(),
            "{name} is published with a description"
        );
    }
}

#[test]
fn the_map_for_contributors_leads_somewhere() {
    let guide = fs::read_to_string(root().join(".github/CONTRIBUTING.md")).unwrap();
    let quoted = guide.split('`').skip(1).step_by(2);
    let paths: Vec<_> = quoted
        .filter(|text| {
            ["crates/", "examples/", "fuzz/", "js-client-tests/"]
                .iter()
                .any(|folder| text.starts_with(folder))
        })
        .collect();
    assert!(paths.len() > 20, "the map has rows: {paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !root().join(path).exists()).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md names {missing:?}, which are not there");
}

/// The text below a heading, up to the next one.
fn section(file: &str, heading: &str) -> String {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let (_, below) = text.split_once(&format!("\n## {heading}\n")).unwrap();
    below.split("\n## ").next().unwrap().to_owned()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_row_of_what_works_names_tests_that_are_there() {
    let works = section("README.md", "What works, against Node's `socket.io` 4.8.4");
    let rows: Vec<_> = works.lines().filter(|line| line.starts_with('|')).skip(2).collect();
    assert!(rows.len() > 20, "{rows:?}");
    for row in rows.iter().filter(|row| !row.contains("| not yet |")) {
        let shown_by = row.rsplit('|').nth(1).unwrap().trim();
        let is_there = |path: &&str| {
            ["", "js-client-tests", "crates/socketio/tests"]
                .iter()
                .any(|folder| root().join(folder).join(path).exists())
        };
        let missing: Vec<_> = quoted(shown_by).filter(|path| !is_there(path)).collect();
        assert!(missing.is_empty(), "{row} names {missing:?}, which are not there");
        assert!(shown_by == "〃" || quoted(shown_by).next().is_some(), "{row} is shown by no test");
    }
}

#[test]
fn what_other_servers_have_got_wrong_is_tested_here() {
    let table = "js-client-tests/test/wire/DIFFERENCES.md";
    let wrong = section(table, "What servers of this protocol have got wrong");
    for number in 1..=13 {
        let row = wrong.lines().find(|line| line.starts_with(&format!("| {number} |"))).unwrap();
        let tests: Vec<_> = quoted(row).filter_map(|test| test.split_once("::")).collect();
        assert!(!tests.is_empty(), "{row} is shown by no test");
        for (file, test) in tests {
            let text = fs::read_to_string(root().join("crates").join(file)).unwrap_or_default();
            assert!(text.contains(&format!("fn {test}()")), "{file} has no test `{test}`");
        }
    }
}

#[test]
fn the_pure_crates_forbid_the_same() {
    let lints = |name: &str| {
        fs::read_to_string(root().join("crates").join(name).join(".clippy.toml")).unwrap()
    };
    assert!(lints("engineio-proto").contains("std::time::Instant::now"));
    assert_eq!(lints("engineio-proto"), lints("socketio-proto"));
}

#[test]
fn the_lock_file_of_npm_names_no_server() {
    let lock =
        fs::read_to_string(root().join("js-client-tests/package-lock.json")).unwrap_or_default();
    let resolved = lock.lines().find(|line| line.contains("\"resolved\": \"http"));
    assert_eq!(
        resolved, None,
        "`npm install --omit-lockfile-registry-resolved` keeps the address of a mirror out"
    );
}
