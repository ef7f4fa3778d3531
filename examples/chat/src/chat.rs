//! What the server does when somebody joins, writes, types or leaves.

use serde::Deserialize;
use socketio::{Data, Error, Extension, Namespace, Socket, SocketIo, State};

use crate::rooms::{Draft, Entered, Receipt, Rooms};

/// The name that somebody goes by.
#[derive(Clone)]
struct User(String);

#[derive(Deserialize)]
struct Auth {
    #[serde(default)]
    name: String,
}

/// Builds the chat's namespace.
pub(crate) fn chat() -> Namespace {
    Namespace::new()
        .middleware(admit)
        .on_connect(async |State(rooms): State<Rooms>, socket: Socket| {
            socket.emit("rooms", &rooms.list());
        })
        .on("join", join)
        .on("message", message)
        .on("typing", typing)
        .on_disconnect(leave)
        .with_state(Rooms::default())
}

async fn admit(socket: Socket, Data(auth): Data<Auth>) -> Result<(), Error> {
    let name =
        short(&auth.name).ok_or_else(|| Error::new("a name of 1 to 32 characters, please"))?;
    socket.insert(User(name.to_owned()));
    Ok(())
}

async fn join(
    State(rooms): State<Rooms>,
    Extension(User(name)): Extension<User>,
    socket: Socket,
    io: SocketIo,
    Data(room): Data<String>,
) -> Result<Data<Entered>, Error> {
    let room =
        short(&room).ok_or_else(|| Error::new("a room name of 1 to 32 characters, please"))?;
    if let Some(left) = rooms.leave(socket.id()) {
        socket.leave(&left.room);
        socket.to(&left.room).emit("left", &left);
    }
    let (joined, entered) = rooms.enter(socket.id(), &name, room);
    socket.join(room);
    socket.to(room).emit("joined", &joined);
    io.emit("rooms", &rooms.list());
    Ok(Data(entered))
}

async fn message(
    State(rooms): State<Rooms>,
    Extension(User(name)): Extension<User>,
    socket: Socket,
    io: SocketIo,
    Data(draft): Data<Draft>,
) -> Result<Data<Receipt>, Error> {
    let (receipt, new) = rooms
        .store(socket.id(), name, draft)
        .ok_or_else(|| Error::new("you are not in that room"))?;
    if let Some(message) = new {
        socket.to(&message.room).emit("message", &message);
        io.emit("rooms", &rooms.list());
    }
    Ok(Data(receipt))
}

async fn typing(Extension(User(name)): Extension<User>, socket: Socket, Data(room): Data<String>) {
    if socket.rooms().iter().any(|joined| **joined == *room) {
        socket.to(&room).volatile().emit("typing", &Typing { room: &room, name: &name });
    }
}

#[derive(serde::Serialize)]
struct Typing<'a> {
    room: &'a str,
    name: &'a str,
}

async fn leave(State(rooms): State<Rooms>, socket: Socket, io: SocketIo) {
    if let Some(left) = rooms.leave(socket.id()) {
        io.to(&left.room).emit("left", &left);
        io.emit("rooms", &rooms.list());
    }
}

fn short(name: &str) -> Option<&str> {
    let name = name.trim();
    (1..=32).contains(&name.chars().count()).then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_message_reaches_the_room_and_is_acknowledged() {
        let io = SocketIo::new(chat());
        let connect =
            async |name: &str| io.test_client().auth(json!({ "name": name })).connect("/").await;
        let (ana, mut ben) = (connect("Ana").await.unwrap(), connect("Ben").await.unwrap());
        let entered: Value = ben.emit_with_ack("join", "tea").await;
        assert_eq!(entered, json!({ "members": ["Ben"], "history": [] }));
        let entered: Value = ana.emit_with_ack("join", "tea").await;
        assert_eq!(entered["members"], json!(["Ana", "Ben"]));

        let draft = json!({ "room": "tea", "text": "hello", "key": "k1" });
        let receipt: Value = ana.emit_with_ack("message", &draft).await;
        let again: Value = ana.emit_with_ack("message", &draft).await;
        assert_eq!(receipt, again, "a message that is sent twice is stored once");
        loop {
            let (event, [body]): (String, [Value; 1]) = ben.recv().await;
            if event == "message" {
                assert_eq!((&body["from"], &body["text"]), (&json!("Ana"), &json!("hello")));
                break;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_no_name_is_refused() {
        let io = SocketIo::new(chat());
        let refused =
            io.test_client().auth(json!({ "name": "  " })).connect("/").await.unwrap_err();
        assert_eq!(refused.message, "a name of 1 to 32 characters, please");
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_writes_to_a_room_from_outside() {
        let io = SocketIo::new(chat());
        let eve = io.test_client().auth(json!({ "name": "Eve" })).connect("/").await.unwrap();
        let refused: Value =
            eve.emit_with_ack("message", &json!({ "room": "tea", "text": "x" })).await;
        assert_eq!(refused, json!({ "error": { "message": "you are not in that room" } }));
    }
}
