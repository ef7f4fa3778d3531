//! Proof that the arrows rule sees what it should: one small crate for each way to write an arrow.

use std::collections::HashMap;

use crate::arrows::violations;
use crate::modules::Modules;

/// The arrows that are found in a crate of these files.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let texts: HashMap<&str, &str> = files.iter().copied().collect();
    let modules = Modules::read("lib.rs", &|file| texts.get(file).map(|&text| text.to_owned()));
    assert!(modules.problems.is_empty(), "{:?}", modules.problems);
    violations(&modules).into_iter().map(|violation| violation.arrow).collect()
}

/// The arrows of `low`, in a crate that declares `top`, `middle` and `low` in this order.
fn found_in_low(low: &str) -> Vec<String> {
    let root = "pub mod top; pub(crate) mod middle;\n/// Low.\n#[cfg(feature = \"low\")] mod low; pub use self::top::Top;
        pub use middle::{Middle as Renamed, *};";
    let middle = "pub struct Middle; pub trait Trait {} impl crate::low::Low for Middle {}";
    found(&[
        ("lib.rs", root),
        ("top.rs", "pub struct Top; use crate::{low, middle};"),
        ("middle.rs", middle),
        ("low.rs", low),
    ])
}

#[test]
fn an_upward_arrow_is_seen_however_it_is_imported() {
    for import in [
        "use crate::top;",
        "use crate::top::Top;",
        "pub use crate::top::Top;",
        "pub(in crate::low) use crate::top::Top;",
        "use crate::{low::Low, top::{self}};",
        "use crate::{\n    low::{A, B},\n    top::{\n        Top,\n    },\n};",
        "use super::top::Top;",
        "use self::super::top::Top;",
        "use super::{low, top};",
        "use crate::top as bottom;",
        "use crate::top::Top as Bottom;",
        "use crate::top::Top as _;",
        "use crate::top::*;",
        "use crate as this; use this::top::Top;",
        "use super as up; fn f() { up::top::f() }",
        "use crate::{self as this}; type T = this::top::Top;",
        "fn f() { use crate::top::Top; }",
        "use crate::r#top::Top;",
        "use crate :: /* down? */ top :: Top ;",
        "#[cfg(not(test))] use crate::top::Top;",
        "#[cfg(any(test, feature = \"test\"))] use crate::top::Top;",
    ] {
        assert_eq!(found_in_low(import), ["low -> top"], "{import}");
    }
}

#[test]
fn an_upward_arrow_is_seen_without_an_import() {
    for code in [
        "fn f() { crate::top::f(); }",
        "fn f() { super::top::f(); }",
        "fn f(x: &crate::top::Top) {}",
        "fn f(x: Vec<Option<crate::top::Top>>) {}",
        "fn f() -> impl Iterator<Item = crate::top::Top> { [].into_iter() }",
        "struct Low { top: Box<dyn Fn(crate::top::Top)> }",
        "impl crate::top::Trait for Low {}",
        "impl Low where Low: crate::top::Trait {}",
        "fn f() { <Low as crate::top::Trait>::f() }",
        "fn f() { match x { crate::top::Top { y } => y, _ => 0 } }",
        "const C: usize = crate::top::C;",
        "fn f() { println!(\"{}\", crate::top::f()); }",
        "fn f() { vec![Some((1, super::top::f()))]; }",
        "fn f() { tokio::select! { x = y => { crate::top::f(x) } } }",
        "crate::top::make! { a }",
        "#[derive(crate::top::Derive)] struct Low;",
        "#[crate::top::attribute] fn f() {}",
        "macro_rules! low { () => { $crate::top::f() } }",
        "macro_rules! low { () => { use crate::{low::Low, top::{self, Top}}; } }",
        "mod inner { fn f() { super::super::top::f() } }",
    ] {
        let found = found_in_low(code);
        let arrow = if code.starts_with("mod inner") { "low::inner -> top" } else { "low -> top" };
        assert_eq!(found, [arrow], "{code}");
    }
}

#[test]
fn a_re_export_of_the_root_hides_no_arrow() {
    assert_eq!(found_in_low("use crate::Top;"), ["low -> top"]);
    assert_eq!(found_in_low("fn f() -> crate::Renamed {}"), ["low -> middle"]);
    assert_eq!(found_in_low("use super::Trait;"), ["low -> middle"]);
    assert_eq!(found_in_low("use crate::*;"), ["low -> lib.rs"]);
    assert_eq!(found_in_low("use super::*;"), ["low -> lib.rs"]);
}

#[test]
fn what_the_root_declares_itself_stands_above_all() {
    let files = [
        ("lib.rs", "mod a; pub struct Own; extern crate self as me;"),
        ("a.rs", "use crate::Own;"),
    ];
    assert_eq!(found(&files), ["a -> lib.rs"]);
    let files = [
        ("lib.rs", "mod a; mod b; extern crate self as me;"),
        ("a.rs", ""),
        ("b.rs", "use me::a::A;"),
    ];
    assert_eq!(found(&files), ["b -> a"]);
}

#[test]
fn an_exported_macro_stands_where_it_is_written() {
    let up = [
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#[macro_export] macro_rules! make { () => {} }"),
        ("b.rs", "fn f() { crate::make!() }"),
    ];
    assert_eq!(found(&up), ["b -> a"]);
    let down = [
        ("lib.rs", "mod a; mod b;"),
        ("b.rs", "#[macro_export] macro_rules! make { () => {} }"),
        ("a.rs", "fn f() { crate::make!() }"),
    ];
    assert!(found(&down).is_empty());
}

