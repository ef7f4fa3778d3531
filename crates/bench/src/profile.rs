//! `cargo xtask bench profile <row>`: where the instructions of our server go.

use crate::annotations::{Line, calls, home, maxima, read, sums};
use crate::callgrind::{Counted, Dump};
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

/// What one server did in one row, under callgrind.
pub(crate) struct Profile {
    dump: Dump,
    /// Without what a function calls.
    own: Vec<Line>,
    /// With all that a function calls.
    inclusive: Vec<Line>,
}

impl Profile {
    /// Does the row as far as callgrind can.
    pub(crate) fn take(kind: Kind, shape: Shape, cores: Cores) -> Result<Self, String> {
        let (shape, operations) = smaller(shape)?;
        let dump = Counted::start(kind, shape, cores)?.count(operations)?;
        let (own, inclusive) = (read(&dump.file, false)?, read(&dump.file, true)?);
        Ok(Self { dump, own, inclusive })
    }

    /// Returns the instructions of one operation.
    pub(crate) fn instructions(&self) -> f64 {
        self.each(self.dump.instructions)
    }

    /// Returns the instructions of one operation by the crate that the code is from, inlined or not; most first.
    pub(crate) fn crates(&self) -> Vec<(&str, f64)> {
        let sums = sums(&self.own, |line| &line.from);
        sums.into_iter().map(|(name, sum)| (name, self.each(sum))).collect()
    }

    /// Returns the functions and what one operation takes in them and all that they call; most first.
    pub(crate) fn functions(&self) -> Vec<(&str, f64)> {
        let maxima = maxima(&self.inclusive);
        maxima.into_iter().map(|(name, most)| (name, self.each(most))).collect()
    }

    fn each(&self, instructions: u64) -> f64 {
        instructions as f64 / self.dump.operations as f64
    }
}

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
    let profile = Profile::take(kind, shape, Cores::take()?)?;
    let calls = calls(&profile.dump.file)?;
    let all = profile.instructions();
    let share = |each: f64| format!("{each:>9.0} {:>5.1}%", 100.0 * each / all);
    println!("{kind}, {name}: user-space instructions per operation, and their part of all");
    println!("{}  all", share(all));
    println!("\nby the crate that the code is from, inlined or not:");
    for (name, each) in profile.crates() {
        println!("{}  {name}", share(each));
    }
    let show = |title: &str, functions: Vec<(&str, f64)>| {
        println!("\n{title}");
        for (name, each) in functions.into_iter().take(FUNCTIONS) {
            let called = profile.each(calls.get(name).copied().unwrap_or_default());
            println!("{} {called:>7.2} ×  {}", share(each), cut(name));
        }
    };
    let own = sums(&profile.own, |line| &line.function);
    show(
        "by function and its calls, with what is inlined into it, without what it calls:",
        own.into_iter().map(|(name, sum)| (name, profile.each(sum))).collect(),
    );
    show("by function and its calls, with all that it calls:", profile.functions());
    show(
        "the function of each crate that takes most, with all that it calls:",
        outermost(&profile.functions()),
    );
    println!("\n{} (callgrind_annotate and kcachegrind read it)", profile.dump.file.display());
    Ok(())
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
fn outermost<'a>(functions: &[(&'a str, f64)]) -> Vec<(&'a str, f64)> {
    let mut found: Vec<(&str, f64)> = Vec::new();
    for &(name, most) in functions {
        if found.iter().all(|(other, _)| home(other) != home(name)) {
            found.push((name, most));
        }
    }
    found
}

/// The beginning and the end of a long name: both tell more than the middle.
pub(crate) fn cut(name: &str) -> String {
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
        let functions =
            [("x::a", 9.0), ("<x::T as y::Poll>::poll", 7.0), ("y::b", 5.0), ("malloc", 3.0)];
        assert_eq!(outermost(&functions), [("x::a", 9.0), ("y::b", 5.0), ("malloc", 3.0)]);
    }

    #[test]
    fn a_long_name_keeps_its_ends() {
        let name = format!("<{}>::poll", "é".repeat(300));
        assert!(cut(&name).starts_with("<é") && cut(&name).ends_with("é>::poll"));
        assert_eq!(cut(&name).chars().count(), NAME + 1);
        assert_eq!(cut("short"), "short");
    }
}
