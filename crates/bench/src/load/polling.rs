//! Clients that cannot have a WebSocket: a `POST` for every request, then a `GET` for its answer, on one connection each.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use mio::Token;

use super::{Clients, Load, Until};
use crate::client::{Client, connect_to_stay, end_of_head, unexpected};
use crate::wire;

pub(super) struct Polls {
    clients: Clients,
    sessions: Vec<Session>,
}

struct Session {
    post: Vec<u8>,
    /// The same, with the answer to a ping before it.
    post_with_pong: Vec<u8>,
    is_pinged: bool,
    get: Vec<u8>,
    /// What the last request was.
    waits_for: Method,
}

#[derive(Clone, Copy, PartialEq)]
enum Method {
    Get,
    Post,
}

impl Polls {
    pub(super) fn connect(address: SocketAddr, connections: usize) -> io::Result<Self> {
        let mut clients = Clients::new([])?;
        let mut sessions = Vec::new();
        for index in 0..connections {
            let mut client = Client::new(connect_to_stay(address)?)?;
            client.register(clients.poll.registry(), Token(index))?;
            clients.all.push(client);
            sessions.push(open(&mut clients, index)?);
        }
        Ok(Self { clients, sessions })
    }
}

/// Connects to the main namespace, and does it all once.
fn open(clients: &mut Clients, index: usize) -> io::Result<Session> {
    let opened = ask(clients, index, &get(""))?;
    let opened = String::from_utf8_lossy(&opened);
    let mut values = opened.split('"');
    let id = values.find(|key| *key == "sid").and_then(|_| values.nth(1));
    let id = id.ok_or_else(|| unexpected("first packet", opened.as_bytes()))?;

    let sid = format!("&sid={id}");
    let get = get(&sid);
    for (request, beginning) in [
        (&post(&sid, wire::CONNECT), "ok"),
        (&get, "40{"),
        (&post(&sid, wire::ECHO), "ok"),
        (&get, wire::ECHO),
    ] {
        let answer = ask(clients, index, request)?;
        let (_, answer) = without_ping(&answer);
        if !answer.starts_with(beginning.as_bytes()) {
            return Err(unexpected("answer", answer));
        }
    }
    let post_with_pong = post(&sid, &format!("{}\x1e{}", wire::PONG, wire::ECHO));
    let post = post(&sid, wire::ECHO);
    Ok(Session { post, post_with_pong, is_pinged: false, get, waits_for: Method::Get })
}

/// Whether there is a ping among the packets of a body, and the one packet that is something else.
fn without_ping(body: &[u8]) -> (bool, &[u8]) {
    let mut packets = body.split(|&byte| byte == 0x1e);
    if !body.contains(&0x1e) && body != wire::PING.as_bytes() {
        return (false, body);
    }
    (true, packets.find(|packet| *packet != wire::PING.as_bytes()).unwrap_or_default())
}

