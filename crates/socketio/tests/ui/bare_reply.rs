//! A result that is no reply: `Data(…)` is meant.

use socketio::{Data, Namespace};

async fn double(Data(n): Data<i64>) -> i64 {
    2 * n
}

fn main() {
    let _ = Namespace::<()>::new().on("double", double);
}
