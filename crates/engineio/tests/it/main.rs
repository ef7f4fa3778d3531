//! The server as its clients see it: over loopback ports, and in process on a paused clock.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod client;
#[cfg(feature = "deflate")]
mod compression;
#[cfg(feature = "deflate")]
mod deflate;
mod hooks;
mod limits;
mod mounting;
mod observer;
mod origin;
mod pipe;
mod polling;
mod refusals;
mod server;
mod upgrade;
mod v3;
mod violations;
mod websocket;

use std::future::Future;
use std::time::Duration;

/// Waits for what must happen soon. A test that hangs says where.
#[track_caller]
fn soon<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let caller = std::panic::Location::caller();
    async move {
        match tokio::time::timeout(Duration::from_secs(20), future).await {
            Ok(value) => value,
            Err(_) => panic!("nothing happened at {caller}"),
        }
    }
}

/// Waits for a condition that nobody announces.
#[track_caller]
fn until(condition: impl Fn() -> bool) -> impl Future<Output = ()> {
    soon(async move {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
}