fn get(sid: &str) -> Vec<u8> {
    format!("GET /socket.io/?EIO=4&transport=polling{sid} HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .into_bytes()
}

fn post(sid: &str, packet: &str) -> Vec<u8> {
    format!(
        "POST /socket.io/?EIO=4&transport=polling{sid} HTTP/1.1\r\nHost: localhost\r\n\
         Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {}\r\n\r\n{packet}",
        packet.len()
    )
    .into_bytes()
}

/// Sends a request and waits for the body of its answer.
fn ask(clients: &mut Clients, index: usize, request: &[u8]) -> io::Result<Vec<u8>> {
    clients.all[index].send(request)?;
    let mut body = None;
    while body.is_none() {
        clients.wait(|_, client, buffer| {
            receive(client, buffer, |found| {
                body = Some(found.to_vec());
                Ok(())
            })
        })?;
    }
    body.ok_or_else(|| unexpected("end of a connection", b""))
}

impl Load for Polls {
    fn run(&mut self, until: Until) -> io::Result<u64> {
        let Self { clients, sessions } = self;
        let (mut started, mut done) = (0, 0);
        for (client, session) in clients.all.iter_mut().zip(sessions.iter_mut()) {
            if until.allows(started) {
                session.request(client, Method::Post)?;
                started += 1;
            }
        }
        while done < started {
            let now = Instant::now();
            clients.wait(|index, client, buffer| {
                let session = &mut sessions[index];
                let mut answered = None;
                receive(client, buffer, |body| {
                    let (is_pinged, packet) = without_ping(body);
                    session.is_pinged |= is_pinged;
                    answered = Some(packet.len());
                    let is_it = packet.is_empty() || packet.len() == session.expected().len();
                    if is_it { Ok(()) } else { Err(unexpected("answer", body)) }
                })?;
                match (session.waits_for, answered) {
                    (_, None) => {}
                    // Nothing but a ping: what is waited for is still to come.
                    (Method::Post, _) | (Method::Get, Some(0)) => {
                        session.request(client, Method::Get)?;
                    }
                    (Method::Get, Some(_)) => {
                        done += 1;
                        if until.grant(now, started, 1) == 1 {
                            session.request(client, Method::Post)?;
                            started += 1;
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(done)
    }
}

impl Session {
    fn request(&mut self, client: &mut Client, method: Method) -> io::Result<()> {
        self.waits_for = method;
        let pong = method == Method::Post && std::mem::take(&mut self.is_pinged);
        client.send(match method {
            Method::Get => &self.get,
            Method::Post if pong => &self.post_with_pong,
            Method::Post => &self.post,
        })
    }

    /// What the last request is answered with.
    fn expected(&self) -> &'static str {
        if self.waits_for == Method::Post { "ok" } else { wire::ECHO }
    }
}

/// Reads what came and gives the body of every whole answer to `each`.
fn receive(
    client: &mut Client,
    buffer: &mut [u8],
    mut each: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let open = client.receive(buffer, |bytes| {
        let mut used = 0;
        while let Some((body, size)) = answer(&bytes[used..])? {
            each(body)?;
            used += size;
        }
        Ok(used)
    })?;
    if open { Ok(()) } else { Err(unexpected("end of a connection", b"")) }
}

/// The body of the first answer in `bytes`, and the answer's size, if all of it is there.
fn answer(bytes: &[u8]) -> io::Result<Option<(&[u8], usize)>> {
    const NAME: &str = "content-length:";
    let Some(end) = end_of_head(bytes) else { return Ok(None) };
    let head = &bytes[..end];
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(unexpected("answer", head));
    }
    let length = head
        .split(|&byte| byte == b'\n')
        .filter_map(|line| line.split_at_checked(NAME.len()))
        .find(|(name, _)| name.eq_ignore_ascii_case(NAME.as_bytes()))
        .and_then(|(_, value)| std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok())
        .ok_or_else(|| unexpected("answer without a length", head))?;
    Ok(bytes.get(end..end + length).map(|body| (body, end + length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ping_may_come_alone_before_or_behind() {
        assert_eq!(without_ping(b"42[]"), (false, &b"42[]"[..]));
        assert_eq!(without_ping(b"2"), (true, &b""[..]));
        assert_eq!(without_ping(b"2\x1e42[]"), (true, &b"42[]"[..]));
        assert_eq!(without_ping(b"42[]\x1e2"), (true, &b"42[]"[..]));
    }

    #[test]
    fn an_answer_is_as_long_as_it_says() {
        let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nA: b\r\n\r\nokHTTP";
        assert_eq!(answer(bytes).unwrap(), Some((&b"ok"[..], bytes.len() - 4)));
        assert_eq!(answer(&bytes[..bytes.len() - 5]).unwrap(), None);
        assert_eq!(answer(&bytes[..20]).unwrap(), None);
        assert!(answer(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").is_err());
        assert!(answer(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
