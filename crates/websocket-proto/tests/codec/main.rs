//! What a client may send, what it may not, and what a server makes of it.

mod client;
mod clauses;
#[cfg(feature = "deflate")]
mod compression;
mod differential;
mod limits;
#[cfg(feature = "deflate")]
mod negotiation;
mod properties;
mod reader;
mod strategies;
