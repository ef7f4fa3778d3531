//! The bytes of the benchmark: what clients send, what servers answer, and the frames around both.

/// The one argument of an event: 64 characters.
macro_rules! text {
    () => {
        "The quick brown fox jumps over the lazy dog; then it takes a nap"
    };
}

/// What Engine.IO says first. A floor needs no other session than this.
pub const OPENED: &str = r#"0{"sid":"AAAAAAAAAAAAAAAAAAAA","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000}"#;
/// The request for the main namespace.
pub const CONNECT: &str = "40";
/// Its answer.
pub const CONNECTED: &str = r#"40{"sid":"AAAAAAAAAAAAAAAAAAAB"}"#;
/// An echo, as asked and as answered.
pub const ECHO: &str = concat!("42[\"echo\",\"", text!(), "\"]");
/// An event that asks for an acknowledgement.
pub const ACK: &str = concat!("421[\"ack\",\"", text!(), "\"]");
/// The acknowledgement.
pub const ACKED: &str = concat!("431[\"", text!(), "\"]");
/// The head of a binary echo, as asked and as answered.
pub const BINARY: &str = r#"451-["binary",{"_placeholder":true,"num":0}]"#;
/// The bytes of its attachment.
pub const ATTACHMENT: usize = 1024;
/// The request to join the room.
pub const JOIN: &str = r#"420["join","room"]"#;
/// Its answer, or the beginning of it.
pub const JOINED: &str = "430[";
/// The request for a broadcast to the room.
pub const BROADCAST: &str = concat!("42[\"bcast\",\"room\",\"", text!(), "\"]");
/// What each member of the room receives.
pub const DELIVERY: &str = concat!("42[\"bcast\",\"", text!(), "\"]");
/// The bytes that each member of the room receives of a long broadcast, before they are compressed.
pub const LONG_DELIVERY: usize = 4 * 1024;
/// What browsers offer.
pub const OFFER: &str = "permessage-deflate; client_max_window_bits";
/// What every server agrees to, maybe with more behind it.
pub const AGREED: &str = "permessage-deflate";
/// Leaves the main namespace.
pub const DISCONNECT: &str = "41";
/// The server's heartbeat.
pub const PING: &str = "2";
/// Its answer.
pub const PONG: &str = "3";

/// The opcode of a frame of text.
pub const OP_TEXT: u8 = 1;
/// The opcode of a frame of bytes.
pub const OP_BINARY: u8 = 2;
/// The opcode of a frame that closes.
pub const OP_CLOSE: u8 = 8;

/// The first byte of a frame: the message that begins here is compressed.
const RSV1: u8 = 0x40;

/// The mask of every client: chance would cost the generator and change nothing for a server.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The attachment of a binary echo.
#[must_use]
pub fn attachment() -> Vec<u8> {
    (0..ATTACHMENT).map(|index| (index % 251) as u8).collect()
}

