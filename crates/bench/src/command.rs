//! The three commands.

use crate::options::Options;
use crate::{comparison, instructions, profile};

/// Compares, counts or profiles, as the arguments say, and prints what it finds.
///
/// # Errors
/// Says what was asked wrongly, what is missing, or which server failed at what.
pub fn run(arguments: &[String]) -> Result<(), String> {
    match arguments.split_first() {
        Some((word, rest)) if word == "instructions" => instructions::run(rest),
        Some((word, rest)) if word == "profile" => profile::run(rest),
        _ => comparison::run(&Options::parse(arguments)?),
    }
}
