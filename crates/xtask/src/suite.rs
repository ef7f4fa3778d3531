//! `cargo xtask test`: runs steps, goes on after a failure, and ends with one line that sums up.

use std::time::Instant;

use crate::counts::Counts;
use crate::steps::{ALL, Step};

/// Runs the steps of these names, in the suite's order, or all of them. Returns whether nothing failed.
///
/// # Errors
/// The first name that is no step's.
pub(crate) fn test(names: &[&str]) -> Result<bool, String> {
    let chosen = choose(names)?;
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
        table += &format!("{name:<8} {:<24} {seconds:>7.1} s\n", result(counts));
        sum += counts;
    }
    println!("\n{table}");
    println!("{}", result(sum));
    Ok(sum.failed == 0)
}

/// The steps with these names, or all.
fn choose(names: &[&str]) -> Result<Vec<&'static Step>, String> {
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|step| step.name != **name)) {
        return Err(format!("there is no step `{unknown}`"));
    }
    let wanted = |step: &&Step| names.is_empty() || names.contains(&step.name);
    Ok(ALL.iter().filter(wanted).collect())
}

fn result(counts: Counts) -> String {
    format!("{} passed, {} failed", counts.passed, counts.failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(names: &[&str]) -> Result<Vec<&'static str>, String> {
        Ok(choose(names)?.into_iter().map(|step| step.name).collect())
    }

    #[test]
    fn no_name_means_every_step_and_names_keep_the_order_of_the_suite() {
        assert_eq!(chosen(&[]).unwrap().len(), ALL.len());
        assert_eq!(chosen(&["unit", "fmt"]).unwrap(), ["fmt", "unit"]);
    }

    #[test]
    fn a_step_that_does_not_exist_is_named() {
        assert_eq!(chosen(&["fmt", "unti"]).unwrap_err(), "there is no step `unti`");
    }
}
