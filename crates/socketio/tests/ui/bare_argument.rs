//! An argument that is no list of arguments: a reference is meant, or a tuple.

fn emit(socket: socketio::Socket) {
    socket.emit("count", 1);
}

fn main() {}
