//! One connection to a server: first in peace, one step after the other, then as one of many behind an epoll.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use flate2::{Decompress, FlushDecompress};
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockRef, Socket, Type};

use crate::wire::{self, Frame, OP_TEXT};

/// The longest that a server may let a client wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// One address has 28,000 ports, and each rests for a minute after use: connections come from many addresses in turn.
const ADDRESSES: u32 = 200;
static NEXT_ADDRESS: AtomicU32 = AtomicU32::new(0);

/// What asks for a WebSocket.
pub(crate) const UPGRADE: &str = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n\
    Host: localhost\r\n\
    Connection: Upgrade\r\n\
    Upgrade: websocket\r\n\
    Sec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Connects over TCP.
pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let mut tries = 0..ADDRESSES;
    loop {
        match connect_once(address) {
            // Another connection of this address rests on just this port.
            Err(error)
                if error.kind() == io::ErrorKind::AddrNotAvailable && tries.next().is_some() => {}
            result => return result,
        }
    }
}

fn connect_once(address: SocketAddr) -> io::Result<TcpStream> {
    let turn = NEXT_ADDRESS.fetch_add(1, Ordering::Relaxed) % ADDRESSES;
    let source = Ipv4Addr::new(127, 0, 0, 2 + turn as u8);
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    // Otherwise no other program could listen on a port while one of ours rests on it.
    socket.set_reuse_address(true)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    socket.connect(&address.into())?;
    socket.set_tcp_nodelay(true)?;
    socket.set_read_timeout(Some(PATIENCE))?;
    Ok(socket.into())
}

/// Connects over TCP, for a connection that ends when all has been measured: then without a rest.
pub(crate) fn connect_to_stay(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = connect(address)?;
    SockRef::from(&stream).set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// A client that waits for each answer.
#[derive(Debug)]
pub(crate) struct Visitor {
    stream: TcpStream,
    received: Vec<u8>,
    /// What messages were that came compressed: those that follow may refer to them.
    inflate: Decompress,
}

impl Visitor {
    /// Connects over WebSocket and to the main namespace.
    pub(crate) fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::upgrade(address, UPGRADE, "")
    }

    /// The same, with a server that compresses what it sends.
    pub(crate) fn connect_compressing(address: SocketAddr) -> io::Result<Self> {
        let offer = format!("\r\nSec-WebSocket-Extensions: {}\r\n\r\n", wire::OFFER);
        Self::upgrade(address, &UPGRADE.replace("\r\n\r\n", &offer), wire::AGREED)
    }

    /// Asks for a WebSocket. The answer has to contain what is `wanted`.
    fn upgrade(address: SocketAddr, request: &str, wanted: &str) -> io::Result<Self> {
        let (stream, inflate) = (connect_to_stay(address)?, Decompress::new(false));
        let mut visitor = Self { stream, received: Vec::new(), inflate };
        visitor.stream.write_all(request.as_bytes())?;
        let end = loop {
            if let Some(end) = end_of_head(&visitor.received) {
                break end;
            }
            visitor.receive()?;
        };
        let head = String::from_utf8_lossy(&visitor.received[..end]);
        if !is_upgraded(&visitor.received) || !head.contains(wanted) {
            return Err(unexpected("answer to an upgrade", &visitor.received));
        }
        visitor.received.drain(..end);
        visitor.expect(OP_TEXT, "0{")?;
        visitor.send(&wire::masked(OP_TEXT, wire::CONNECT.as_bytes()))?;
        visitor.expect(OP_TEXT, "40{")?;
        Ok(visitor)
    }

    pub(crate) fn join(&mut self) -> io::Result<()> {
        self.send(&wire::masked(OP_TEXT, wire::JOIN.as_bytes()))?;
        self.expect(OP_TEXT, wire::JOINED).map(drop)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Waits for the next message, which must be of this kind and begin like this. Answers heartbeats.
    pub(crate) fn expect(&mut self, opcode: u8, beginning: &str) -> io::Result<Vec<u8>> {
        loop {
            while let Some(frame) = Frame::first(&self.received) {
                let payload = match frame.compressed {
                    true => inflate(&mut self.inflate, frame.payload)?,
                    false => frame.payload.to_vec(),
                };
                let (found, size) = (frame.opcode, frame.size);
                self.received.drain(..size);
                if payload == wire::PING.as_bytes() {
                    self.send(&wire::masked(OP_TEXT, wire::PONG.as_bytes()))?;
                } else if found == opcode && payload.starts_with(beginning.as_bytes()) {
                    return Ok(payload);
                } else {
                    return Err(unexpected("message", &payload));
                }
            }
            self.receive()?;
        }
    }

    fn receive(&mut self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer)? {
            0 => Err(unexpected("end after", &self.received)),
            read => {
                self.received.extend_from_slice(&buffer[..read]);
                Ok(())
            }
        }
    }

    /// Becomes one of many. What it did not look at yet, that one will.
    pub(crate) fn into_client(self) -> io::Result<Client> {
        let client = Client::new(self.stream)?;
        Ok(Client { rest: self.received, ..client })
    }
}

