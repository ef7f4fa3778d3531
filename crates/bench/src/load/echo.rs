//! Each client sends, and sends again when it is answered.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use super::{Clients, Echo, Load, Until};
use crate::client::{Client, Visitor, frames, unexpected};
use crate::wire::{self, OP_BINARY, OP_TEXT};

pub(super) struct Echoes {
    clients: Clients,
    window: usize,
    request: Vec<u8>,
    /// As many requests as one client may have in flight.
    requests: Vec<u8>,
    answer: Answer,
}

/// By what an answer is known among all that comes.
#[derive(Clone, Copy)]
struct Answer {
    opcode: u8,
    length: usize,
}

impl Echo {
    fn request(self) -> Vec<u8> {
        let text = |packet: &str| wire::masked(OP_TEXT, packet.as_bytes());
        match self {
            Self::Event => text(wire::ECHO),
            Self::Acknowledged => text(wire::ACK),
            Self::Binary => {
                [text(wire::BINARY), wire::masked(OP_BINARY, &wire::attachment())].concat()
            }
        }
    }

    /// Does it once, and looks at the answer as no one does later.
    fn rehearse(self, visitor: &mut Visitor) -> io::Result<()> {
        visitor.send(&self.request())?;
        let (answer, wanted) = match self {
            Self::Event => (visitor.expect(OP_TEXT, "42")?, wire::ECHO.as_bytes().to_vec()),
            Self::Acknowledged => (visitor.expect(OP_TEXT, "43")?, wire::ACKED.as_bytes().to_vec()),
            Self::Binary => {
                visitor.expect(OP_TEXT, r#"451-["binary","#)?;
                (visitor.expect(OP_BINARY, "")?, wire::attachment())
            }
        };
        if answer == wanted { Ok(()) } else { Err(unexpected("answer", &answer)) }
    }

    fn answer(self) -> Answer {
        match self {
            Self::Event => Answer { opcode: OP_TEXT, length: wire::ECHO.len() },
            Self::Acknowledged => Answer { opcode: OP_TEXT, length: wire::ACKED.len() },
            Self::Binary => Answer { opcode: OP_BINARY, length: wire::ATTACHMENT },
        }
    }
}

impl Echoes {
    pub(super) fn connect(
        address: SocketAddr,
        event: Echo,
        connections: usize,
        window: usize,
    ) -> io::Result<Self> {
        let clients = Clients::new((0..connections).map(|_| {
            let mut visitor = Visitor::connect(address)?;
            event.rehearse(&mut visitor)?;
            visitor.into_client()
        }))?;
        let request = event.request();
        let requests = request.repeat(window);
        Ok(Self { clients, window, request, requests, answer: event.answer() })
    }
}

impl Load for Echoes {
    fn run(&mut self, until: Until) -> io::Result<u64> {
        let Self { clients, window, request, requests, answer } = self;
        let several = |count: u64| &requests[..request.len() * count as usize];
        let (mut started, mut done) = (0, 0);
        for client in &mut clients.all {
            let granted = until.grant(Instant::now(), started, *window as u64);
            client.send(several(granted))?;
            started += granted;
        }
        while done < started {
            let now = Instant::now();
            clients.wait(|_, client, buffer| {
                let answered = receive(client, buffer, *answer)?;
                done += answered;
                let granted = until.grant(now, started, answered);
                if granted > 0 {
                    client.send(several(granted))?;
                    started += granted;
                }
                Ok(())
            })?;
        }
        Ok(done)
    }
}

/// Reads what came and returns how many answers it was.
fn receive(client: &mut Client, buffer: &mut [u8], answer: Answer) -> io::Result<u64> {
    let (mut answers, mut pings) = (0, 0);
    let open = client.receive(buffer, |bytes| {
        frames(bytes, |frame| {
            if (frame.opcode, frame.payload.len()) == (answer.opcode, answer.length) {
                answers += 1;
            } else if frame.payload == wire::PING.as_bytes() {
                pings += 1;
            } else if answer.opcode == OP_TEXT || frame.opcode != OP_TEXT {
                return Err(unexpected("message", frame.payload));
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
    Ok(answers)
}
