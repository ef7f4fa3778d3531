//! `conformance ws-echo`: a WebSocket server of the codec alone, which sends back what it receives.
//!
//! It speaks with `websocket-proto` and has nothing else of the servers here, so that a test suite of the protocol
//! judges the codec. `cargo xtask autobahn` runs one. It compresses where the client offers it; with
//! `CONTEXT_TAKEOVER=1` messages may then refer to messages before, in both directions.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::{env, thread};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::BytesMut;
use sha1::{Digest, Sha1};
use websocket_proto::deflate::{Agreement, Deflater, Preferences, negotiate};
use websocket_proto::{Decoder, Event, FrameHeader, Limits, Opcode, close_frame, encode_into};

/// The suite sends 16 MiB at once, and 4 MiB in fragments of 64 bytes.
const LIMITS: Limits = Limits { max_message: 16 << 20, max_fragments: 1 << 17 };
/// Bytes that are read at once.
const READ: usize = 64 * 1024;
/// Text and bytes that are shorter are not compressed.
const THRESHOLD: usize = 16;

/// Serves at this port of loopback, until the process ends.
pub(crate) fn run(port: &str) -> io::Result<()> {
    let keeps = env::var_os("CONTEXT_TAKEOVER").is_some();
    let preferences = Preferences {
        server_context_takeover: keeps,
        client_context_takeover: keeps,
        ..Preferences::default()
    };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    println!("listening on ws://{}", listener.local_addr()?);
    for stream in listener.incoming() {
        let stream = stream?;
        thread::spawn(move || {
            if let Err(error) = serve(stream, &preferences) {
                eprintln!("{error}");
            }
        });
    }
    Ok(())
}

fn serve(mut stream: TcpStream, preferences: &Preferences) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BytesMut::new();
    let Some(agreement) = shake_hands(&mut stream, &mut input, preferences)? else { return Ok(()) };
    let mut echo = Echo {
        decoder: match &agreement {
            Some(agreement) => Decoder::with_deflate(LIMITS, agreement),
            None => Decoder::new(LIMITS),
        },
        deflater: agreement.as_ref().map(|agreement| Deflater::new(agreement, 6)),
        output: Vec::new(),
    };
    loop {
        let is_open = echo.answer(&mut input);
        stream.write_all(&echo.output)?;
        echo.output.clear();
        if !is_open {
            break;
        }
        if !read(&mut stream, &mut input)? {
            return Ok(());
        }
    }
    // What is unread would reset the connection, and the client would lose the close frame.
    stream.shutdown(Shutdown::Write)?;
    io::copy(&mut stream, &mut io::sink())?;
    Ok(())
}

/// One connection.
struct Echo {
    decoder: Decoder,
    deflater: Option<Deflater>,
    /// What was not yet written.
    output: Vec<u8>,
}

impl Echo {
    /// Answers what has arrived. Returns whether more may come.
    fn answer(&mut self, input: &mut BytesMut) -> bool {
        let mut read = input.split();
        let mut input = &mut read[..];
        loop {
            match self.decoder.decode(&mut input) {
                Ok(Some(Event::Text(text))) => self.send(Opcode::Text, text.as_bytes()),
                Ok(Some(Event::Binary(bytes))) => self.send(Opcode::Binary, &bytes),
                Ok(Some(Event::Ping)) => {
                    encode_into(&mut self.output, Opcode::Pong, self.decoder.ping())
                }
                Ok(Some(Event::Pong)) => {}
                Ok(Some(Event::Close(code))) => {
                    self.output.extend_from_slice(&close_frame(code));
                    return false;
                }
                Ok(None) => return true,
                Err(violation) => {
                    self.output.extend_from_slice(&close_frame(Some(violation.close_code())));
                    return false;
                }
            }
        }
    }

    fn send(&mut self, opcode: Opcode, message: &[u8]) {
        match &mut self.deflater {
            Some(deflater) if message.len() >= THRESHOLD => {
                let mut payload = Vec::new();
                deflater.deflate(message, &mut payload);
                let header = FrameHeader::new(opcode, payload.len()).compressed();
                self.output.extend_from_slice(header.as_bytes());
                self.output.extend_from_slice(&payload);
            }
            _ => encode_into(&mut self.output, opcode, message),
        }
    }
}

/// Reads a request and answers it: `None` if it is none for a WebSocket.
fn shake_hands(
    stream: &mut TcpStream,
    input: &mut BytesMut,
    preferences: &Preferences,
) -> io::Result<Option<Option<Agreement>>> {
    let end = loop {
        if let Some(end) = input.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            break end + 4;
        }
        if !read(stream, input)? {
            return Ok(None);
        }
    };
    let head = input.split_to(end);
    let head = String::from_utf8_lossy(&head);
    let headers = |name: &'static str| {
        let pairs = head.lines().filter_map(|line| line.split_once(':'));
        pairs.filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|pair| pair.1.trim())
    };
    let Some(key) = headers("sec-websocket-key").next() else {
        return refuse(stream);
    };
    let Ok(agreement) = negotiate(preferences, headers("sec-websocket-extensions")) else {
        return refuse(stream);
    };
    let accept = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
    let accept = BASE64_STANDARD.encode(accept);
    let extensions = agreement
        .map_or(String::new(), |agreement| format!("Sec-WebSocket-Extensions: {agreement}\r\n"));
    write!(
        stream,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
    )?;
    Ok(Some(agreement))
}

fn refuse<T>(stream: &mut TcpStream) -> io::Result<Option<T>> {
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")?;
    Ok(None)
}

/// Reads some bytes. Returns whether there were any.
fn read(stream: &mut TcpStream, input: &mut BytesMut) -> io::Result<bool> {
    let len = input.len();
    input.resize(len + READ, 0);
    let read = stream.read(&mut input[len..]);
    input.truncate(len + read.as_ref().copied().unwrap_or(0));
    Ok(read? > 0)
}
