//! Everything this server ever says, framed.

use std::sync::LazyLock;

use bench::wire::{self, OP_BINARY, OP_CLOSE, OP_TEXT};
use bytes::Bytes;

pub(crate) struct Answers {
    pub(crate) connected: Vec<u8>,
    pub(crate) joined: Vec<u8>,
    pub(crate) echo: Vec<u8>,
    pub(crate) acked: Vec<u8>,
    pub(crate) binary: Vec<u8>,
    pub(crate) closed: Vec<u8>,
    pub(crate) delivery: Bytes,
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
    }
});
