//! The steps of `cargo xtask test`, in the order in which they run: cheap and telling ones first.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::autobahn;
use crate::bench;
use crate::counts::{self, Counts};
use crate::node;
use crate::python;
use crate::suite::Step;
use crate::tools::{
    Record, built, cargo, cargo_at, command, quiet, record, root, run, says, works,
};

/// More than any step takes on two slow cores; a step that hangs ends here.
const LONG: Duration = Duration::from_secs(30 * 60);
const JS: Duration = Duration::from_secs(15 * 60);
/// Each version of the client: a quarter of a minute on two cores.
const PYTHON: Duration = Duration::from_secs(3 * 60);

/// The whole suite.
pub(crate) static ALL: [Step; 12] = [
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
        about: "the official clients, the suite of the wire, and the same conversations with the JavaScript server",
        run: js,
    },
    Step { name: "python", about: "python-socketio 5 and 4.6 against a server", run: python },
    Step {
        name: "rust-client",
        about: "rust_socketio against a server; its format and lints",
        run: rust_client,
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
    install_nextest()?;
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
    node::test(
        &["test/client", "test/wire", "differential"],
        &[("CONFORMANCE_SERVER", &server)],
        JS,
    )
}

fn python() -> Result<Counts, String> {
    run(&mut cargo("build -p conformance"))?;
    let server = built("conformance")?;
    let mut counts = python::test("5", &server, PYTHON)?;
    counts += python::test("4", &server, PYTHON)?;
    Ok(counts)
}

/// The client brings half of the crates there are, and a TLS that nobody needs here: a workspace of its own.
fn rust_client() -> Result<Counts, String> {
    run(&mut cargo("build -p conformance"))?;
    install_nextest()?;
    // Where the headers of OpenSSL are missing, it is built: perl and make are needed, and two minutes.
    let features = if works("pkg-config", "--exists openssl") { "" } else { "--features vendored" };
    let there = |command: &str, rest: &str| {
        plain(cargo_at("js-client-tests/rust", &format!("{command} --locked {features} {rest}")))
    };
    let mut counts = all([
        cargo_at("js-client-tests/rust", "fmt --check"),
        there("clippy --all-targets", "-- -D warnings"),
    ]);
    let mut tests = there("nextest run --no-fail-fast", "");
    tests.env("CONFORMANCE_SERVER", built("conformance")?);
    let Record { text, success } = record(&mut tests, LONG)?;
    counts += Counts::of_run(counts::nextest(&text), success);
    Ok(counts)
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

fn install_nextest() -> Result<(), String> {
    if quiet(&mut cargo("nextest --version")) {
        return Ok(());
    }
    run(&mut cargo("install cargo-nextest --locked"))
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
