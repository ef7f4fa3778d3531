//! The table: one line for each row and server.

use serde_json::{Value, json};

use crate::rows::{Goal, Row};
use crate::sample::Sample;
use crate::server::Kind;
use crate::statistics::Summary;

/// A load generator that uses more of its core than this may be what holds the server back.
const BUSY_GENERATOR: f64 = 0.85;
/// Others that use more of a core than this make a measurement doubtful.
const BUSY_OTHERS: f64 = 0.10;

/// All measurements of one row: of each server, one for each round, or why there is none.
pub(crate) struct Measured {
    pub(crate) row: &'static Row,
    pub(crate) servers: Vec<(Kind, Vec<Result<Sample, String>>)>,
}

impl Measured {
    fn of(&self, kind: Kind) -> Vec<Sample> {
        let found = self.servers.iter().find(|(found, _)| *found == kind);
        found.into_iter().flat_map(|(_, rounds)| rounds.iter().flatten().copied()).collect()
    }

    fn summary(&self, kind: Kind) -> Option<Summary> {
        Summary::of(self.of(kind).iter().map(Sample::cost))
    }

    /// How often the floor's cost this server's is, round by round. A round in which one of them failed is none.
    fn ratios(&self, kind: Kind) -> Option<Summary> {
        let rounds = |kind: Kind| {
            self.servers.iter().find(|(found, _)| *found == kind).map(|(_, rounds)| rounds)
        };
        let pairs = rounds(kind)?.iter().zip(rounds(Kind::Floor)?);
        Summary::of(pairs.filter_map(|(ours, floor)| match (ours, floor) {
            (Ok(ours), Ok(floor)) => Some(ours.cost() / floor.cost()),
            _ => None,
        }))
    }

    /// The goal in words, and whether it is met.
    fn goal(&self) -> Option<(String, bool)> {
        let ours = self.summary(Kind::Ours)?;
        match self.row.goal {
            Goal::Floor(goal) => {
                let floor = self.summary(Kind::Floor)?;
                Some((format!("≤ {goal:.2} ×"), ours.best / floor.best <= goal))
            }
            Goal::Bytes(goal) => Some((format!("≤ {goal:.0} B"), ours.best <= goal)),
            Goal::None => None,
        }
    }

    /// Says whether the row has a goal that our best round exceeds.
    pub(crate) fn is_missed(&self) -> bool {
        self.goal().is_some_and(|(_, met)| !met)
    }

    pub(crate) fn json(&self) -> Value {
        let servers: Vec<_> = self
            .servers
            .iter()
            .map(|(kind, rounds)| {
                let rounds: Vec<_> = rounds
                    .iter()
                    .map(|round| match round {
                        Ok(sample) => sample.json(),
                        Err(error) => json!({ "error": error }),
                    })
                    .collect();
                json!({ "server": kind.name(), "rounds": rounds })
            })
            .collect();
        let goal = self.goal().map(|(goal, met)| json!({ "goal": goal, "met": met }));
        json!({ "row": self.row.name, "goal": goal, "servers": servers })
    }
}

/// The whole table, with what its marks mean.
pub(crate) fn table(all: &[Measured]) -> String {
    let mut table = format!(
        "{:<19}{:<13}{:>9} {:>9} {:>7} {:>11} {:>6} {:>7} {:>8} {:>8}  {:<13}{}\n",
        "row",
        "server",
        "best",
        "median",
        "spread",
        "ops/s",
        "kernel",
        "load",
        "best ×",
        "median ×",
        "rounds ×",
        "goal"
    );
    let mut failures = String::new();
    for measured in all {
        for (kind, rounds) in &measured.servers {
            table += &line(measured, *kind);
            for (round, error) in rounds.iter().enumerate() {
                if let Err(error) = error {
                    failures +=
                        &format!("{} {kind}, round {}: {error}\n", measured.row.name, round + 1);
                }
            }
        }
    }
    table += "\nbest, median: the server's time for one operation, or its memory for one idle connection. spread: worst less best,\n\
        in parts of the median. ×: of the floor. kernel: its part of the time; for idle connections, what the kernel holds for\n\
        the server's end. load: the generator's share of its core; * above 85 %: it may be what is measured. ! others used\n\
        more than a tenth of a core: not to be trusted.\n";
    table + &failures
}

