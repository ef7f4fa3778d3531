//! The modules of a crate: what each declares, what it names, and which module a path leads to.

use std::collections::{HashMap, HashSet};

use proc_macro2::TokenStream;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{ImplItem, Item, ItemExternCrate, ItemMod, ItemUse, Path};

use crate::syntax::{
    impl_item_attributes, imports, is_test, item_attributes, item_name, name, token_paths,
};

/// The root of the crate, as an index into [`Modules`].
pub(crate) const ROOT: usize = 0;

/// A path that stands in a module's code, by which it names something.
pub(crate) struct Mention {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
    /// Whether it is an import of all names, `path::*`.
    pub(crate) glob: bool,
}

#[derive(Default)]
pub(crate) struct Module {
    /// From the root of the crate, which has none.
    pub(crate) path: Vec<String>,
    pub(crate) parent: Option<usize>,
    /// In the order of their declarations, that is, of their floors.
    pub(crate) children: Vec<usize>,
    /// Relative to the crate's `src`.
    pub(crate) file: String,
    pub(crate) mentions: Vec<Mention>,
    items: HashSet<String>,
    bindings: HashMap<String, Vec<String>>,
}

/// Everything of a crate that is not for tests.
#[derive(Default)]
pub(crate) struct Modules {
    pub(crate) all: Vec<Module>,
    /// Names of the crate itself, by `extern crate self as …`.
    own_names: HashSet<String>,
    /// Macros that `#[macro_export]` lifts to the root, and the module that has them.
    exported: HashMap<String, usize>,
    /// What could not be read.
    pub(crate) problems: Vec<String>,
}

/// What a name is in a module.
enum Step {
    Module(usize),
    /// Something that is not a module, declared there.
    Item(usize),
    Elsewhere,
    Unknown,
}

impl Modules {
    /// Reads a crate from the file `root`; `load` gives the text of a file, by its name relative to the crate's `src`.
    pub(crate) fn read(root: &str, load: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut modules = Self {
            all: vec![Module { file: root.to_owned(), ..Module::default() }],
            ..Self::default()
        };
        Reader { modules: &mut modules, load, at: ROOT, folder: String::new() }.file(root);
        modules
    }

    /// The modules that `path`, standing in `from`, leads through by name, and to. Empty if it leaves the crate.
    ///
    /// The root is among them only if the path ends there. Re-exports and renamings are followed.
    pub(crate) fn follow(&self, from: usize, path: &[String]) -> Vec<usize> {
        let mut hops = Vec::new();
        if let Step::Module(end) | Step::Item(end) = self.walk(from, path, &mut hops, 0) {
            if hops.last() != Some(&end) {
                hops.push(end);
            }
            hops
        } else {
            Vec::new()
        }
    }

    fn walk(&self, from: usize, path: &[String], hops: &mut Vec<usize>, depth: usize) -> Step {
        // A name that stands for itself, as in `use http::http`, leads nowhere in this crate.
        let Some((first, mut rest)) = path.split_first().filter(|_| depth < 16) else {
            return Step::Elsewhere;
        };
        let mut step = match first.as_str() {
            "crate" => Step::Module(ROOT),
            "self" => Step::Module(from),
            "super" => self.all[from].parent.map_or(Step::Elsewhere, Step::Module),
            name => match self.step(from, name, hops, depth) {
                Step::Unknown if self.own_names.contains(name) => Step::Module(ROOT),
                Step::Unknown => Step::Elsewhere,
                step => step,
            },
        };
        while let (Step::Module(at), Some((name, after))) = (&step, rest.split_first()) {
            let at = *at;
            rest = after;
            step = match (name.as_str(), self.all[at].parent) {
                ("super", Some(parent)) => Step::Module(parent),
                ("self", _) => Step::Module(at),
                // What a macro made: it belongs to where it is found.
                _ => match self.step(at, name, hops, depth) {
                    Step::Unknown => Step::Item(at),
                    step => step,
                },
            };
        }
        step
    }

    /// What `name` is in the module `at`; modules that it leads through are added to `hops`.
    fn step(&self, at: usize, name: &str, hops: &mut Vec<usize>, depth: usize) -> Step {
        let module = &self.all[at];
        let child = module
            .children
            .iter()
            .find(|&&child| self.all[child].path.last().is_some_and(|last| last == name));
        if let Some(&child) = child {
            hops.push(child);
            return Step::Module(child);
        }
        if module.items.contains(name) {
            return Step::Item(at);
        }
        if let Some(path) = module.bindings.get(name) {
            return self.walk(at, path, hops, depth + 1);
        }
        if let Some(&owner) = self.exported.get(name).filter(|_| at == ROOT) {
            hops.push(owner);
            return Step::Item(owner);
        }
        for glob in module.mentions.iter().filter(|mention| mention.glob) {
            let mut through = Vec::new();
            let Step::Module(source) = self.walk_glob(at, glob, &mut through, depth) else {
                continue;
            };
            match self.step(source, name, &mut through, depth + 1) {
                Step::Unknown | Step::Elsewhere => {}
                step => {
                    hops.append(&mut through);
                    return step;
                }
            }
        }
        Step::Unknown
    }

