//! What a test runner says at its end, as two numbers.

use std::ops::AddAssign;

/// Tests that kept their promise, and tests that did not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Counts {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1 };

    /// What a run counts for, given the summary it printed and whether it exited with success.
    ///
    /// A run without a summary ran nothing, and a run that exits with an error failed somewhere: both count as a
    /// failure, whatever else was counted.
    pub(crate) fn of_run(summary: Option<Self>, success: bool) -> Self {
        let Some(mut counts) = summary else { return Self::FAILED };
        if !success {
            counts.failed = counts.failed.max(1);
        }
        counts
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// Reads `Summary [ 0.1s] 5 tests run: 3 passed (1 slow), 1 failed, 1 timed out, 0 skipped`.
pub(crate) fn nextest(output: &str) -> Option<Counts> {
    let summary = output.lines().rev().find(|line| line.trim_start().starts_with("Summary ["))?;
    let (_, list) = summary.split_once(" run: ")?;
    let mut counts = Counts::default();
    for (number, what) in without_parentheses(list).split(", ").filter_map(numbered) {
        match what {
            "passed" => counts.passed += number,
            "skipped" => {}
            _ => counts.failed += number, // failed, timed out, exec failed, …
        }
    }
    Some(counts)
}

/// Adds up every `test result: ok. 3 passed; 0 failed; 1 ignored; …`, of which there is one a crate or more.
pub(crate) fn libtest(output: &str) -> Option<Counts> {
    let mut sum = None;
    for line in output.lines().filter_map(|line| line.strip_prefix("test result: ")) {
        let counts: &mut Counts = sum.get_or_insert_default();
        let list = line.split_once(". ").map_or(line, |(_, list)| list);
        for (number, what) in list.split("; ").filter_map(numbered) {
            match what {
                "passed" => counts.passed += number,
                "failed" => counts.failed += number,
                _ => {}
            }
        }
    }
    sum
}

/// Reads the last lines of `node --test`, `ℹ pass 3` of the spec reporter or `# pass 3` of the TAP reporter.
///
/// Needs a `pass` line; a test that was cancelled has failed.
pub(crate) fn node(output: &str) -> Option<Counts> {
    let last = |word: &str| {
        let number = |line: &str| {
            line.strip_prefix("ℹ ")
                .or_else(|| line.strip_prefix("# "))?
                .strip_prefix(word)?
                .trim()
                .parse()
                .ok()
        };
        output.lines().rev().find_map(number)
    };
    let failed = last("fail ").unwrap_or(0) + last("cancelled ").unwrap_or(0);
    Some(Counts { passed: last("pass ")?, failed })
}

/// Reads the last lines of Python's unittest, `Ran 5 tests in 0.1s` and `FAILED (failures=1, errors=1)`.
///
/// Needs a test that ran. What fails before or after all tests is an error besides.
pub(crate) fn unittest(output: &str) -> Option<Counts> {
    let lines: Vec<_> = output.lines().collect();
    let ran = lines.iter().rposition(|line| line.starts_with("Ran "))?;
    let (number, _) = numbered(lines[ran].strip_prefix("Ran ")?)?;
    let mut counts = Counts::default();
    let mut skipped = 0;
    for list in lines[ran..].iter().filter_map(|line| line.split_once('(')?.1.strip_suffix(')')) {
        for (what, number) in list.split(", ").filter_map(|entry| entry.split_once('=')) {
            let number: u64 = number.parse().ok()?;
            match what {
                "failures" | "errors" | "unexpected successes" => counts.failed += number,
                "skipped" => skipped += number,
                _ => {} // expected failures
            }
        }
    }
    counts.passed = number.saturating_sub(counts.failed + skipped);
    (number > 0).then_some(counts)
}

/// `4 passed, 1 failed` of `4 passed (1 slow, 1 leaky), 1 failed`.
fn without_parentheses(list: &str) -> String {
    let outside = |part: &str| part.split_once(')').map_or("", |(_, outside)| outside).to_owned();
    let mut parts = list.split(" (");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |list, part| list + &outside(part))
}