/// A request for a long broadcast to the room, and what each member receives of it: JSON such as a list of things is.
#[must_use]
pub fn long_broadcast() -> [String; 2] {
    let things = (0..).map(|id: u32| {
        let (level, hash) = (id * 7919 % 1000, id.wrapping_mul(0x9e37_79b9));
        format!(
            r#"{{"id":{id},"name":"thing {hash:08x}","level":{level},"open":{}}},"#,
            level > 500
        )
    });
    let (head, tail) = (r#"42["bcast",["#, r#"{"id":null,"name":""}]]"#);
    let room = LONG_DELIVERY - head.len() - tail.len() - 100;
    let mut list = String::new();
    for thing in things {
        if list.len() + thing.len() > room + 100 {
            break;
        }
        list += &thing;
    }
    let filler = "x".repeat(LONG_DELIVERY - head.len() - list.len() - tail.len());
    let list = format!(r#"{list}{{"id":null,"name":"{filler}"}}"#);
    [format!(r#"42["bcast","room",[{list}]]"#), format!("{head}{list}]]")]
}

/// A frame as servers send it.
#[must_use]
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len(), 0);
    frame.extend_from_slice(payload);
    frame
}

/// A frame as servers send it that compress.
#[must_use]
pub fn compressed(opcode: u8, payload: &[u8]) -> Vec<u8> {
    frame(RSV1 | opcode, payload)
}

/// A frame as clients send it.
#[must_use]
pub fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = header(opcode, payload.len(), 0x80);
    frame.extend_from_slice(&MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn header(opcode: u8, length: usize, masked: u8) -> Vec<u8> {
    let first = 0x80 | opcode;
    match u16::try_from(length).expect("no frame here is longer") {
        short @ 0..=125 => vec![first, masked | short as u8],
        long => {
            let [high, low] = long.to_be_bytes();
            vec![first, masked | 126, high, low]
        }
    }
}

/// One whole frame at the beginning of some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The kind of frame.
    pub opcode: u8,
    /// Whether the payload is compressed.
    pub compressed: bool,
    /// What to undo in the payload; zeros if nothing.
    pub mask: [u8; 4],
    /// As it came: masked, if there is a mask.
    pub payload: &'a [u8],
    /// The bytes of the frame, its header included.
    pub size: usize,
}

impl<'a> Frame<'a> {
    /// The first frame of `bytes`, if all of it is there. Whole messages of less than 64 KiB only.
    #[must_use]
    #[inline]
    pub fn first(bytes: &'a [u8]) -> Option<Self> {
        let [first, second, rest @ ..] = bytes else { return None };
        let (length, rest) = match second & 0x7f {
            126 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            127 => return None, // no server here sends one
            length => (usize::from(length), rest),
        };
        let (mask, rest) =
            if second & 0x80 == 0 { (&[0; 4], rest) } else { rest.split_first_chunk()? };
        let payload = rest.get(..length)?;
        let size = bytes.len() - rest.len() + length;
        let (opcode, compressed) = (first & 0x0f, first & RSV1 != 0);
        Some(Self { opcode, compressed, mask: *mask, payload, size })
    }

    /// The first bytes of the payload without the mask, as a number; zeros where it is shorter.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> u64 {
        let [a, b, c, d] = self.mask;
        let mask = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
        if let Some(first) = self.payload.first_chunk() {
            return u64::from_ne_bytes(*first) ^ mask;
        }
        let mut first = [0; 8];
        first[..self.payload.len()].copy_from_slice(self.payload);
        let unmasked = (u64::from_ne_bytes(first) ^ mask).to_ne_bytes();
        first[..self.payload.len()].copy_from_slice(&unmasked[..self.payload.len()]);
        u64::from_ne_bytes(first)
    }
}

/// What [`Frame::kind`] is for a packet.
#[must_use]
pub const fn kind(packet: &str) -> u64 {
    let bytes = packet.as_bytes();
    let mut first = [0; 8];
    let mut index = 0;
    while index < first.len() && index < bytes.len() {
        first[index] = bytes[index];
        index += 1;
    }
    u64::from_ne_bytes(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_read_as_it_was_written_and_only_when_all_of_it_is_there() {
        for length in [0, 1, 7, 8, 125, 126, 1024] {
            let payload = vec![b'x'; length];
            for bytes in [frame(OP_TEXT, &payload), masked(OP_TEXT, &payload)] {
                let found = Frame::first(&bytes).unwrap();
                assert_eq!((found.opcode, found.size), (OP_TEXT, bytes.len()));
                let unmasked: Vec<u8> = found
                    .payload
                    .iter()
                    .zip(found.mask.iter().cycle())
                    .map(|(byte, mask)| byte ^ mask)
                    .collect();
                assert_eq!(unmasked, payload);
                assert_eq!(Frame::first(&bytes[..bytes.len() - 1]), None);
                assert_eq!(
                    Frame::first(&[&bytes[..], b"more"].concat()).unwrap().size,
                    bytes.len()
                );
            }
        }
    }

    #[test]
    fn a_long_broadcast_is_as_long_as_it_says() {
        let [request, delivery] = long_broadcast();
        assert_eq!(delivery.len(), LONG_DELIVERY);
        assert_eq!(request.replacen("\"room\",", "", 1), delivery);
        let json: serde_json::Value = serde_json::from_str(&delivery[2..]).unwrap();
        assert!(json[1].as_array().unwrap().len() > 50, "{delivery}");
        let compressed = compressed(OP_TEXT, b"it may be");
        assert!(Frame::first(&compressed).unwrap().compressed);
    }

    #[test]
    fn packets_are_told_apart_by_their_first_bytes() {
        let packets = [CONNECT, ECHO, ACK, BINARY, JOIN, BROADCAST, DISCONNECT, PONG];
        for packet in packets {
            let bytes = masked(OP_TEXT, packet.as_bytes());
            let found = Frame::first(&bytes).unwrap().kind();
            let same: Vec<_> = packets.iter().filter(|other| kind(other) == found).collect();
            assert_eq!(same, [&packet]);
        }
    }
}
