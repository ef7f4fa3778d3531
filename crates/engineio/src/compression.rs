//! Compression of what is polled, as HTTP has it: gzip and deflate.
//!
//! Without the feature `deflate` there is nothing of it.

// From the top floor down, as in `lib.rs`.
#[cfg(feature = "deflate")]
mod encode;
#[cfg(not(feature = "deflate"))]
mod never;

#[cfg(feature = "deflate")]
pub use encode::HttpCompression;
#[cfg(feature = "deflate")]
pub(crate) use encode::{Wanted, compress};
#[cfg(not(feature = "deflate"))]
pub use never::HttpCompression;
#[cfg(not(feature = "deflate"))]
pub(crate) use never::{Wanted, compress};
