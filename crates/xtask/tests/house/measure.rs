//! How much code a file holds, in lines: neither comments nor documentation nor tests count, nor do empty lines.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItem, ImplItemFn, Item, ItemFn, TraitItemFn};

use crate::modules::Modules;
use crate::syntax::{impl_item_attributes, is_test, item_attributes, name};
use crate::workspace::{crate_roots, root};

/// The code of one file that is not for tests.
pub(crate) struct Code {
    /// Relative to the top of the repository.
    pub(crate) file: String,
    /// The lines that hold code.
    pub(crate) lines: BTreeSet<usize>,
    /// Every name in it, and its line.
    pub(crate) names: Vec<(String, usize)>,
    /// The functions with a body: name, line, and lines of code from brace to brace.
    pub(crate) functions: Vec<(String, usize, usize)>,
}

impl Code {
    pub(crate) fn measure(file: String, source: &str) -> Self {
        let parsed = syn::parse_file(source).unwrap_or_else(|error| panic!("{file}: {error}"));
        let mut outline = Outline::default();
        outline.visit_file(&parsed);

        let mut code =
            Self { file, lines: BTreeSet::new(), names: Vec::new(), functions: Vec::new() };
        code.add(source.parse().expect("what parses as a file is tokens"));
        code.lines.retain(|line| !outline.tests.iter().any(|test| test.contains(line)));
        code.names.retain(|(_, line)| code.lines.contains(line));
        code.functions = outline
            .functions
            .into_iter()
            .map(|(name, body)| (name, *body.start(), code.lines.range(body).count()))
            .collect();
        code
    }

    fn add(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let span = token.span();
            match token {
                TokenTree::Punct(punct) if punct.as_char() == '#' => {
                    _ = tokens.next_if(
                        |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'),
                    );
                    if tokens.next_if(is_documentation).is_none() {
                        self.lines.insert(span.start().line);
                    }
                }
                TokenTree::Group(group) => {
                    self.lines
                        .extend([group.span_open().start().line, group.span_close().start().line]);
                    self.add(group.stream());
                }
                TokenTree::Ident(ident) => {
                    self.lines.insert(span.start().line);
                    self.names.push((name(&ident), span.start().line));
                }
                TokenTree::Literal(_) | TokenTree::Punct(_) => {
                    self.lines.extend(span.start().line..=span.end().line)
                }
            }
        }
    }
}

/// Whether this is the `[doc = …]` that a documentation comment becomes.
fn is_documentation(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let mut inner = group.stream().into_iter();
    let first = inner.next().is_some_and(|token| token.to_string() == "doc");
    first && inner.next().is_some_and(|token| token.to_string() == "=")
}

#[derive(Default)]
struct Outline {
    tests: Vec<RangeInclusive<usize>>,
    functions: Vec<(String, RangeInclusive<usize>)>,
}

impl Outline {
    fn function(&mut self, name: String, body: &Block) {
        self.functions.push((name, lines_of(body)));
    }
}

fn lines_of(syntax: &impl Spanned) -> RangeInclusive<usize> {
    syntax.span().start().line..=syntax.span().end().line
}

impl<'ast> Visit<'ast> for Outline {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_test(item_attributes(item)) {
            self.tests.push(lines_of(item));
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if is_test(impl_item_attributes(item)) {
            self.tests.push(lines_of(item));
        } else {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.function(name(&item.sig.ident), &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.function(name(&item.sig.ident), &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(body) = &item.default {
            self.function(name(&item.sig.ident), body);
        }
        visit::visit_trait_item_fn(self, item);
    }
}

/// The code of every file of every crate that is more than tests.
pub(crate) fn all_code() -> Vec<Code> {
    let mut all = Vec::new();
    for (_, crate_root) in crate_roots() {
        let folder = crate_root.parent().unwrap().to_path_buf();
        let load = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let modules = Modules::read(&crate_root.file_name().unwrap().to_string_lossy(), &load);
        let files: HashSet<&str> = modules.all.iter().map(|module| module.file.as_str()).collect();
        for path in files.into_iter().map(|file| folder.join(file)).filter(|path| path.is_file()) {
            all.push(Code::measure(relative(&path), &fs::read_to_string(path).unwrap()));
        }
    }
    all.sort_by(|left, right| left.file.cmp(&right.file));
    all
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).map(PathBuf::from).unwrap().to_string_lossy().into_owned()
}

#[test]
fn only_code_counts() {
    let source = r##"//! Documentation.

/// More, of a function with

/* a comment
   in between */
fn five() { // counts
    let text = "two
        lines";
    x(r#"
    "#)
}

#[doc = "no"] #[must_use]
fn short() {}
#[cfg(test)]
mod tests {
    fn no() {}
}
impl X {
    #[cfg(test)]
    fn no() {}
    fn yes() {}
}
"##;
    let code = Code::measure(String::new(), source);
    assert_eq!(
        code.lines.iter().copied().collect::<Vec<_>>(),
        [7, 8, 9, 10, 11, 12, 14, 15, 20, 23, 24]
    );
    let functions: Vec<_> =
        code.functions.iter().map(|(name, line, lines)| (name.as_str(), *line, *lines)).collect();
    assert_eq!(functions, [("five", 7, 6), ("short", 15, 1), ("yes", 23, 1)]);
    assert!(
        code.names.iter().any(|(name, _)| name == "text")
            && !code.names.iter().any(|(name, _)| name == "no")
    );
}
