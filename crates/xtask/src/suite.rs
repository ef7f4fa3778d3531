//! A suite: steps, of which the next runs even if one fails, and one line at the end that sums up.

use std::time::Instant;

use crate::counts::Counts;

/// One thing to check.
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Runs the step. An error says why it could not run; it counts as one failure.
    pub(crate) run: fn() -> Result<Counts, String>,
}

/// Runs the steps of these names, in the order of `all`, or all of them. Returns whether nothing failed.
///
/// # Errors
/// The first name that is no step's.
pub(crate) fn run(all: &[Step], names: &[&str]) -> Result<bool, String> {
    let chosen = choose(all, names)?;
    let mut sum = Counts::default();
    let mut table = String::new();
    for Step { name, about, run } in chosen {
        println!("\n── {name}: {about}");
        let started = Instant::now();
        let counts = run().unwrap_or_else(|error| {
            println!("{error}");
            Counts::FAILED
        });
        let seconds = started.elapsed().as_secs_f32();
        println!("── {name}: {} in {seconds:.1} s", result(counts));
        table += &format!("{name:<10} {:<24} {seconds:>7.1} s\n", result(counts));
        sum += counts;
    }
    println!("\n{table}");
    println!("{}", result(sum));
    Ok(sum.failed == 0)
}

/// The steps with these names, or all.
fn choose<'a>(all: &'a [Step], names: &[&str]) -> Result<Vec<&'a Step>, String> {
    if let Some(unknown) = names.iter().find(|name| all.iter().all(|step| step.name != **name)) {
        return Err(format!("there is no step `{unknown}`"));
    }
    let wanted = |step: &&Step| names.is_empty() || names.contains(&step.name);
    Ok(all.iter().filter(wanted).collect())
}

fn result(counts: Counts) -> String {
    format!("{} passed, {} failed", counts.passed, counts.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    static STEPS: [Step; 3] = [
        Step { name: "one", about: "passes", run: || Ok(Counts::PASSED) },
        Step { name: "two", about: "fails", run: || Ok(Counts::FAILED) },
        Step { name: "three", about: "cannot run", run: || Err("no".to_owned()) },
    ];

    fn chosen(names: &[&str]) -> Result<Vec<&'static str>, String> {
        Ok(choose(&STEPS, names)?.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn no_name_means_every_step_and_names_keep_the_order_of_the_suite() {
        assert_eq!(chosen(&[]).unwrap(), ["one", "two", "three"]);
        assert_eq!(chosen(&["three", "one"]).unwrap(), ["one", "three"]);
    }

    #[test]
    fn a_step_that_does_not_exist_is_named() {
        assert_eq!(chosen(&["one", "tow"]).unwrap_err(), "there is no step `tow`");
    }

    #[test]
    fn a_step_that_fails_or_cannot_run_is_a_failure_of_the_suite() {
        for (name, passes) in [("one", true), ("two", false), ("three", false)] {
            assert_eq!(run(&STEPS, &[name]), Ok(passes), "{name}");
        }
    }
}
