//! Arrows point down: a module uses only modules declared below it in its crate's root file.

use std::collections::HashSet;
use std::fs;

use crate::modules::{Mention, Modules, ROOT};
use crate::workspace::crate_roots;

/// An arrow that points up, or whose direction cannot be told.
pub(crate) struct Violation {
    /// The module that has the arrow, and where it points, as `lower -> upper`.
    pub(crate) arrow: String,
    pub(crate) sentence: String,
}

/// All arrows of a crate that point up, each once.
///
/// The floors of a folder module are the order of the `mod` lines in its own file. That file and the files in its
/// folder are one room: it may use them and they may use it. To the rest of the crate, they stand where it stands.
/// The root file stands above all and may use all; what it re-exports stands where it was declared.
pub(crate) fn violations(modules: &Modules) -> Vec<Violation> {
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for from in (0..modules.all.len()).filter(|&from| from != ROOT) {
        let module = &modules.all[from];
        for mention in &module.mentions {
            let Some(to) = wrong_hop(modules, from, mention) else { continue };
            let name = |index: usize| match modules.all[index].path.join("::") {
                path if path.is_empty() => modules.all[ROOT].file.clone(),
                path => path,
            };
            let arrow = format!("{} -> {}", name(from), name(to));
            if seen.insert(arrow.clone()) {
                let (file, line, path) = (&module.file, mention.line, mention.path.join("::"));
                let all = if mention.glob { "::*" } else { "" };
                let sentence = format!("{file}:{line}: {arrow}, by `{path}{all}`");
                found.push(Violation { arrow, sentence });
            }
        }
    }
    found
}

/// The first module that `from` must not use and that the mention leads through or to.
fn wrong_hop(modules: &Modules, from: usize, mention: &Mention) -> Option<usize> {
    let hops = modules.follow(from, &mention.path);
    let end = *hops.last()?;
    if mention.glob {
        // All names of a module above, imports included, would be there unseen. Within one file they are seen.
        let hidden = is_within(modules, from, end) && from != end;
        if hidden && (end == ROOT || modules.all[end].file != modules.all[from].file) {
            return Some(end);
        }
    } else if end == ROOT && is_root_itself(modules, from, &mention.path) {
        return None; // `use crate as this`: what is taken from it is seen where it is taken
    }
    hops.into_iter().find(|&hop| !may_use(modules, from, hop))
}

/// Whether a path that ends at the root is the root's own name and not the name of an item there.
fn is_root_itself(modules: &Modules, from: usize, path: &[String]) -> bool {
    let ups = path.iter().take_while(|name| *name == "super").count();
    path == ["crate"] || ups == path.len() && ups == modules.all[from].path.len()
}

/// Whether the arrow `from` → `to` points down, or stays in the room.
fn may_use(modules: &Modules, from: usize, to: usize) -> bool {
    if is_within(modules, from, to) {
        return to != ROOT;
    }
    if is_within(modules, to, from) {
        return true;
    }
    let (mut lower, mut upper) = (from, to);
    while modules.all[lower].parent != modules.all[upper].parent {
        if modules.all[lower].path.len() >= modules.all[upper].path.len() {
            lower = modules.all[lower].parent.expect("the root is within itself");
        } else {
            upper = modules.all[upper].parent.expect("the root is within itself");
        }
    }
    let parent = modules.all[lower].parent.expect("two modules beside each other have a parent");
    let floor = |module| modules.all[parent].children.iter().position(|&child| child == module);
    floor(lower) < floor(upper)
}

/// Whether `inner` is `outer` or lies in it.
fn is_within(modules: &Modules, inner: usize, outer: usize) -> bool {
    modules.all[inner].path.starts_with(&modules.all[outer].path)
}

#[test]
fn modules_use_only_modules_declared_below_them() {
    let mut sentences = Vec::new();
    let mut read = 0;
    for (name, root) in crate_roots() {
        let folder = root.parent().unwrap();
        let load = |file: &str| fs::read_to_string(folder.join(file)).ok();
        let modules = Modules::read(&root.file_name().unwrap().to_string_lossy(), &load);
        read += modules.all.iter().map(|module| module.mentions.len()).sum::<usize>();
        let arrows = violations(&modules).into_iter().map(|violation| violation.sentence);
        sentences.extend(
            arrows.chain(modules.problems).map(|sentence| format!("crates/{name}/src/{sentence}")),
        );
    }
    assert!(read > 500, "only {read} paths in all crates: the rule has lost sight of the sources");
    assert!(sentences.is_empty(), "these arrows do not point down:\n{}", sentences.join("\n"));
}
