//! `cargo xtask bench profile <row>`: where the instructions of our server go.

use crate::annotations::{Line, calls, home, maxima, read, sums};
use crate::callgrind::Counted;
use crate::instructions;
use crate::load::Shape;
use crate::machine::Cores;
use crate::options::parse_servers;
use crate::rows::choose;
use crate::server::Kind;

/// Functions that are shown.
const FUNCTIONS: usize = 40;
/// Connections at most: under callgrind more would only take longer.
const CONNECTIONS: usize = 100;
/// As much of a name as fits into a line.
const NAME: usize = 130;

/// Profiles one row of either table, `echo` and `delivery` of that of instructions; our server unless `--servers` names another.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let (name, kind) = match arguments {
        [row] => (row, Kind::Ours),
        [row, option, kind] if option == "--servers" => (row, parse_servers(kind)?[0]),
        _ => return Err("usage: profile <row> [--servers ours]".to_owned()),
    };
    let shape = match instructions::shape(name) {
        Some(shape) => shape,
        None => choose(std::slice::from_ref(name))?[0].shape,
    };
    let (shape, operations) = smaller(shape)?;
    let mut counted = Counted::start(kind, shape, Cores::take()?)?;
    let dump = counted.count(operations)?;
    let own = read(&dump.file, false)?;
    let inclusive = read(&dump.file, true)?;

    let calls = calls(&dump.file)?;
    let operations = dump.operations as f64;
    let share = |instructions: u64| {
        let percent = 100.0 * instructions as f64 / dump.instructions as f64;
        format!("{:>9.0} {percent:>5.1}%", instructions as f64 / operations)
    };
    println!("{kind}, {shape:?}: user-space instructions per operation, and their part of all");
    println!("{}  all", share(dump.instructions));
    println!("\nby the crate that the code is from, inlined or not:");
    for (name, sum) in sums(&own, |line| &line.from) {
        println!("{}  {name}", share(sum));
    }
    let show = |title: &str, functions: Vec<(&str, u64)>| {
        println!("\n{title}");
        for (name, instructions) in functions.into_iter().take(FUNCTIONS) {
            let called = calls.get(name).copied().unwrap_or_default() as f64 / operations;
            println!("{} {called:>7.2} ×  {}", share(instructions), cut(name));
        }
    };
    show(
        "by function and its calls, with what is inlined into it, without what it calls:",
        by_function(&own),
    );
    show("by function and its calls, with all that it calls:", maxima(&inclusive));
    show(
        "the function of each crate that takes most, with all that it calls:",
        outermost(&maxima(&inclusive)),
    );
    println!("\n{} (callgrind_annotate and kcachegrind read it)", dump.file.display());
    Ok(())
}

fn by_function(lines: &[Line]) -> Vec<(&str, u64)> {
    sums(lines, |line| &line.function)
}

/// The row as it can be done under callgrind, and how many operations of it.
fn smaller(shape: Shape) -> Result<(Shape, u64), String> {
    let few = |connections: usize| connections.min(CONNECTIONS);
    match shape {
        Shape::Echo { event, connections, window } => {
            Ok((Shape::Echo { event, connections: few(connections), window }, 20_000))
        }
        Shape::Broadcast { members, window } => {
            Ok((Shape::Broadcast { members: few(members), window }, 40_000))
        }
        Shape::CompressedBroadcast { members } => {
            Ok((Shape::CompressedBroadcast { members: few(members) }, 20_000))
        }
        Shape::Polling { connections } => {
            Ok((Shape::Polling { connections: few(connections) }, 5_000))
        }
        Shape::Churn { at_once } => Ok((Shape::Churn { at_once: few(at_once) }, 2_000)),
        Shape::Idle { .. } => Err("idle connections execute nothing".to_owned()),
    }
}

/// The first function of each crate. They are in order.
fn outermost<'a>(functions: &[(&'a str, u64)]) -> Vec<(&'a str, u64)> {
    let mut found: Vec<(&str, u64)> = Vec::new();
    for &(name, most) in functions {
        if found.iter().all(|(other, _)| home(other) != home(name)) {
            found.push((name, most));
        }
    }
    found
}

/// The beginning and the end of a long name: both tell more than the middle.
fn cut(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= NAME {
        return name.to_owned();
    }
    let half = NAME / 2;
    let (head, tail) = (&letters[..half], &letters[letters.len() - half..]);
    format!("{}…{}", head.iter().collect::<String>(), tail.iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_each_crate_the_outermost_function_is_shown() {
        let functions = [("x::a", 9), ("<x::T as y::Poll>::poll", 7), ("y::b", 5), ("malloc", 3)];
        assert_eq!(outermost(&functions), [("x::a", 9), ("y::b", 5), ("malloc", 3)]);
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        let name = format!("<{}>::poll", "é".repeat(300));
        assert!(cut(&name).starts_with("<é") && cut(&name).ends_with("é>::poll"));
        assert_eq!(cut(&name).chars().count(), NAME + 1);
        assert_eq!(cut("short"), "short");
    }
}
