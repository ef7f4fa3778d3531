//! A handler that holds what cannot go to another thread while it waits.

use socketio::Namespace;

async fn wait() {
    let shared = std::rc::Rc::new(1);
    std::future::ready(()).await;
    println!("{shared}");
}

fn main() {
    let _ = Namespace::<()>::new().on("wait", wait);
}