fn line(measured: &Measured, kind: Kind) -> String {
    let name = measured.row.name;
    let Some(summary) = measured.summary(kind) else {
        return format!("{name:<19}{kind:<13}{:>9}\n", "failed");
    };
    let (rate, kernel, load) = details(&measured.of(kind));
    let floor = measured.summary(Kind::Floor).filter(|_| kind != Kind::Floor);
    let (best, median) = match floor {
        Some(floor) => (
            format!("{:.2}", summary.best / floor.best),
            format!("{:.2}", summary.median / floor.median),
        ),
        None => Default::default(),
    };
    let rounds = match measured.ratios(kind).filter(|_| kind != Kind::Floor) {
        Some(ratios) => format!("{:.2}–{:.2}", ratios.best, ratios.worst),
        None => String::new(),
    };
    let goal = match measured.goal().filter(|_| kind == Kind::Ours) {
        Some((goal, true)) => format!("{goal} met"),
        Some((goal, false)) => format!("{goal} NOT MET"),
        None => String::new(),
    };
    let cost = |cost: f64| cost_in_words(cost, matches!(measured.row.goal, Goal::Bytes(_)));
    let line = format!(
        "{name:<19}{kind:<13}{:>9} {:>9} {:>6.0}% {rate:>11} {kernel:>6} {load:>7} {best:>8} {median:>8}  {rounds:<13}{goal}",
        cost(summary.best),
        cost(summary.median),
        summary.spread() * 100.0,
    );
    format!("{}\n", line.trim_end())
}

/// Operations in a second, the kernel's part and the generator's share: medians of the rounds, with marks.
fn details(samples: &[Sample]) -> (String, String, String) {
    let works: Vec<_> = samples
        .iter()
        .filter_map(|sample| if let Sample::Work(work) = sample { Some(*work) } else { None })
        .collect();
    let kernels = samples.iter().filter_map(|sample| match sample {
        Sample::Memory(memory) => Some(memory.kernel),
        Sample::Work(_) => None,
    });
    let median = |numbers: &mut dyn Iterator<Item = f64>| Summary::of(numbers).map(|of| of.median);
    let Some(rate) = median(&mut works.iter().map(|work| work.rate)) else {
        let kernel = Summary::of(kernels).map_or(0.0, |kernel| kernel.median);
        return (String::new(), format!("{kernel:.0} B"), String::new());
    };
    let kernel = median(&mut works.iter().map(|work| work.kernel)).unwrap_or_default();
    let load = median(&mut works.iter().map(|work| work.generator)).unwrap_or_default();
    let others = median(&mut works.iter().map(|work| work.others)).unwrap_or_default();
    let busy = if load > BUSY_GENERATOR { "*" } else { "" };
    let disturbed = if others > BUSY_OTHERS { "!" } else { "" };
    (
        format!("{rate:.0}"),
        format!("{:.0}%", kernel * 100.0),
        format!("{:.0}%{busy}{disturbed}", load * 100.0),
    )
}

fn cost_in_words(cost: f64, is_bytes: bool) -> String {
    match cost {
        cost if is_bytes => format!("{cost:.0} B"),
        cost if cost < 10_000.0 => format!("{:.2} µs", cost / 1000.0),
        cost => format!("{:.1} µs", cost / 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::choose;
    use crate::sample::{Memory, Work};

    fn work(cost: f64, generator: f64, others: f64) -> Result<Sample, String> {
        Ok(Sample::Work(Work { cost, kernel: 0.5, rate: 1000.0, generator, others }))
    }

    fn measured(row: &str, servers: Vec<(Kind, Vec<Result<Sample, String>>)>) -> Measured {
        Measured { row: choose(&[row.to_owned()]).unwrap()[0], servers }
    }

    #[test]
    fn the_goal_compares_the_best_with_the_best() {
        let floor = (Kind::Floor, vec![work(100.0, 0.5, 0.0), work(200.0, 0.5, 0.0)]);
        let ours = (Kind::Ours, vec![work(300.0, 0.5, 0.0), work(114.0, 0.5, 0.0)]);
        let measured = measured("echo-c50", vec![floor, ours]);
        assert_eq!(measured.goal(), Some(("≤ 1.15 ×".to_owned(), true)));
        let line = line(&measured, Kind::Ours);
        assert!(
            line.contains("1.14") && line.contains("0.57–3.00") && line.ends_with("met\n"),
            "{line}"
        );
    }

    #[test]
    fn a_busy_generator_and_busy_neighbours_are_marked() {
        let of = |generator, others| {
            let measured =
                measured("echo-c1", vec![(Kind::Floor, vec![work(1e4, generator, others)])]);
            line(&measured, Kind::Floor)
        };
        assert!(of(0.9, 0.0).contains("90%*") && of(0.5, 0.3).contains("50%!"));
        assert!(!of(0.8, 0.05).contains(['*', '!']));
    }

    #[test]
    fn idle_connections_are_judged_in_bytes_without_a_floor() {
        let memory = Ok(Sample::Memory(Memory { server: 3600.0, kernel: 4000.0 }));
        let measured = measured("idle-10000", vec![(Kind::Ours, vec![memory])]);
        let line = line(&measured, Kind::Ours);
        assert!(
            line.contains("3600 B") && line.contains("4000 B") && line.ends_with("NOT MET\n"),
            "{line}"
        );
    }

    #[test]
    fn a_failure_is_told_and_not_counted() {
        let broken = (Kind::Ours, vec![Err("the server was silent".to_owned())]);
        let measured = measured("churn", vec![(Kind::Floor, vec![work(1.0, 0.1, 0.0)]), broken]);
        let table = table(&[measured]);
        assert!(
            table.contains("failed")
                && table.contains("churn ours, round 1: the server was silent")
        );
    }
}