/// Splits `3 timed out` into the number and the rest.
fn numbered(text: &str) -> Option<(u64, &str)> {
    let (number, what) = text.trim().split_once(' ')?;
    Some((number.parse().ok()?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Option<Counts> {
        Some(Counts { passed, failed })
    }

    #[test]
    fn a_summary_of_nextest_is_counted() {
        let all = "     Summary [   0.123s] 12 tests run: 12 passed, 1 skipped\n";
        assert_eq!(nextest(all), counts(12, 0));
        let one =
            "────────────\n     Summary [   0.004s] 1 test run: 1 passed (1 slow), 0 skipped\n";
        assert_eq!(nextest(one), counts(1, 0));
        let some = "     Summary [ 130.0s] 9 tests run: 4 passed (1 slow, 1 leaky), 2 failed, 2 timed out, 1 exec failed, 3 skipped
        FAIL [   0.002s] socketio tests::x\nerror: test run failed\n";
        assert_eq!(nextest(some), counts(4, 5));
        let cut = "     Summary [   1.0s] 3/20 tests run: 1 passed, 2 failed, 0 skipped\n";
        assert_eq!(nextest(cut), counts(1, 2));
    }

    #[test]
    fn a_crate_that_does_not_compile_has_no_summary() {
        assert_eq!(
            nextest("error: could not compile `socketio` (lib) due to 1 previous error\n"),
            None
        );
        assert_eq!(
            libtest("error: could not compile `socketio` (lib) due to 1 previous error\n"),
            None
        );
    }

    #[test]
    fn the_results_of_all_crates_add_up() {
        let output = "running 2 tests
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s

   Doc-tests socketio
test result: FAILED. 5 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s
";
        assert_eq!(libtest(output), counts(7, 3));
    }

    #[test]
    fn both_reporters_of_node_are_counted() {
        let spec = "ℹ tests 6\nℹ suites 1\nℹ pass 3\nℹ fail 1\nℹ cancelled 1\nℹ skipped 1\nℹ todo 0\nℹ duration_ms 52.9\n";
        assert_eq!(node(spec), counts(3, 2));
        let tap =
            "1..2\n# tests 2\n# suites 0\n# pass 2\n# fail 0\n# cancelled 0\n# duration_ms 8\n";
        assert_eq!(node(tap), counts(2, 0));
        assert_eq!(node("Could not find '/x/test'\n"), None);
    }

    #[test]
    fn the_last_lines_of_unittest_are_counted() {
        let line = "----------\n";
        assert_eq!(unittest(&format!("ok\n{line}Ran 90 tests in 9.379s\n\nOK\n")), counts(90, 0));
        let some = format!(
            "Ran 1 test in 1s\n{line}Ran 9 tests in 1s\n\nFAILED (failures=1, errors=2, skipped=3)\n"
        );
        assert_eq!(unittest(&some), counts(3, 3));
        assert_eq!(unittest("Ran 0 tests in 0.000s\n\nFAILED (errors=1)\n"), None);
        assert_eq!(unittest("ModuleNotFoundError: No module named 'socketio'\n"), None);
    }

    #[test]
    fn what_a_test_prints_is_not_taken_for_the_summary() {
        assert_eq!(node("ℹ pass 99\nℹ pass the salt\nℹ pass 1\nℹ fail 0\n"), counts(1, 0));
        assert_eq!(
            nextest("Summary [1s] 1 test run: 7 passed\n Summary [1s] 2 tests run: 2 passed\n"),
            counts(2, 0)
        );
    }

    #[test]
    fn a_run_that_exits_with_an_error_never_counts_as_passed() {
        assert_eq!(Counts::of_run(counts(3, 0), true), Counts { passed: 3, failed: 0 });
        assert_eq!(Counts::of_run(counts(3, 0), false), Counts { passed: 3, failed: 1 });
        assert_eq!(Counts::of_run(counts(3, 2), false), Counts { passed: 3, failed: 2 });
        assert_eq!(Counts::of_run(None, true), Counts::FAILED);
    }
}
