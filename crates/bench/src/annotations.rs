//! What `callgrind_annotate` prints: how many instructions which function took, and from which file they came.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// One line: what a function took of code from one file. What was inlined into it is in lines of its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) instructions: u64,
    pub(crate) function: String,
    /// The crate that the code is from.
    pub(crate) from: String,
}

/// Reads a file of callgrind, with what a function's callees took or without.
pub(crate) fn read(file: &Path, inclusive: bool) -> Result<Vec<Line>, String> {
    let inclusive = if inclusive { "--inclusive=yes" } else { "--inclusive=no" };
    Ok(annotate(file, &[inclusive])?.lines().filter_map(parse_line).collect())
}

/// How often each function was called. One that was inlined everywhere never was.
pub(crate) fn calls(file: &Path) -> Result<HashMap<String, u64>, String> {
    Ok(parse_calls(&annotate(file, &["--inclusive=yes", "--tree=caller"])?))
}

fn annotate(file: &Path, options: &[&str]) -> Result<String, String> {
    let output = Command::new("callgrind_annotate")
        .args(["--auto=no", "--show-percs=no", "--threshold=100"])
        .args(options)
        .arg(file)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("callgrind_annotate could not be started: {error}"))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("callgrind_annotate failed: {error}"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `1,234  < <caller's file>:<caller> (56x) [<object>]` as often as there are callers, then
/// `1,234  *  <file>:<function> [<object>]`
fn parse_calls(text: &str) -> HashMap<String, u64> {
    let mut calls = HashMap::<String, u64>::new();
    let mut of_next = 0;
    for line in text.lines() {
        if let Some((_, caller)) = line.split_once("  < ") {
            let count = caller.rsplit_once("x)").and_then(|(rest, _)| rest.rsplit_once(" ("));
            of_next += count.and_then(|(_, count)| parse_number(count)).unwrap_or_default();
        } else if let Some((number, function)) = line.split_once("  *  ") {
            if let Some(found) = parse_line(&format!("{number} {function}")) {
                *calls.entry(found.function).or_default() += of_next;
            }
            of_next = 0;
        }
    }
    calls
}

fn parse_number(text: &str) -> Option<u64> {
    text.replace(',', "").parse().ok()
}

/// `1,234,567  <file>:<function> [<object>]`
fn parse_line(line: &str) -> Option<Line> {
    let (number, rest) = line.trim_start().split_once(' ')?;
    let instructions = parse_number(number)?;
    let (rest, object) = match rest.trim().rsplit_once(" [") {
        Some((rest, object)) => (rest, object.trim_end_matches(']')),
        None => (rest.trim(), ""),
    };
    let (file, function) = rest.split_once(':')?;
    Some(Line { instructions, function: short(function), from: crate_of(file, object) })
}

/// The crate that a source file belongs to; of what has no source, the library it lies in.
fn crate_of(file: &str, object: &str) -> String {
    if let Some((_, path)) = file.split_once("/library/") {
        return path.split('/').next().unwrap_or("std").to_owned();
    }
    let parts: Vec<&str> = file.split('/').collect();
    let name = parts.iter().rposition(|part| *part == "src" || *part == "servers");
    let name = name.and_then(|source| parts.get(source.checked_sub(1)?));
    match name {
        Some(name) => without_version(name).to_owned(),
        None if file.starts_with("servers/") || file.starts_with("src/") => "bench".to_owned(),
        None if object.is_empty() => "?".to_owned(),
        None => object.rsplit('/').next().unwrap_or(object).to_owned(),
    }
}

/// `tokio` of `tokio-1.54.1`
fn without_version(name: &str) -> &str {
    match name.rsplit_once('-') {
        Some((crate_name, version)) if version.starts_with(|c: char| c.is_ascii_digit()) => {
            crate_name
        }
        _ => name,
    }
}

/// A function's name without the hash of its compilation.
fn short(function: &str) -> String {
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.chars().all(|c| c.is_ascii_hexdigit()) => {
            name.to_owned()
        }
        _ => function.to_owned(),
    }
}

/// Sums of lines by some name, the largest first.
pub(crate) fn sums<'a>(
    lines: &'a [Line],
    name: impl Fn(&'a Line) -> &'a str,
) -> Vec<(&'a str, u64)> {
    let mut sums = HashMap::<&str, u64>::new();
    for line in lines {
        *sums.entry(name(line)).or_default() += line.instructions;
    }
    sorted(sums)
}

