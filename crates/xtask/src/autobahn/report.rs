//! What the suite says of each case, in the `index.json` of its reports, and whether that is good.
//!
//! ```text
//! {"<server>": {"<case>": {"behavior": "OK", "behaviorClose": "OK", …}, …}}
//! ```

use serde_json::Value;

use crate::counts::Counts;

/// What the suite says of one case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Case {
    /// `7.1.6`.
    id: String,
    /// Of the messages: `OK`, `NON-STRICT`, `INFORMATIONAL`, `FAILED` and more.
    behavior: String,
    /// The same, of the end of the connection.
    close: String,
}

/// A case that may end otherwise than with `OK`.
#[derive(Debug, PartialEq, Eq)]
struct Excuse {
    id: &'static str,
    /// What the suite may say instead.
    says: &'static str,
    why: &'static str,
}

/// All of them. The suite says so whatever a server does: it does not judge.
static EXCUSES: [Excuse; 3] = [
    Excuse {
        id: "7.1.6",
        says: "INFORMATIONAL",
        why: "whether a long text that a close frame follows at once still comes back is left open",
    },
    Excuse {
        id: "7.13.1",
        says: "INFORMATIONAL",
        why: "what close code 5000 leads to is left open; the codec refuses it",
    },
    Excuse {
        id: "7.13.2",
        says: "INFORMATIONAL",
        why: "what close code 65535 leads to is left open; the codec refuses it",
    },
];

/// Reads the cases of an `index.json` about one server.
///
/// # Errors
/// Says where the text is not such a report.
pub(crate) fn read(index: &str) -> Result<Vec<Case>, String> {
    let index: Value =
        serde_json::from_str(index).map_err(|error| format!("the report is no JSON: {error}"))?;
    let servers: Vec<_> = index.as_object().into_iter().flatten().collect();
    let [(_, cases)] = servers[..] else {
        return Err(format!("the report is about {} servers", servers.len()));
    };
    let cases = cases.as_object().ok_or("the report lists no cases")?;
    let read = |(id, result): (&String, &Value)| {
        let word = |key: &str| result[key].as_str().map(str::to_owned);
        let case = (word("behavior"), word("behaviorClose"));
        let (Some(behavior), Some(close)) = case else {
            return Err(format!("the report does not say how case {id} ended"));
        };
        Ok(Case { id: id.clone(), behavior, close })
    };
    cases.iter().map(read).collect()
}

/// Counts the cases, and names those that are not `OK`. A case too few or too many has failed, too.
pub(crate) fn judge(cases: &[Case], expected: u64) -> Counts {
    let mut counts = Counts::default();
    for case in cases {
        counts += match case.verdict() {
            Verdict::Good => Counts::PASSED,
            Verdict::Excused(excuse) => {
                println!("case {}: {}, as always: {}", case.id, excuse.says, excuse.why);
                Counts::PASSED
            }
            Verdict::Bad => {
                println!("case {}: {}, its close {}", case.id, case.behavior, case.close);
                Counts::FAILED
            }
        };
    }
    let ran = counts.passed + counts.failed;
    if ran != expected {
        println!("{ran} cases ran, of {expected}");
        counts.failed += ran.abs_diff(expected);
    }
    counts
}

/// What a case counts for.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Excused(&'static Excuse),
    Bad,
}

impl Case {
    fn verdict(&self) -> Verdict {
        let words = [self.behavior.as_str(), self.close.as_str()];
        if words == ["OK"; 2] {
            return Verdict::Good;
        }
        match EXCUSES.iter().find(|excuse| excuse.id == self.id) {
            Some(excuse) if words.iter().all(|word| ["OK", excuse.says].contains(word)) => {
                Verdict::Excused(excuse)
            }
            _ => Verdict::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, behavior: &str, close: &str) -> Case {
        Case { id: id.to_owned(), behavior: behavior.to_owned(), close: close.to_owned() }
    }

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn a_report_is_read() {
        let index = r#"{
           "127.0.0.1:9001": {
              "1.1.1": {
                 "behavior": "OK",
                 "behaviorClose": "OK",
                 "duration": 0,
                 "remoteCloseCode": 1000,
                 "reportfile": "127_0_0_1_9001_case_1_1_1.json"
              },
              "7.1.6": {
                 "behavior": "INFORMATIONAL",
                 "behaviorClose": "FAILED",
                 "duration": 2,
                 "remoteCloseCode": null,
                 "reportfile": "127_0_0_1_9001_case_7_1_6.json"
              }
           }
        }"#;
        let expected = vec![case("1.1.1", "OK", "OK"), case("7.1.6", "INFORMATIONAL", "FAILED")];
        assert_eq!(read(index), Ok(expected));
    }

    #[test]
    fn what_is_no_report_is_not_taken_for_an_empty_one() {
        for (index, error) in [
            ("", "the report is no JSON: EOF while parsing a value at line 1 column 0"),
            ("[]", "the report is about 0 servers"),
            ("{}", "the report is about 0 servers"),
            (r#"{"a": {}, "b": {}}"#, "the report is about 2 servers"),
            (r#"{"a": []}"#, "the report lists no cases"),
            (
                r#"{"a": {"1.1.1": {"behavior": "OK"}}}"#,
                "the report does not say how case 1.1.1 ended",
            ),
            (
                r#"{"a": {"1.1.1": {"behavior": "OK", "behaviorClose": 1}}}"#,
                "the report does not say how case 1.1.1 ended",
            ),
        ] {
            assert_eq!(read(index), Err(error.to_owned()), "{index}");
        }
    }

    #[test]
    fn a_case_is_good_in_what_it_says_and_in_how_it_closes() {
        assert_eq!(case("1.1.1", "OK", "OK").verdict(), Verdict::Good);
        for word in ["FAILED", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "UNCLEAN", "ok", ""]
        {
            assert_eq!(case("1.1.1", word, "OK").verdict(), Verdict::Bad, "{word}");
            assert_eq!(case("1.1.1", "OK", word).verdict(), Verdict::Bad, "{word}");
        }
    }

    #[test]
    fn only_a_case_with_an_excuse_is_excused_and_for_nothing_else() {
        for id in ["7.1.6", "7.13.1", "7.13.2"] {
            let is_excused = |behavior, close| {
                matches!(case(id, behavior, close).verdict(), Verdict::Excused(_))
            };
            assert!(is_excused("INFORMATIONAL", "INFORMATIONAL"));
            assert!(is_excused("OK", "INFORMATIONAL"));
            assert!(!is_excused("NON-STRICT", "OK"));
            assert!(!is_excused("INFORMATIONAL", "FAILED"));
            assert_eq!(case(id, "OK", "OK").verdict(), Verdict::Good);
        }
        for id in ["7.1.5", "7.1", "17.1.6"] {
            assert_eq!(case(id, "INFORMATIONAL", "INFORMATIONAL").verdict(), Verdict::Bad);
        }
    }

    #[test]
    fn each_case_counts_and_so_does_one_that_is_missing() {
        let cases = [
            case("1.1.1", "OK", "OK"),
            case("7.1.6", "INFORMATIONAL", "INFORMATIONAL"),
            case("7.3.1", "OK", "FAILED"),
        ];
        assert_eq!(judge(&cases, 3), counts(2, 1));
        assert_eq!(judge(&cases, 5), counts(2, 3));
        assert_eq!(judge(&cases, 2), counts(2, 2));
        assert_eq!(judge(&[], 247), counts(0, 247));
    }
}
