//! `cargo xtask bench instructions`: the two rows that do not depend on the machine.

use crate::callgrind::Counted;
use crate::load::{Echo, Shape};
use crate::machine::Cores;
use crate::options::parse_servers;
use crate::server::Kind;

/// A row: instructions of the server for one operation, outside of the kernel.
struct Row {
    /// What `profile` calls it.
    short: &'static str,
    name: &'static str,
    shape: Shape,
    /// Operations of the shorter run; the longer one has twice as many.
    operations: u64,
    goal: f64,
    stretch: f64,
}

const ROWS: [Row; 2] = [
    Row {
        short: "echo",
        name: "echo, 20 connections",
        shape: Shape::Echo { event: Echo::Event, connections: 20, window: 1 },
        operations: 10_000,
        goal: 3_500.0,
        stretch: 2_500.0,
    },
    Row {
        short: "delivery",
        name: "delivery, 100 members, 4 in flight",
        shape: Shape::Broadcast { members: 100, window: 4 },
        operations: 40_000,
        goal: 450.0,
        stretch: 400.0,
    },
];

/// The work that the row `echo` or `delivery` counts.
pub(crate) fn shape(short: &str) -> Option<Shape> {
    ROWS.iter().find(|row| row.short == short).map(|row| row.shape)
}

/// Counts and prints. `--servers a,b` counts others than ours and the floor.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let servers = match arguments {
        [] => vec![Kind::Floor, Kind::Ours],
        [option, names] if option == "--servers" => parse_servers(names)?,
        _ => return Err("usage: instructions [--servers a,b]".to_owned()),
    };
    count_all(&servers, Cores::take()?)
}

/// Counts and prints both rows of these servers.
pub(crate) fn count_all(servers: &[Kind], cores: Cores) -> Result<(), String> {
    println!(
        "{:<36}{:<13}{:>13}  {:>8} {:>8}",
        "user-space instructions per", "server", "instructions", "goal", "stretch"
    );
    for row in &ROWS {
        for &kind in servers {
            let counted = count(kind, row, cores)?;
            let verdict = if kind == Kind::Ours { verdict(counted, row) } else { "" };
            let line = format!(
                "{:<36}{kind:<13}{counted:>13.0}  {:>8} {:>8}  {verdict}",
                row.name,
                format!("≤ {}", row.goal),
                format!("≤ {}", row.stretch)
            );
            println!("{}", line.trim_end());
        }
    }
    Ok(())
}

/// The difference of a longer and a shorter run: what does not depend on their length is in neither.
fn count(kind: Kind, row: &Row, cores: Cores) -> Result<f64, String> {
    if kind == Kind::Node {
        return Err("Node compiles while it runs: its instructions are not counted".to_owned());
    }
    let mut counted = Counted::start(kind, row.shape, cores)?;
    let shorter = counted.count(row.operations)?;
    let longer = counted.count(2 * row.operations)?;
    let instructions = longer.instructions as f64 - shorter.instructions as f64;
    Ok(instructions / (longer.operations - shorter.operations) as f64)
}

fn verdict(counted: f64, row: &Row) -> &'static str {
    match counted {
        counted if counted <= row.stretch => "stretch met",
        counted if counted <= row.goal => "met",
        _ => "NOT MET",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_met_up_to_its_number() {
        let [echo, delivery] = &ROWS;
        assert_eq!(verdict(2_500.0, echo), "stretch met");
        assert_eq!(verdict(3_500.0, echo), "met");
        assert_eq!(verdict(450.4, delivery), "NOT MET");
    }
}
