//! An error that is not the library's: it becomes one by `?`.

use socketio::Namespace;

async fn read() -> Result<(), std::io::Error> {
    std::fs::read("file").map(drop)
}

fn main() {
    let _ = Namespace::<()>::new().on("read", read);
}
