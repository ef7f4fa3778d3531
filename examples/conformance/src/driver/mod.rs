//! The drivers: one process serves one test, and does what the test says on its standard input.
//!
//! `js-client-tests/differential/README.md` has the lines and the options.

mod console;
mod cors;
pub(crate) mod eio;
mod options;
mod requests;
mod serve;
pub(crate) mod sio;
mod values;
