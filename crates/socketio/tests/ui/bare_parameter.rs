//! A parameter that is no extractor: `Data<i64>` is meant.

use socketio::Namespace;

fn main() {
    let _ = Namespace::<()>::new().on("add", async |a: i64| println!("{a}"));
}
