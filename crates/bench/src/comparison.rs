//! `cargo xtask bench`: every server does every row, round by round.

use std::fs;

use serde_json::json;

use crate::machine::{Cores, describe, raise_limits};
use crate::options::Options;
use crate::report::{Measured, table};
use crate::rows::Row;
use crate::sample;
use crate::server::Kind;

/// Measures, prints the table, writes the results where they were asked for, and returns the rows whose goal is not met.
pub(crate) fn run(options: &Options, cores: Cores) -> Result<Vec<&'static Row>, String> {
    raise_limits()?;
    let machine = describe(cores);
    let mut all: Vec<Measured> = options
        .rows
        .iter()
        .map(|row| Measured {
            row,
            servers: options
                .servers
                .iter()
                .filter(|kind| kind.can(row.shape.task()))
                .map(|kind| (*kind, Vec::new()))
                .collect(),
        })
        .collect();
    for round in 0..options.rounds {
        for measured in &mut all {
            let servers = measured.servers.len();
            eprintln!("round {} of {}: {}", round + 1, options.rounds, measured.row.name);
            for turn in 0..servers {
                // No server is always the one that runs after the same other.
                let (kind, rounds) = &mut measured.servers[(turn + round) % servers];
                let sample = sample::take(measured.row, *kind, options.pace, cores);
                rounds.push(sample.map_err(|error| error.to_string()));
            }
        }
    }
    println!("{}{}\n{machine}", table(&all), rounds_in_words(options));
    if let Some(path) = &options.json {
        let rows: Vec<_> = all.iter().map(Measured::json).collect();
        let results = json!({ "machine": machine, "rounds": options.rounds, "rows": rows });
        fs::write(path, format!("{results:#}\n"))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    }
    failures(&all)?;
    Ok(all.iter().filter(|row| row.is_missed()).map(|measured| measured.row).collect())
}

fn rounds_in_words(options: &Options) -> String {
    let measure = options.pace.measure;
    format!("{} round(s) of {measure:?} each, interleaved", options.rounds)
}

/// An error if a server failed in any round.
fn failures(all: &[Measured]) -> Result<(), String> {
    let failed = |(kind, rounds): &(Kind, Vec<Result<_, _>>)| {
        rounds.iter().any(Result::is_err).then_some(*kind)
    };
    let failed: Vec<_> = all
        .iter()
        .flat_map(|measured| {
            let kinds = measured.servers.iter().filter_map(failed);
            kinds.map(|kind| format!("{} of {kind}", measured.row.name))
        })
        .collect();
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}
