//! What one may ask for.

use std::path::PathBuf;

use crate::rows::{Row, choose};
use crate::sample::Pace;
use crate::server::Kind;

/// Rounds unless it is said how many.
const ROUNDS: usize = 5;
/// More than anybody waits for.
const MAX_ROUNDS: usize = 100;

/// What to compare, and how thoroughly.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) rows: Vec<&'static Row>,
    pub(crate) servers: Vec<Kind>,
    pub(crate) rounds: usize,
    pub(crate) pace: Pace,
    quick: bool,
    pub(crate) json: Option<PathBuf>,
}

impl Options {
    /// Reads `[rows…] [--rounds N] [--quick] [--servers a,b] [--json FILE]`.
    ///
    /// # Errors
    /// Says which word is wrong.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut rows = Vec::new();
        let (mut servers, mut rounds, mut json) = (Kind::ALL.to_vec(), None, None);
        let mut quick = false;
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--quick" => quick = true,
                "--rounds" => rounds = Some(parse_rounds(value()?)?),
                "--servers" => servers = parse_servers(value()?)?,
                "--json" => json = Some(PathBuf::from(value()?)),
                option if option.starts_with('-') => {
                    return Err(format!("there is no option `{option}`"));
                }
                _ => rows.push(word.clone()),
            }
        }
        Ok(Self {
            rows: choose(&rows)?,
            servers,
            rounds: rounds.unwrap_or(if quick { 1 } else { ROUNDS }),
            pace: if quick { Pace::QUICK } else { Pace::FULL },
            quick,
            json,
        })
    }

    /// Says whether the table is all that is wanted, without counted instructions and profiles.
    pub(crate) fn is_quick(&self) -> bool {
        self.quick
    }
}

fn parse_rounds(word: &str) -> Result<usize, String> {
    match word.parse() {
        Ok(rounds @ 1..=MAX_ROUNDS) => Ok(rounds),
        _ => Err(format!("--rounds is a number from 1 to {MAX_ROUNDS}, not `{word}`")),
    }
}

/// Reads `floor,ours`.
///
/// # Errors
/// Says which name is no server's.
pub(crate) fn parse_servers(word: &str) -> Result<Vec<Kind>, String> {
    let kind = |name: &str| {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| format!("there is no server `{name}`"))
    };
    word.split(',').map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let words: Vec<_> = line.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn without_options_every_server_does_every_row_five_times() {
        let options = parse("").unwrap();
        assert_eq!((options.rows.len(), options.servers.len(), options.rounds), (14, 4, 5));
        assert_eq!(options.json, None);
    }

    #[test]
    fn options_and_rows_mix() {
        let options = parse("churn --quick --servers ours,floor echo-c1 --json a.json").unwrap();
        assert_eq!((options.rows.len(), options.rounds), (2, 1));
        assert_eq!(options.servers, [Kind::Ours, Kind::Floor]);
        assert_eq!(options.json, Some(PathBuf::from("a.json")));
        assert_eq!(parse("--quick --rounds 3").unwrap().rounds, 3);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (line, word) in [
            ("--fast", "--fast"),
            ("--rounds", "--rounds needs"),
            ("--rounds 0", "`0`"),
            ("--servers deno", "`deno`"),
            ("echo", "`echo`"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{error}");
        }
    }
}
