//! The steps of `cargo xtask test`, in the order in which they run: cheap and telling ones first.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::autobahn;
use crate::bench;
use crate::counts::{self, Counts};
use crate::node;
use crate::suite::Step;
use crate::tools::{Record, built, cargo, command, quiet, record, root, run, says};

/// More than any step takes on two slow cores; a step that hangs ends here.
const LONG: Duration = Duration::from_secs(30 * 60);
const JS: Duration = Duration::from_secs(15 * 60);

/// The whole suite.
pub(crate) static ALL: [Step; 10] = [
    Step { name: "fmt", about: "every file is formatted", run: fmt },
    Step { name: "clippy", about: "no lint fires, with all features and with none", run: clippy },
    Step { name: "doc", about: "the documentation builds, every link leads somewhere", run: doc },
    Step {
        name: "msrv",
        about: "the oldest supported Rust builds the library, where it is installed",
        run: msrv,
    },
    Step { name: "unit", about: "the tests in Rust, the house rules among them", run: unit },
    Step {
        name: "doctest",
        about: "the examples in the documentation and the READMEs",
        run: doctest,
    },
    Step { name: "bench", about: "the benchmark: its format, lints and tests", run: bench },
    Step {
        name: "autobahn",
        about: "the Autobahn cases of RFC 6455 against the codec",
        run: autobahn::core,
    },
    Step {
        name: "js",
        about: "the official clients and the suite of the wire, against a server",
        run: js,
    },
    Step { name: "browser", about: "the chat page in Chromium", run: browser },
];

fn fmt() -> Result<Counts, String> {
    component("rustfmt", "fmt")?;
    Ok(all([cargo("fmt --all --check")]))
}

fn clippy() -> Result<Counts, String> {
    component("clippy", "clippy")?;
    Ok(all([
        cargo("clippy --workspace --all-targets --all-features -- -D warnings"),
        cargo("clippy -p socketio --no-default-features -- -D warnings"),
    ]))
}

fn doc() -> Result<Counts, String> {
    let mut doc = cargo("doc --workspace --all-features --no-deps");
    doc.env("RUSTDOCFLAGS", "-D warnings");
    Ok(all([doc]))
}

/// Builds with the oldest supported Rust. What the dependencies declare is checked by the house rules in any case.
fn msrv() -> Result<Counts, String> {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let toolchains = says("rustup", "toolchain list").unwrap_or_default();
    let Some(toolchain) = toolchains.split_whitespace().find(|name| name.starts_with(version))
    else {
        println!(
            "Rust {version} is not installed (`rustup toolchain install {version}`): not built with it."
        );
        println!("The `unit` step still checks what rust-version every dependency declares.");
        return Ok(Counts::default());
    };
    let mut check =
        command("rustup", &format!("run {toolchain} cargo check -p socketio --all-features"));
    check.arg("--target-dir").arg(root().join("target/msrv"));
    check.env_remove("CARGO").env_remove("RUSTUP_TOOLCHAIN");
    Ok(all([check]))
}

fn unit() -> Result<Counts, String> {
    if !quiet(&mut cargo("nextest --version")) {
        run(&mut cargo("install cargo-nextest --locked"))?;
    }
    let Record { text, success } =
        record(&mut plain(cargo("nextest run --workspace --all-features")), LONG)?;
    Ok(Counts::of_run(counts::nextest(&text), success))
}

fn doctest() -> Result<Counts, String> {
    let tests = cargo("test --doc --workspace --all-features --no-fail-fast");
    let Record { text, success } = record(&mut plain(tests), LONG)?;
    Ok(Counts::of_run(counts::libtest(&text), success))
}

fn bench() -> Result<Counts, String> {
    let mut counts = all([
        bench::cargo_there("fmt --check"),
        bench::cargo_there("clippy --all-targets -- -D warnings"),
    ]);
    let Record { text, success } =
        record(&mut plain(bench::cargo_there("test --no-fail-fast")), LONG)?;
    counts += Counts::of_run(counts::libtest(&text), success);
    Ok(counts)
}

fn js() -> Result<Counts, String> {
    run(&mut cargo("build -p conformance"))?;
    node::install()?;
    let server = built("conformance")?;
    node::test(&["test/client", "test/wire"], &[("CONFORMANCE_SERVER", &server)], JS)
}

fn browser() -> Result<Counts, String> {
    run(&mut cargo("build -p chat"))?;
    node::install()?;
    let browser = node::browser()?;
    let chat = built("chat")?;
    let variables: [(&str, &Path); 3] =
        [("CHAT_SERVER", &chat), ("CLIENT_FILES", &node::client_files()), ("CHROMIUM", &browser)];
    node::test(&["test/browser"], &variables, JS)
}

/// Runs commands that are one check each, all of them even if one fails.
fn all<const N: usize>(commands: [Command; N]) -> Counts {
    let mut counts = Counts::default();
    for mut command in commands {
        counts += match run(&mut command) {
            Ok(()) => Counts::PASSED,
            Err(error) => {
                println!("{error}");
                Counts::FAILED
            }
        };
    }
    counts
}

/// Output that can be read by a program.
fn plain(mut command: Command) -> Command {
    command.env("CARGO_TERM_COLOR", "never").env("CARGO_TERM_PROGRESS_WHEN", "never");
    command
}

/// Whether a part of the toolchain is there.
fn component(name: &str, subcommand: &str) -> Result<(), String> {
    if quiet(&mut cargo(&format!("{subcommand} --version"))) {
        return Ok(());
    }
    Err(format!("{name} is missing: `rustup component add {name}`"))
}
