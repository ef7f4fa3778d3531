//! The floor: what no server on tokio can do for less.
//!
//! It finds frames, knows requests by their first eight bytes and answers fixed ones: it parses nothing, checks nothing and
//! sends no heartbeats. All answers to one read leave in one write. A broadcast is pushed to the queue of each member;
//! who broadcasts writes all these queues when its own work is done.

use std::io;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::room::Room;

mod connection;
mod handshake;
mod answers;
mod room;
mod outbox;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let room = Arc::new(Room::default());
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(welcome(stream, Arc::clone(&room)));
    }
}

/// Upgrades, then goes on in a task of its own: a task stays as large as it ever was.
async fn welcome(mut stream: tokio::net::TcpStream, room: Arc<Room>) {
    if handshake::upgrade(&mut stream).await.is_ok() {
        tokio::spawn(connection::Connection::new(stream, room));
    }
}
