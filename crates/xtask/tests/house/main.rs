//! The house rules that a machine can check. `.github/CONTRIBUTING.md` says why they are there.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

// As in every crate: a module uses only those below it.
mod planted;
mod arrows;
mod budgets;
mod names;
mod measure;
mod modules;
mod syntax;
mod dependencies;
mod repository;
mod workspace;