/// The largest number of each function: with what it calls, one line tells it all, and others a part.
pub(crate) fn maxima(lines: &[Line]) -> Vec<(&str, u64)> {
    let mut maxima = HashMap::<&str, u64>::new();
    for line in lines {
        let most = maxima.entry(&line.function).or_default();
        *most = line.instructions.max(*most);
    }
    sorted(maxima)
}

fn sorted(numbers: HashMap<&str, u64>) -> Vec<(&str, u64)> {
    let mut numbers: Vec<_> = numbers.into_iter().collect();
    numbers.sort_by_key(|&(name, number)| (Reverse(number), name));
    numbers
}

/// The crate that a function is of, by its name: the first word before a `::`, or `libc` where there is none.
pub(crate) fn home(function: &str) -> &str {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut rest = function;
    while let Some(start) = rest.find(is_word) {
        rest = &rest[start..];
        let end = rest.find(|letter| !is_word(letter)).unwrap_or(rest.len());
        if rest[end..].starts_with("::") {
            return &rest[..end];
        }
        rest = &rest[end..];
    }
    "libc"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(instructions: u64, function: &str, from: &str) -> Line {
        Line { instructions, function: function.to_owned(), from: from.to_owned() }
    }

    #[test]
    fn a_line_names_the_function_and_where_its_code_is_from() {
        let registry = "/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        for (text, wanted) in [
            (
                format!("1,234,567  {registry}/tokio-1.54.1/src/runtime/task/raw.rs:server_ours::main::{{{{closure}}}}::h0123456789abcdef [/home/me/target/release/server-ours]"),
                line(1_234_567, "server_ours::main::{{closure}}", "tokio"),
            ),
            (
                "   890  /rustc/abc/library/core/src/ptr/mod.rs:engineio::session::Session::next [/x]".to_owned(),
                line(890, "engineio::session::Session::next", "core"),
            ),
            (
                "12  /home/me/house/crates/socketio-proto/src/packet.rs:socketio_proto::packet::parse [/x]".to_owned(),
                line(12, "socketio_proto::packet::parse", "socketio-proto"),
            ),
            (
                "7  ./malloc/malloc.c:malloc [/usr/lib/x86_64-linux-gnu/libc.so.6]".to_owned(),
                line(7, "malloc", "libc.so.6"),
            ),
            ("7  servers/ours.rs:main [/x]".to_owned(), line(7, "main", "bench")),
        ] {
            assert_eq!(parse_line(&text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn the_crate_of_a_function_is_the_first_that_its_name_names() {
        for (function, wanted) in [
            ("engineio::session::Session::next", "engineio"),
            (
                "<&mut serde_json::ser::Serializer<W,F> as serde_core::ser::Serializer>::str",
                "serde_json",
            ),
            ("<Func as socketio::handler::Handler<(A,B),S>>::call::{{closure}}", "socketio"),
            ("__memset_avx2_unaligned_erms", "libc"),
        ] {
            assert_eq!(home(function), wanted, "{function}");
        }
    }

    #[test]
    fn calls_are_those_of_all_callers() {
        let text = "Ir  file:function\n\n\
            1,234  < a/src/x.rs:x::from_here (1,000x) [/o]\n  34  < ???:malloc (2x)\n\
            1,268  *  a/src/y.rs:x::called [/o]\n\n 9  *  a/src/z.rs:x::never [/o]\n";
        let calls = parse_calls(text);
        assert_eq!((calls["x::called"], calls["x::never"]), (1002, 0));
    }

    #[test]
    fn with_what_it_calls_a_function_counts_once() {
        let lines = [line(5, "a", "core"), line(7, "b", "tokio"), line(9, "a", "tokio")];
        assert_eq!(maxima(&lines), [("a", 9), ("b", 7)]);
    }

    #[test]
    fn headings_are_no_lines() {
        for text in [
            "Ir",
            "--------",
            "Ir  file:function",
            "Events recorded : Ir",
            "12,000  PROGRAM TOTALS",
            "",
        ] {
            assert_eq!(parse_line(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_inlined_counts_for_its_crate_and_for_the_function_it_is_in() {
        let lines = [line(5, "a", "core"), line(7, "b", "tokio"), line(3, "a", "tokio")];
        assert_eq!(sums(&lines, |line| &line.from), [("tokio", 10), ("core", 5)]);
        assert_eq!(sums(&lines, |line| &line.function), [("a", 8), ("b", 7)]);
    }
}
