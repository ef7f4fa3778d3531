//! As little of HTTP as an upgrade needs.

use std::io;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bench::wire;
use sha1::{Digest as _, Sha1};
use tokio::net::TcpStream;

const LONGEST: usize = 4096;

/// Reads the request, and answers it with the upgrade and the first packet.
pub(crate) async fn upgrade(stream: &mut TcpStream) -> io::Result<()> {
    let mut request = Vec::with_capacity(LONGEST);
    while !request.ends_with(b"\r\n\r\n") {
        stream.readable().await?;
        match stream.try_read_buf(&mut request) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) if request.len() >= LONGEST => return Err(io::ErrorKind::InvalidData.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    let key = key(&request).ok_or(io::ErrorKind::InvalidData)?;
    let accept = BASE64_STANDARD.encode(
        Sha1::new()
            .chain_update(key)
            .chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
            .finalize(),
    );
    let offered = request.windows(wire::AGREED.len()).any(|part| part == wire::AGREED.as_bytes());
    let extensions = match offered {
        true => {
            format!("Sec-WebSocket-Extensions: {}; server_no_context_takeover\r\n", wire::AGREED)
        }
        false => String::new(),
    };
    let mut response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n{extensions}\r\n"
    )
    .into_bytes();
    response.extend(wire::frame(wire::OP_TEXT, wire::OPENED.as_bytes()));
    stream.writable().await?;
    let written = stream.try_write(&response)?;
    if written < response.len() { Err(io::ErrorKind::WriteZero.into()) } else { Ok(()) }
}

fn key(request: &[u8]) -> Option<&[u8]> {
    const NAME: &[u8] = b"sec-websocket-key: ";
    request
        .split(|&byte| byte == b'\n')
        .find(|line| line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)))
        .map(|line| line[NAME.len()..].trim_ascii_end())
}
