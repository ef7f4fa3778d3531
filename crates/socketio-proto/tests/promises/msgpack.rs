//! What the reader of MessagePack promises of any bytes. The fuzz target `msgpack` checks it, too.

use bytes::Bytes;
use engineio_proto::Message;
use socketio_proto::{Body, Codec, MessagePack, Packet, Rest, Value, is_reserved};

/// Reads a message of a client, and panics where a promise is broken.
pub(crate) fn check_message(message: Bytes) {
    let length = message.len();
    let Some(packet) = read(message) else { return };
    let namespace = packet.namespace.to_string();
    let codec = Codec::new(MessagePack);
    match packet.body {
        Body::Event(event) => {
            let (id, name, mut arguments) = (event.id, event.name.to_string(), event.arguments);
            assert!(!is_reserved(&name), "an event `{name}`");
            assert!(id.is_none_or(|id| id < 1 << 53), "the id {id:?}");
            assert!(arguments.size() <= size_of::<Value>() * length, "{arguments:?} of {length}");
            let values = Rest::take(&mut arguments).expect("values are read");
            let again = codec.event(&namespace, id, &name, &values).expect("values are written");
            let Body::Event(again) = reread(again.messages()) else { panic!("it is an event") };
            assert_eq!((again.id, again.name.as_str()), (id, &*name));
            assert_eq!(Rest::take(&mut again.arguments.clone()).expect("values are read"), values);
        }
        Body::Ack { id, mut arguments } => {
            assert!(id < 1 << 53, "the id {id:?}");
            let values = Rest::take(&mut arguments).expect("values are read");
            let again = codec.ack(&namespace, id, &values).expect("values are written");
            let Body::Ack { id: same, mut arguments } = reread(again.messages()) else {
                panic!("it is an acknowledgement")
            };
            assert_eq!(same, id);
            assert_eq!(Rest::take(&mut arguments).expect("values are read"), values);
        }
        Body::Connect(Some(json)) | Body::ConnectError(json) => {
            serde_json::from_slice::<serde_json::Value>(json.as_bytes()).expect("it is JSON");
        }
        Body::Connect(None) | Body::Disconnect => {}
    }
}

/// Reads a message, if it is a packet.
fn read(message: Bytes) -> Option<Packet> {
    Codec::new(MessagePack).decoder(0).add(Message::Binary(message)).ok().flatten()
}

/// Reads what was just written.
fn reread(mut messages: impl Iterator<Item = Message>) -> Body {
    match (messages.next(), messages.next()) {
        (Some(Message::Binary(message)), None) => read(message).expect("it is a packet").body,
        other => panic!("a packet is one binary message, and not {other:?}"),
    }
}
