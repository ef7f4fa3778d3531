//! Small questions to ask of a syntax tree.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::{Attribute, Ident, ImplItem, Item, Meta, Token, UseTree, punctuated::Punctuated};

/// A name without the `r#` that lets a keyword be one.
pub(crate) fn name(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#").map(str::to_owned).unwrap_or(text)
}

/// Whether what carries these attributes exists in tests only: `#[cfg(test)]`, `#[cfg(all(test, …))]`, `#[test]`.
pub(crate) fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<Meta>().is_ok_and(|meta| needs_test(&meta))
    })
}

fn needs_test(condition: &Meta) -> bool {
    let parts = || {
        let list = condition.require_list().ok()?;
        list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated).ok()
    };
    let path = condition.path();
    match parts() {
        None => path.is_ident("test"),
        Some(parts) if path.is_ident("all") => parts.iter().any(needs_test),
        Some(parts) if path.is_ident("any") => !parts.is_empty() && parts.iter().all(needs_test),
        Some(_) => false,
    }
}

pub(crate) fn item_attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn impl_item_attributes(item: &ImplItem) -> &[Attribute] {
    match item {
        ImplItem::Const(item) => &item.attrs,
        ImplItem::Fn(item) => &item.attrs,
        ImplItem::Type(item) => &item.attrs,
        ImplItem::Macro(item) => &item.attrs,
        _ => &[],
    }
}

/// The name that an item gives to its module, if it gives one other than by `mod` or `use`.
pub(crate) fn item_name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::TraitAlias(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name(ident))
}

/// One leaf of a `use` tree: `a::b as c`, `a::b` or `a::*`.
pub(crate) struct Import {
    pub(crate) path: Vec<String>,
    /// The name it gives to the module: none for `*` and `_`.
    pub(crate) binding: Option<String>,
    pub(crate) glob: bool,
    pub(crate) line: usize,
}

/// The leaves of a `use` tree that stands behind `prefix`.
pub(crate) fn imports(tree: &UseTree, prefix: &[String], leaves: &mut Vec<Import>) {
    let longer = |ident: &Ident| [prefix, &[name(ident)]].concat();
    match tree {
        UseTree::Path(tree) => imports(&tree.tree, &longer(&tree.ident), leaves),
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| imports(tree, prefix, leaves)),
        UseTree::Glob(tree) => {
            let line = tree.star_token.spans[0].start().line;
            leaves.push(Import { path: prefix.to_vec(), binding: None, glob: true, line });
        }
        UseTree::Name(tree) => {
            // `a::{self}` is `a`, but a `self` that stands alone is the module itself.
            let path = if tree.ident == "self" && !prefix.is_empty() {
                prefix.to_vec()
            } else {
                longer(&tree.ident)
            };
            let line = tree.ident.span().start().line;
            leaves.push(Import { binding: path.last().cloned(), path, glob: false, line });
        }
        UseTree::Rename(tree) => {
            let path = if tree.ident == "self" && !prefix.is_empty() {
                prefix.to_vec()
            } else {
                longer(&tree.ident)
            };
            let binding = (tree.rename != "_").then(|| name(&tree.rename));
            leaves.push(Import {
                path,
                binding,
                glob: false,
                line: tree.ident.span().start().line,
            });
        }
    }
}

/// The paths of two names or more in tokens that nobody has parsed, as in a macro: `crate::a::b`, and both of
/// `crate::{a, b::c}`. Each with the line it begins at.
pub(crate) fn token_paths(tokens: TokenStream, paths: &mut Vec<(Vec<String>, usize)>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(first) if !follows_colons(&tokens, at) => {
                at = token_path(&tokens, at, &[], first.span().start().line, paths);
            }
            TokenTree::Group(group) => {
                token_paths(group.stream(), paths);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Reads the path whose first name is at `at` and that continues `prefix`; returns where it ends.
fn token_path(
    tokens: &[TokenTree],
    mut at: usize,
    prefix: &[String],
    line: usize,
    paths: &mut Vec<(Vec<String>, usize)>,
) -> usize {
    let mut path = prefix.to_vec();
    loop {
        match tokens.get(at) {
            Some(TokenTree::Ident(ident)) => path.push(name(ident)),
            Some(TokenTree::Group(group))
                if group.delimiter() == Delimiter::Brace && !path.is_empty() =>
            {
                let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
                for part in inner.split(is_comma).filter(|part| !part.is_empty()) {
                    token_path(part, 0, &path, line, paths);
                }
                return at + 1;
            }
            _ => break,
        }
        at += 1;
        if !follows_colons(tokens, at + 2) {
            break;
        }
        at += 2;
    }
    if path.len() > 1 {
        paths.push((path, line));
    }
    at
}

/// Whether the two tokens before `at` are `::`.
fn follows_colons(tokens: &[TokenTree], at: usize) -> bool {
    let colon =
        |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    at >= 2 && tokens.get(at - 2..at).is_some_and(|pair| pair.iter().all(colon))
}
