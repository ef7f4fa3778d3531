//! The three commands.

use crate::machine::Cores;
use crate::options::Options;
use crate::server::Kind;
use crate::{comparison, instructions, missed, profile};

/// Compares, counts or profiles, as the arguments say, and prints what it finds.
///
/// # Errors
/// Says what was asked wrongly, what is missing, or which server failed at what.
pub fn run(arguments: &[String]) -> Result<(), String> {
    match arguments.split_first() {
        Some((word, rest)) if word == "instructions" => instructions::run(rest),
        Some((word, rest)) if word == "profile" => profile::run(rest),
        _ => compare(&Options::parse(arguments)?),
    }
}

/// Compares, and unless it is to be quick, says of each row that misses its goal where the time goes.
fn compare(options: &Options) -> Result<(), String> {
    let cores = Cores::take()?;
    let missed = comparison::run(options, cores)?;
    if options.is_quick() {
        return Ok(());
    }
    println!();
    instructions::count_all(&[Kind::Floor, Kind::Ours], cores)?;
    missed::explain(&missed, cores)
}
