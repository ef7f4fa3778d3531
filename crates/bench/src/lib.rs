//! Our server against the floor, socketioxide and Node: what an operation costs the server.
//!
//! The servers lie in `servers/` and `node/`. This is the rest: it starts them one by one on a core of their own,
//! loads them from another core, and reads from `/proc` what that cost.

// From the top floor down: a module uses only those below it.
mod command;
mod missed;
mod profile;
mod instructions;
mod annotations;
mod callgrind;
mod comparison;
mod report;
mod options;
mod sample;
mod rows;
mod load;
mod client;
mod server;
mod machine;
mod process;
mod statistics;
pub mod wire;

pub use command::run;
