//! The commands of this repository: `cargo xtask help`.

use std::env;
use std::process::ExitCode;

mod chat;
mod steps;
mod bench;
mod autobahn;
mod suite;
mod python;
mod node;
mod counts;
mod tools;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["chat"] => end(chat::chat(false)),
        ["chat", "--release"] => end(chat::chat(true)),
        ["bench", arguments @ ..] => end(bench::bench(arguments)),
        ["test", names @ ..] => checked(suite::run(&steps::ALL, names)),
        ["autobahn", names @ ..] => checked(suite::run(&autobahn::ALL, names)),
        ["help" | "--help" | "-h"] => {
            println!("{}", usage());
            ExitCode::SUCCESS
        }
        [] => misused("a command is needed"),
        [unknown, ..] => misused(&format!("`{unknown}` is no command, or not used like that")),
    }
}

fn end(result: Result<(), String>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn checked(result: Result<bool, String>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => misused(&error),
    }
}

fn misused(error: &str) -> ExitCode {
    eprintln!("{error}\n\n{}", usage());
    ExitCode::from(2)
}

fn usage() -> String {
    let mut usage = "\
cargo xtask chat [--release]   start the chat at http://localhost:3000/ (PORT=… for another port)
cargo xtask test [step…]       check everything, or some of the steps:
"
    .to_owned();
    usage += &list(&steps::ALL);
    usage += "\
cargo xtask autobahn [group…]  run the whole Autobahn suite against our WebSocket codec, or some of its groups:
";
    usage += &list(&autobahn::ALL);
    usage += "\
cargo xtask bench [row…]       compare our server with the floor, socketioxide and Node: server time per operation
          [--rounds N] [--quick] [--servers floor,ours,socketioxide,node] [--json FILE]
cargo xtask bench instructions count what an echo and a delivery of a broadcast take, which no machine changes
cargo xtask bench profile ROW  show which functions take it: echo, delivery, or a row of the comparison
cargo xtask help               print this";
    usage
}

fn list(steps: &[suite::Step]) -> String {
    let line =
        |step: &suite::Step| format!("                   {:<11} {}\n", step.name, step.about);
    steps.iter().map(line).collect()
}