#[test]
fn each_arrow_is_told_once_and_every_module_is_read() {
    let files = [
        (
            "lib.rs",
            "mod a; mod b; mod c { fn f() { crate::a::f(); super::b::f(); crate::a::g() } }",
        ),
        ("a.rs", "use crate::b;"),
        ("b.rs", "use crate::a;"),
    ];
    assert_eq!(found(&files), ["b -> a", "c -> a", "c -> b"]);
}

/// A crate with a folder module between two others.
fn room(extract: &str, data: &str, ack: &str) -> Vec<String> {
    found(&[
        ("lib.rs", "mod handler; mod extract; mod event; pub use extract::Data;"),
        ("handler.rs", "use crate::extract::{Data, ack::Ack}; use crate::{Data as D, event};"),
        ("extract.rs", &format!("mod data; mod ack; pub struct Own; {extract}")),
        ("extract/data.rs", data),
        ("extract/ack.rs", ack),
        ("event.rs", "pub struct Event;"),
    ])
}

#[test]
fn the_files_of_a_folder_use_each_other_downward() {
    assert!(
        room("pub use self::{data::Data, ack::Ack};", "use super::ack::Ack;", "use super::Own;")
            .is_empty()
    );
    let upward = ["extract::ack -> extract::data"];
    assert_eq!(room("", "", "use super::data::Data;"), upward);
    assert_eq!(room("", "", "use crate::extract::{data, Own};"), upward);
    assert_eq!(room("pub use data::Data;", "pub struct Data;", "use super::Data;"), upward);
    assert_eq!(room("pub use data::*;", "pub struct Data;", "use crate::extract::Data;"), upward);
    assert_eq!(room("pub use data::Data;", "pub struct Data;", "use crate::Data;"), upward);
    assert_eq!(room("", "", "use super::*;"), ["extract::ack -> extract"]);
}

#[test]
fn the_files_of_a_folder_use_only_what_is_below_the_folder() {
    assert!(
        room(
            "use crate::event::Event;",
            "use crate::event::Event;",
            "fn f() { super::super::event::f() }"
        )
        .is_empty()
    );
    assert_eq!(room("", "use crate::handler::H;", ""), ["extract::data -> handler"]);
    assert_eq!(room("", "", "use super::super::{event, handler};"), ["extract::ack -> handler"]);
    assert_eq!(room("use super::handler;", "", ""), ["extract -> handler"]);
}

#[test]
fn a_folder_may_have_its_root_file_inside() {
    let files = [
        ("lib.rs", "mod a; mod b;"),
        ("a/mod.rs", "pub mod x;"),
        ("a/x.rs", "use crate::b;"),
        ("b/mod.rs", "mod y;"),
        ("b/y.rs", "use crate::a::x;"),
    ];
    assert_eq!(found(&files), ["b::y -> a"]);
}

#[test]
fn what_points_down_or_out_is_no_violation() {
    for code in [
        "use std::collections::HashMap; use ::top::Top; use tokio::{self, sync};",
        "struct Low; enum Kind { A } fn f() { Kind::A; Self::f(); self::f(); Low::new(); top::f() }",
        "// use crate::top::Top;\n/* crate::top::f() */ /// See [`crate::top::Top`].\nfn f() { \"crate::top::Top\"; }",
        "fn f() { r#\"use crate::top;\"#; println!(\"crate::top::f()\"); }",
        "pub(crate) struct A; pub(super) struct B; pub(in crate::low) struct C;",
        "mod inner { use super::*; use super::Low; fn f() { crate::low::f() } } use inner::X;",
        "fn f() { let top = 1; top.clone(); x.top::<u8>() }",
        "use crate as this; fn f() { this::low::f() }",
    ] {
        assert_eq!(found_in_low(code), [""; 0], "{code}");
    }
}

#[test]
fn what_is_for_tests_only_is_exempt() {
    for code in [
        "#[cfg(test)] mod tests { use crate::top::Top; use super::*; }",
        "#[cfg(test)] use crate::top::Top;",
        "#[cfg(all(test, feature = \"x\"))] fn f() { crate::top::f() }",
        "impl Low { #[cfg(test)] fn f() { crate::top::f() } }",
        "#[test] fn f() { crate::top::f() }",
        "#[cfg(test)] mod not_even_a_file;",
        "#![cfg(test)] use crate::top::Top;",
    ] {
        assert_eq!(found_in_low(code), [""; 0], "{code}");
    }
}

#[test]
fn a_sentence_says_where_and_by_which_words() {
    let texts = HashMap::from([
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", ""),
        ("b.rs", "\nuse crate::{\n    a::A,\n};\n"),
    ]);
    let modules = Modules::read("lib.rs", &|file| texts.get(file).map(|&text| text.to_owned()));
    let sentences: Vec<_> =
        violations(&modules).into_iter().map(|violation| violation.sentence).collect();
    assert_eq!(sentences, ["b.rs:3: b -> a, by `crate::a::A`"]);
}

#[test]
fn what_cannot_be_read_is_a_problem_and_not_a_pass() {
    let problems = |root: &str| {
        let modules = Modules::read("lib.rs", &|file| (file == "lib.rs").then(|| root.to_owned()));
        modules.problems
    };
    assert_eq!(problems("mod a;"), ["a.rs: cannot be read"]);
    assert_eq!(
        problems("#[path = \"x.rs\"] mod a;"),
        ["lib.rs: `mod a` has a #[path], which is not followed"]
    );
    assert_eq!(problems("fn ( {").len(), 1);
}
