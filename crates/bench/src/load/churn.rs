//! Clients that come, join and go.

use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use mio::Token;

use super::{Clients, Load, Until};
use crate::client::{Client, UPGRADE, connect, end_of_head, frames, is_upgraded, unexpected};
use crate::wire::{self, OP_CLOSE, OP_TEXT};

pub(super) struct Churn {
    address: SocketAddr,
    at_once: usize,
    connect: Vec<u8>,
    join: Vec<u8>,
    leave: Vec<u8>,
    pong: Vec<u8>,
}

/// What a client waits for.
#[derive(Clone, Copy, PartialEq)]
enum Step {
    Upgrade,
    Open,
    Connected,
    Joined,
    Closed,
    /// For nothing more.
    Gone,
}

impl Churn {
    pub(super) fn new(address: SocketAddr, at_once: usize) -> io::Result<Self> {
        let text = |packet: &str| wire::masked(OP_TEXT, packet.as_bytes());
        let close = wire::masked(OP_CLOSE, &1000_u16.to_be_bytes());
        Ok(Self {
            address,
            at_once,
            connect: text(wire::CONNECT),
            join: text(wire::JOIN),
            leave: [text(wire::DISCONNECT), close].concat(),
            pong: text(wire::PONG),
        })
    }

    fn arrive(&self) -> io::Result<Client> {
        let mut client = Client::new(connect(self.address)?)?;
        client.send(UPGRADE.as_bytes())?;
        Ok(client)
    }

    /// Reads, and answers until the client has to wait again.
    fn go_on(&self, step: &mut Step, client: &mut Client, buffer: &mut [u8]) -> io::Result<()> {
        let (mut answer, mut is_pinged): (&[u8], _) = (&[], false);
        let open = client.receive(buffer, |bytes| {
            let mut used = 0;
            if *step == Step::Upgrade {
                let Some(end) = end_of_head(bytes) else { return Ok(0) };
                if !is_upgraded(bytes) {
                    return Err(unexpected("answer to an upgrade", bytes));
                }
                used = end;
                *step = Step::Open;
            }
            let frames = frames(&bytes[used..], |frame| {
                let begins = |beginning: &str| frame.payload.starts_with(beginning.as_bytes());
                if begins(wire::PING) {
                    is_pinged = true;
                    return Ok(());
                }
                (*step, answer) = match *step {
                    Step::Open if begins("0{") => (Step::Connected, &self.connect[..]),
                    Step::Connected if begins("40{") => (Step::Joined, &self.join[..]),
                    Step::Joined if begins(wire::JOINED) => (Step::Closed, &self.leave[..]),
                    Step::Closed if frame.opcode == OP_CLOSE => (Step::Gone, &[][..]),
                    Step::Closed => (Step::Closed, &[][..]), // its last words
                    _ => return Err(unexpected("message", frame.payload)),
                };
                Ok(())
            })?;
            Ok(used + frames)
        });
        if is_pinged && matches!(open, Ok(true)) {
            client.send(&self.pong)?;
        }
        match open {
            Ok(true) if answer.is_empty() => Ok(()),
            Ok(true) => client.send(answer),
            _ if *step == Step::Closed || *step == Step::Gone => {
                *step = Step::Gone;
                Ok(())
            }
            Ok(false) => Err(unexpected("end of a connection", b"")),
            Err(error) => Err(error),
        }
    }
}

impl Load for Churn {
    fn run(&mut self, until: Until) -> io::Result<u64> {
        let (mut started, mut done) = (0, 0);
        let mut first = Vec::new();
        while first.len() < self.at_once && until.allows(started) {
            first.push(self.arrive());
            started += 1;
        }
        let mut steps = vec![Step::Upgrade; first.len()];
        let mut clients = Clients::new(first)?;
        let registry = clients.poll.registry().try_clone()?;
        while done < started {
            let now = Instant::now();
            clients.wait(|index, client, buffer| {
                let step = &mut steps[index];
                if *step == Step::Gone {
                    return Ok(()); // it has no successor
                }
                self.go_on(step, client, buffer)?;
                if *step == Step::Gone {
                    done += 1;
                    if until.grant(now, started, 1) == 1 {
                        *client = self.arrive()?;
                        client.register(&registry, Token(index))?;
                        *step = Step::Upgrade;
                        started += 1;
                    }
                }
                Ok(())
            })?;
        }
        Ok(done)
    }
}
