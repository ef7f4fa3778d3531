//! A state of another type than the handlers ask for.

use socketio::{Namespace, State};

async fn count(State(_): State<u32>) {}

fn main() {
    let _ = Namespace::new().on("count", count).with_state("text");
}
