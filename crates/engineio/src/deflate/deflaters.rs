//! Compressors of a thread, lent to one connection after the other.

use std::cell::RefCell;

use websocket_proto::deflate::{Agreement, Deflater};

/// What compressors differ by: the window, of which there are eight sizes, and the level, of which a
/// server has one.
type Kind = (u8, u8);

thread_local! {
    static DEFLATERS: RefCell<Vec<(Kind, Deflater)>> = const { RefCell::new(Vec::new()) };
}

/// Lends the compressor that all connections of this thread use which agreed to the same window,
/// and to no context takeover.
pub(super) fn with_deflater<T>(
    agreement: &Agreement,
    level: u8,
    use_it: impl FnOnce(&mut Deflater) -> T,
) -> T {
    let kind = (agreement.server_max_window_bits(), level);
    DEFLATERS.with_borrow_mut(|deflaters| {
        let found = deflaters.iter().position(|(other, _)| *other == kind);
        let index = found.unwrap_or_else(|| {
            deflaters.push((kind, Deflater::new(agreement, level)));
            deflaters.len() - 1
        });
        use_it(&mut deflaters[index].1)
    })
}
