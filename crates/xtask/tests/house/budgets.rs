//! A file is read in one sitting, a function in one look.

use crate::measure::all_code;

/// Lines of code that a file, and a function, should not exceed; and the margin above which the build fails.
const FILE: (usize, usize) = (400, 500);
const FUNCTION: (usize, usize) = (60, 80);

#[test]
fn files_and_functions_are_short() {
    let mut too_long = Vec::new();
    for code in all_code() {
        check(&mut too_long, &code.file, code.lines.len(), FILE);
        for (name, line, lines) in &code.functions {
            check(&mut too_long, &format!("{}:{line}: `{name}`", code.file), *lines, FUNCTION);
        }
    }
    assert!(
        too_long.is_empty(),
        "a file that needs more becomes a folder:\n{}",
        too_long.join("\n")
    );
}

fn check(too_long: &mut Vec<String>, what: &str, lines: usize, (budget, limit): (usize, usize)) {
    let sentence = format!("{what} has {lines} lines of code; the budget is {budget}");
    if lines > limit {
        too_long.push(sentence);
    } else if lines > budget {
        println!("warning: {sentence}");
    }
}