    /// Where a `use path::*` of the module `at` takes its names from. Not asked of `use name::*` with a bare name, for
    /// which all globs of the module would have to be asked again.
    fn walk_glob(&self, at: usize, glob: &Mention, hops: &mut Vec<usize>, depth: usize) -> Step {
        let first = glob.path.first().map_or("", String::as_str);
        let children = &self.all[at].children;
        let is_child = children
            .iter()
            .any(|&child| self.all[child].path.last().is_some_and(|name| name == first));
        if depth > 4 || !(is_child || ["crate", "self", "super"].contains(&first)) {
            return Step::Elsewhere;
        }
        self.walk(at, &glob.path, hops, depth + 1)
    }
}

struct Reader<'a> {
    modules: &'a mut Modules,
    load: &'a dyn Fn(&str) -> Option<String>,
    /// The module that is being read.
    at: usize,
    /// Where the files of its children lie: empty, or ending in a slash.
    folder: String,
}

impl Reader<'_> {
    fn file(&mut self, file: &str) {
        let Some(source) = (self.load)(file) else {
            return self.modules.problems.push(format!("{file}: cannot be read"));
        };
        match syn::parse_file(&source) {
            Ok(parsed) if is_test(&parsed.attrs) => {}
            Ok(parsed) => self.items(&parsed.items),
            Err(error) => {
                self.modules.problems.push(format!("{file}:{}: {error}", error.span().start().line))
            }
        }
    }

    fn items(&mut self, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(item_attributes(item))) {
            if let Some(name) = item_name(item) {
                let lifted = item_attributes(item)
                    .iter()
                    .any(|attribute| attribute.path().is_ident("macro_export"));
                if lifted {
                    self.modules.exported.insert(name.clone(), self.at);
                }
                self.module().items.insert(name);
            }
        }
        for item in items {
            self.visit_item(item);
        }
    }

    fn module(&mut self) -> &mut Module {
        &mut self.modules.all[self.at]
    }

    fn mention(&mut self, path: Vec<String>, line: usize, glob: bool) {
        self.module().mentions.push(Mention { path, line, glob });
    }

    /// The child of this module with that name: a second declaration, under another `cfg`, is the same module.
    fn child(&mut self, name: &str) -> usize {
        let all = &mut self.modules.all;
        let same = |&&child: &&usize| all[child].path.last().is_some_and(|last| last == name);
        if let Some(&child) = all[self.at].children.iter().find(same) {
            return child;
        }
        let child = all.len();
        let path = [all[self.at].path.as_slice(), &[name.to_owned()]].concat();
        all.push(Module {
            path,
            parent: Some(self.at),
            file: all[self.at].file.clone(),
            ..Module::default()
        });
        all[self.at].children.push(child);
        child
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(item_attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        if !is_test(impl_item_attributes(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = name(&item.ident);
        if item.attrs.iter().any(|attribute| attribute.path().is_ident("path")) {
            let problem = format!(
                "{}: `mod {name}` has a #[path], which is not followed",
                self.module().file
            );
            return self.modules.problems.push(problem);
        }
        let child = self.child(&name);
        let folder = format!("{}{name}/", self.folder);
        let mut inner =
            Reader { at: child, load: self.load, folder: folder.clone(), modules: self.modules };
        if let Some((_, items)) = &item.content {
            inner.items(items);
        } else {
            let files = [format!("{}{name}.rs", self.folder), format!("{folder}mod.rs")];
            let file = files.iter().find(|file| (self.load)(file).is_some()).unwrap_or(&files[0]);
            inner.module().file.clone_from(file);
            inner.file(file);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_some() {
            return;
        }
        let mut leaves = Vec::new();
        imports(&item.tree, &[], &mut leaves);
        for leaf in leaves {
            if let Some(binding) = leaf.binding {
                self.module().bindings.entry(binding).or_insert_with(|| leaf.path.clone());
            }
            self.mention(leaf.path, leaf.line, leaf.glob);
        }
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        if let (true, Some((_, own_name))) = (item.ident == "self", &item.rename) {
            self.modules.own_names.insert(name(own_name));
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        if path.leading_colon.is_none() && path.segments.len() > 1 {
            let names = path.segments.iter().map(|segment| name(&segment.ident)).collect();
            self.mention(names, path.span().start().line, false);
        }
        visit::visit_path(self, path);
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        let mut paths = Vec::new();
        token_paths(tokens.clone(), &mut paths);
        for (path, line) in paths {
            self.mention(path, line, false);
        }
    }
}
