//! Everything this server ever says, framed.

use std::sync::LazyLock;

use bench::wire::{self, OP_BINARY, OP_CLOSE, OP_TEXT};
use bytes::Bytes;
use flate2::{Compress, Compression, FlushCompress};

pub(crate) struct Answers {
    pub(crate) connected: Vec<u8>,
    pub(crate) joined: Vec<u8>,
    pub(crate) echo: Vec<u8>,
    pub(crate) acked: Vec<u8>,
    pub(crate) binary: Vec<u8>,
    pub(crate) closed: Vec<u8>,
    pub(crate) delivery: Bytes,
    /// What is long, compressed once and for all.
    pub(crate) compressed: Bytes,
}

pub(crate) static ANSWERS: LazyLock<Answers> = LazyLock::new(|| {
    let text = |packet: &str| wire::frame(OP_TEXT, packet.as_bytes());
    let attachment = wire::frame(OP_BINARY, &wire::attachment());
    Answers {
        connected: text(wire::CONNECTED),
        joined: text(&format!("{}]", wire::JOINED)),
        echo: text(wire::ECHO),
        acked: text(wire::ACKED),
        binary: [text(wire::BINARY), attachment].concat(),
        closed: wire::frame(OP_CLOSE, &1000_u16.to_be_bytes()),
        delivery: text(wire::DELIVERY).into(),
        compressed: wire::compressed(OP_TEXT, &deflated()).into(),
    }
});

/// The long delivery as any server with zlib's default level sends it, without the end of the flush.
fn deflated() -> Vec<u8> {
    let [_, delivery] = wire::long_broadcast();
    let mut deflated = Vec::with_capacity(wire::LONG_DELIVERY);
    Compress::new(Compression::new(6), false)
        .compress_vec(delivery.as_bytes(), &mut deflated, FlushCompress::Sync)
        .expect("it takes any bytes");
    deflated.truncate(deflated.len() - 4);
    deflated
}
