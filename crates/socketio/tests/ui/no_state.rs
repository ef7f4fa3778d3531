//! A namespace that still misses its state.

use socketio::{Namespace, SocketIo, State};

fn main() {
    let _ = SocketIo::new(Namespace::<u32>::new().on("count", async |_: State<u32>| {}));
}
