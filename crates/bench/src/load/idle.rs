//! Clients that are connected and do nothing.

use std::io;
use std::net::SocketAddr;

use super::{Load, Until};
use crate::client::Visitor;

pub(crate) struct Crowd(Vec<Visitor>);

impl Crowd {
    pub(crate) fn connect(address: SocketAddr, connections: usize) -> io::Result<Self> {
        (0..connections).map(|_| Visitor::connect(address)).collect::<io::Result<_>>().map(Self)
    }

    pub(crate) fn grow(&mut self, address: SocketAddr, connections: usize) -> io::Result<()> {
        let Self(more) = Self::connect(address, connections)?;
        self.0.extend(more);
        Ok(())
    }
}

impl Load for Crowd {
    fn run(&mut self, _: Until) -> io::Result<u64> {
        Ok(0)
    }
}
