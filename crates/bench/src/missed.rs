//! Where the time of the rows goes whose goal is not met: a profile of each, beside the floor's.

use crate::annotations::home;
use crate::machine::Cores;
use crate::profile::{Profile, cut};
use crate::rows::{Goal, Row};
use crate::server::Kind;

/// Crates and functions that are shown of a row.
const LINES: usize = 12;
/// What is ours to make faster.
const OUR_CRATES: [&str; 5] =
    ["socketio", "socketio_proto", "engineio", "engineio_proto", "websocket_proto"];

/// Prints a profile of each row. Of memory there is none.
pub(crate) fn explain(rows: &[&Row], cores: Cores) -> Result<(), String> {
    for row in rows.iter().filter(|row| !matches!(row.goal, Goal::Bytes(_))) {
        let ours = Profile::take(Kind::Ours, row.shape, cores)?;
        let floor = Profile::take(Kind::Floor, row.shape, cores)?;
        println!("\n{}", description(row.name, &ours, &floor));
    }
    Ok(())
}

fn description(row: &str, ours: &Profile, floor: &Profile) -> String {
    let mut text = format!(
        "{row} is NOT MET. User-space instructions of an operation by the crate that the code is from: ours, the floor's\n"
    );
    text += &line(ours.instructions(), floor.instructions(), "all");
    let of_floor = floor.crates();
    for (name, instructions) in ours.crates().into_iter().take(LINES) {
        let floor = of_floor.iter().find(|(other, _)| *other == name);
        text += &line(instructions, floor.map_or(0.0, |(_, floor)| *floor), name);
    }
    text += "of ours, with all that they call:\n";
    let functions = ours.functions();
    for (name, instructions) in of_ours(&functions).take(LINES) {
        text += &format!("{instructions:>9.0}  {}\n", cut(name));
    }
    text
}

fn line(ours: f64, floor: f64, name: &str) -> String {
    format!("{ours:>9.0} {floor:>9.0}  {name}\n")
}

fn of_ours<'a>(functions: &'a [(&str, f64)]) -> impl Iterator<Item = (&'a str, f64)> {
    functions.iter().copied().filter(|(name, _)| OUR_CRATES.contains(&home(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_ours_is_named() {
        let functions = [
            ("tokio::poll", 9.0),
            ("<engineio::Session as core::Any>::poll", 5.0),
            ("malloc", 3.0),
        ];
        let names: Vec<_> = of_ours(&functions).map(|(name, _)| name).collect();
        assert_eq!(names, ["<engineio::Session as core::Any>::poll"]);
    }
}
