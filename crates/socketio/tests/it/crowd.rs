//! Many sockets at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use socketio::test::Client;
use socketio::{Namespace, Socket, SocketIo};
use tokio::task::unconstrained;

use crate::{connect, settled};

const SOCKETS: usize = 10_000;
const ROOMS: usize = 1_000;

/// Takes in what each client was sent since the last time, and returns how many were sent something: `event`, once.
fn reached(clients: &mut [Client], event: &str) -> usize {
    let mut reached = 0;
    for client in clients {
        // Unconstrained, or tokio has a task that reads so much wait for its next turn.
        let mut now = || unconstrained(client.next()).now_or_never();
        if let Some(received) = now() {
            assert_eq!(received.unwrap().name, event);
            assert!(now().is_none(), "\"{event}\" came twice");
            reached += 1;
        }
    }
    reached
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_sockets_meet_in_a_thousand_rooms() {
    let next = Arc::new(AtomicUsize::new(0));
    let io = SocketIo::new(Namespace::new().on_connect(async move |socket: Socket| {
        socket.join(format!("room {}", next.fetch_add(1, Ordering::Relaxed) % ROOMS));
    }));
    let mut clients = Vec::new();
    for _ in 0..SOCKETS {
        clients.push(connect(&io).await);
    }
    settled().await;
    assert_eq!((io.of("/").len(), io.of("/").room_len("room 7")), (SOCKETS, SOCKETS / ROOMS));

    io.emit("all", ());
    settled().await;
    assert_eq!(reached(&mut clients, "all"), SOCKETS);

    io.to("room 7").to("room 8").except("room 8").emit("seven", ());
    settled().await;
    assert_eq!(reached(&mut clients, "seven"), SOCKETS / ROOMS);

    // Who leaves was in each of the rooms.
    clients.truncate(SOCKETS / 2);
    settled().await;
    assert_eq!((io.of("/").len(), io.of("/").room_len("room 7")), (SOCKETS / 2, 5));
    io.except("room 7").emit("others", ());
    settled().await;
    assert_eq!(reached(&mut clients, "others"), SOCKETS / 2 - 5);

    clients.clear();
    settled().await;
    assert_eq!((io.of("/").len(), io.of("/").room_len("room 7")), (0, 0));
}