/// A client that never waits.
#[derive(Debug)]
pub(crate) struct Client {
    stream: mio::net::TcpStream,
    /// The beginning of something whose end has not come.
    rest: Vec<u8>,
    /// What the kernel did not take yet.
    unsent: Vec<u8>,
}

impl Client {
    pub(crate) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        let stream = mio::net::TcpStream::from_std(stream);
        Ok(Self { stream, rest: Vec::new(), unsent: Vec::new() })
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        registry.register(&mut self.stream, token, Interest::READABLE | Interest::WRITABLE)
    }

    /// Sends, now or when [`flush`](Self::flush) is called because there is room.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        if !self.unsent.is_empty() {
            self.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = sent(self.stream.write(bytes))?;
        self.unsent.extend_from_slice(&bytes[sent..]);
        Ok(())
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        while !self.unsent.is_empty() {
            match sent(self.stream.write(&self.unsent))? {
                0 => break,
                sent => drop(self.unsent.drain(..sent)),
            }
        }
        Ok(())
    }

    /// Reads all there is and gives it to `parse`, which says how much of it it could use. Returns whether more may come.
    pub(crate) fn receive(
        &mut self,
        buffer: &mut [u8],
        mut parse: impl FnMut(&[u8]) -> io::Result<usize>,
    ) -> io::Result<bool> {
        loop {
            let kept = self.rest.len();
            buffer[..kept].copy_from_slice(&self.rest);
            let end = match self.stream.read(&mut buffer[kept..]) {
                Ok(0) => return Ok(false),
                Ok(read) => kept + read,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            };
            let used = parse(&buffer[..end])?;
            self.rest.clear();
            self.rest.extend_from_slice(&buffer[used..end]);
            if end < buffer.len() {
                return Ok(true); // less than there was room for: nothing is left
            }
        }
    }
}

fn sent(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

/// Decompresses the next message of a server.
fn inflate(stream: &mut Decompress, payload: &[u8]) -> io::Result<Vec<u8>> {
    let mut message = Vec::with_capacity(64 * 1024);
    let flush = &[0, 0, 0xff, 0xff][..]; // left out on the wire
    let input = [payload, flush].concat();
    stream.decompress_vec(&input, &mut message, FlushDecompress::Sync)?;
    Ok(message)
}

/// Calls `each` for every whole frame, and returns how many bytes they are.
pub(crate) fn frames(
    bytes: &[u8],
    mut each: impl FnMut(Frame<'_>) -> io::Result<()>,
) -> io::Result<usize> {
    let mut used = 0;
    while let Some(frame) = Frame::first(&bytes[used..]) {
        used += frame.size;
        each(frame)?;
    }
    Ok(used)
}

/// Where the head of an HTTP message ends, if it does.
pub(crate) fn end_of_head(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|end| end == b"\r\n\r\n").map(|at| at + 4)
}

pub(crate) fn is_upgraded(bytes: &[u8]) -> bool {
    bytes.starts_with(b"HTTP/1.1 101 ")
}

/// What ends a row: a server that says something else than it should.
pub(crate) fn unexpected(what: &str, bytes: &[u8]) -> io::Error {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    io::Error::other(format!("unexpected {what}: {shown:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_frames_are_used_and_the_rest_is_kept() {
        let one = wire::frame(OP_TEXT, b"one");
        let bytes = [&one[..], &wire::frame(OP_TEXT, b"two"), &one[..2]].concat();
        let mut found = Vec::new();
        let used = frames(&bytes, |frame| {
            found.push(frame.payload.to_vec());
            Ok(())
        });
        assert_eq!((used.unwrap(), found), (10, vec![b"one".to_vec(), b"two".to_vec()]));
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        assert_eq!(end_of_head(b"HTTP/1.1 101 Switching\r\na: b\r\n\r\nrest"), Some(32));
        assert_eq!(end_of_head(b"HTTP/1.1 101 Switching\r\na: b\r\n"), None);
    }
}
