//! The rows of the table, and what each must not exceed.

use crate::load::{Echo, Shape};

/// One kind of work.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) goal: Goal,
}

/// What our best round must not exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Goal {
    /// So many times the floor's best.
    Floor(f64),
    /// So many bytes.
    Bytes(f64),
    None,
}

/// The whole table, from top to bottom.
pub(crate) static ALL: [Row; 14] = [
    echo("echo-c1", Echo::Event, 1, 1, Goal::None),
    echo("echo-c50", Echo::Event, 50, 1, Goal::Floor(1.15)),
    echo("echo-c500", Echo::Event, 500, 1, Goal::Floor(1.15)),
    echo("echo-c50-w16", Echo::Event, 50, 16, Goal::Floor(1.6)),
    echo("ack-c50", Echo::Acknowledged, 50, 1, Goal::Floor(1.15)),
    echo("binary1k-c50", Echo::Binary, 50, 1, Goal::Floor(1.2)),
    broadcast("bcast-100", 100, 1, 1.15),
    broadcast("bcast-1000", 1_000, 1, 1.1),
    broadcast("bcast-1000-w32", 1_000, 32, 1.3),
    broadcast("bcast-10000", 10_000, 1, 1.1),
    Row {
        name: "deflate-bcast-1000",
        shape: Shape::CompressedBroadcast { members: 1_000 },
        goal: Goal::None,
    },
    Row {
        name: "polling-echo-c50",
        shape: Shape::Polling { connections: 50 },
        goal: Goal::Floor(1.15),
    },
    Row { name: "churn", shape: Shape::Churn { at_once: 32 }, goal: Goal::Floor(1.3) },
    Row {
        name: "idle-10000",
        shape: Shape::Idle { connections: 10_000 },
        goal: Goal::Bytes(3_500.0),
    },
];

const fn echo(
    name: &'static str,
    event: Echo,
    connections: usize,
    window: usize,
    goal: Goal,
) -> Row {
    Row { name, shape: Shape::Echo { event, connections, window }, goal }
}

const fn broadcast(name: &'static str, members: usize, window: usize, goal: f64) -> Row {
    Row { name, shape: Shape::Broadcast { members, window }, goal: Goal::Floor(goal) }
}

/// The rows with these names in the table's order, or all of it.
///
/// # Errors
/// Says which name is no row's.
pub(crate) fn choose(names: &[String]) -> Result<Vec<&'static Row>, String> {
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|row| row.name != *name)) {
        let all: Vec<_> = ALL.iter().map(|row| row.name).collect();
        return Err(format!("there is no row `{unknown}`, only {}", all.join(", ")));
    }
    let wanted = |row: &&Row| names.is_empty() || names.iter().any(|name| name == row.name);
    Ok(ALL.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_every_row_and_names_keep_the_order_of_the_table() {
        let chosen = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(ToString::to_string).collect();
            choose(&names).map(|rows| rows.iter().map(|row| row.name).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&[]).unwrap().len(), ALL.len());
        assert_eq!(chosen(&["churn", "echo-c1"]).unwrap(), ["echo-c1", "churn"]);
        assert!(chosen(&["echo"]).unwrap_err().contains("`echo`"));
    }
}
