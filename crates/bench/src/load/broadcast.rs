//! One member of a room sends to all of them, itself included, and sends again when all have received all of it.
//!
//! Several in flight are sent at once: so it does not depend on the speed of the two sides how many the server finds
//! together, and counts of instructions repeat.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::{Clients, Load, Until};
use crate::client::{Client, Visitor, frames, unexpected};
use crate::wire::{self, Frame, OP_TEXT};

/// The bytes of a heartbeat: Node compresses it where it compresses anything.
const LONGEST_PING: usize = 8;

/// What is sent to all.
pub(super) struct News {
    /// The request, and the delivery.
    texts: fn() -> [String; 2],
    connect: fn(SocketAddr) -> io::Result<Visitor>,
    is_delivery: fn(&Frame<'_>) -> bool,
}

impl News {
    pub(super) const SHORT: Self = Self {
        texts: || [wire::BROADCAST.to_owned(), wire::DELIVERY.to_owned()],
        connect: Visitor::connect,
        is_delivery: |frame| frame.payload.len() == wire::DELIVERY.len(),
    };
    /// Nobody decompresses it but the one who rehearses: what it becomes is up to the server.
    pub(super) const LONG: Self = Self {
        texts: wire::long_broadcast,
        connect: Visitor::connect_compressing,
        is_delivery: |frame| frame.compressed && frame.payload.len() > LONGEST_PING,
    };
}

pub(super) struct Broadcasts {
    clients: Clients,
    is_delivery: fn(&Frame<'_>) -> bool,
    window: u64,
    request: Vec<u8>,
    /// As many requests as may be in flight.
    requests: Vec<u8>,
}

impl Broadcasts {
    pub(super) fn connect(
        address: SocketAddr,
        members: usize,
        window: usize,
        news: News,
    ) -> io::Result<Self> {
        let [request, delivery] = (news.texts)();
        let request = wire::masked(OP_TEXT, request.as_bytes());
        let clients = Clients::new((0..members).map(|member| {
            let mut visitor = (news.connect)(address)?;
            visitor.join()?;
            if member == 0 {
                rehearse(&mut visitor, &request, &delivery)?;
            }
            visitor.into_client()
        }))?;
        let requests = request.repeat(window);
        Ok(Self {
            clients,
            is_delivery: news.is_delivery,
            window: window as u64,
            request,
            requests,
        })
    }
}

/// Broadcasts to the one member there is, and looks at what it receives as no one does later.
fn rehearse(visitor: &mut Visitor, request: &[u8], wanted: &str) -> io::Result<()> {
    visitor.send(request)?;
    let delivery = visitor.expect(OP_TEXT, "42")?;
    if delivery == wanted.as_bytes() { Ok(()) } else { Err(unexpected("delivery", &delivery)) }
}

impl Load for Broadcasts {
    fn run(&mut self, until: Until) -> io::Result<u64> {
        let members = self.clients.all.len() as u64;
        // An operation is a delivery; as many broadcasts are asked for as make up that many.
        let until = match until {
            Until::Operations(deliveries) => Until::Operations(deliveries.div_ceil(members)),
            time @ Until::Time(_) => time,
        };
        let (mut started, mut delivered) = (0, 0);
        loop {
            if delivered == started * members {
                let granted = until.grant(Instant::now(), started, self.window);
                if granted == 0 {
                    return Ok(delivered);
                }
                let requests = &self.requests[..self.request.len() * granted as usize];
                self.clients.all[0].send(requests)?;
                started += granted;
            }
            let is_delivery = self.is_delivery;
            self.clients.wait(|_, client, buffer| {
                delivered += receive(client, buffer, is_delivery)?;
                Ok(())
            })?;
        }
    }
}

/// Reads what came and returns how many deliveries it was.
fn receive(
    client: &mut Client,
    buffer: &mut [u8],
    is_delivery: impl Fn(&Frame<'_>) -> bool,
) -> io::Result<u64> {
    let (mut deliveries, mut pings) = (0, 0);
    let open = client.receive(buffer, |bytes| {
        frames(bytes, |frame| {
            match frame.payload.len() {
                _ if is_delivery(&frame) => deliveries += 1,
                1..=LONGEST_PING => pings += 1,
                _ => return Err(unexpected("message", frame.payload)),
            }
            Ok(())
        })
    })?;
    if !open {
        return Err(unexpected("end of a connection", b""));
    }
    for _ in 0..pings {
        client.send(&wire::masked(OP_TEXT, wire::PONG.as_bytes()))?;
    }
    Ok(deliveries)
}
