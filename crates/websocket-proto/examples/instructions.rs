//! Work to be counted: texts of 20 bytes, read and sent back.
//!
//! ```text
//! cargo build --release -p websocket-proto --example instructions
//! for n in 10000 20000; do
//!     valgrind --tool=callgrind --callgrind-out-file=/dev/null \
//!         target/release/examples/instructions ours echo 1 $n
//! done
//! ```
//!
//! The difference, divided by 10,000, is the instructions for one frame. Instead of `ours`,
//! `tungstenite` with a read buffer of 4 KiB; instead of `echo`, only `decode` or only `encode`;
//! instead of 1, more frames for each read and write.

use std::io::{self, Read, Write};
use std::{env, hint};

use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, Utf8Bytes, WebSocket};
use websocket_proto::{Decoder, Event, Limits, Opcode, encode_into};

const MESSAGE: &str = "42[\"message\",\"hello\"";
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn main() {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [library, work, batch, frames] = &arguments[..] else {
        panic!("<ours|tungstenite> <decode|encode|echo> <frames a read> <frames>")
    };
    let batch: usize = batch.parse().expect("a number");
    let frames: usize = frames.parse().expect("a number");
    let (decodes, encodes) = (work != "encode", work != "decode");
    let mut frame = vec![0x81, 0x80 | MESSAGE.len() as u8];
    frame.extend(MASK);
    frame.extend(MESSAGE.bytes().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    let read = frame.repeat(batch);
    match library.as_str() {
        "ours" => ours(&read, batch, frames / batch, decodes, encodes),
        "tungstenite" => theirs(&read, batch, frames / batch, decodes, encodes),
        _ => panic!("ours or tungstenite"),
    }
}

fn ours(read: &[u8], batch: usize, reads: usize, decodes: bool, encodes: bool) {
    let mut decoder = Decoder::new(Limits::default());
    let mut buffer = vec![0; read.len()];
    let mut output = Vec::with_capacity(64 * 1024);
    for _ in 0..reads {
        if decodes {
            buffer.copy_from_slice(read);
            let mut input = &mut buffer[..];
            while let Ok(Some(event)) = decoder.decode(&mut input) {
                if let (Event::Text(text), true) = (&event, encodes) {
                    encode_into(&mut output, Opcode::Text, text.as_bytes());
                }
                hint::black_box(event);
            }
        } else {
            for _ in 0..batch {
                encode_into(&mut output, Opcode::Text, hint::black_box(MESSAGE.as_bytes()));
            }
        }
        hint::black_box(&output);
        output.clear();
    }
}

fn theirs(read: &[u8], batch: usize, reads: usize, decodes: bool, encodes: bool) {
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(64 * 1024);
    let stream = Memory { read: Vec::new(), at: 0, written: Vec::with_capacity(64 * 1024) };
    let mut socket = WebSocket::from_raw_socket(stream, Role::Server, Some(config));
    socket.get_mut().read = read.to_vec();
    let message = Utf8Bytes::from_static(MESSAGE);
    for _ in 0..reads {
        if decodes {
            socket.get_mut().at = 0;
            while let Ok(message) = socket.read() {
                let message = hint::black_box(message);
                if encodes {
                    socket.write(message).expect("memory");
                }
            }
        } else {
            for _ in 0..batch {
                socket.write(Message::Text(hint::black_box(message.clone()))).expect("memory");
            }
        }
        socket.flush().expect("memory");
        hint::black_box(&socket.get_ref().written);
        socket.get_mut().written.clear();
    }
}

/// What a client sends, and what it gets.
struct Memory {
    read: Vec<u8>,
    at: usize,
    written: Vec<u8>,
}

impl Read for Memory {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = buffer.len().min(self.read.len() - self.at);
        if len == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        buffer[..len].copy_from_slice(&self.read[self.at..self.at + len]);
        self.at += len;
        Ok(len)
    }
}

impl Write for Memory {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.written.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
