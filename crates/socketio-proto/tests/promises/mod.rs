//! What [`Decoder`] promises of any messages. The fuzz target `socketio` checks it, too.

use engineio_proto::Message;
use socketio_proto::{Body, Decoder, Event, Rest, is_reserved};

/// The attachments that a packet may announce.
const MAX_ATTACHMENTS: usize = 3;

/// Reads the messages of one connection, and panics where a promise is broken.
pub(crate) fn check_messages(messages: impl IntoIterator<Item = Message>) {
    let mut decoder = Decoder::new(MAX_ATTACHMENTS);
    // Messages of a packet that is not complete, and their bytes.
    let (mut count, mut held) = (0, 0);
    for message in messages {
        let size = message.len();
        match decoder.add(message) {
            Ok(None) if decoder.is_waiting() => (count, held) = (count + 1, held + size),
            outcome => {
                assert!(!decoder.is_waiting(), "it waits, and gave {outcome:?}");
                if let Ok(Some(packet)) = outcome {
                    check_body(packet.body, held + size);
                }
                (count, held) = (0, 0);
            }
        }
        assert!(count <= MAX_ATTACHMENTS, "{count} messages are held");
        assert_eq!(decoder.pending_bytes(), held);
    }
}

/// Checks what came of messages of `size` bytes.
fn check_body(body: Body, size: usize) {
    let (id, mut arguments) = match body {
        Body::Event(event) => {
            let Event { name, id, arguments } = *event;
            assert!(!is_reserved(name.as_str()), "an event `{name}`");
            assert_eq!(arguments.size(), size);
            (id, arguments)
        }
        Body::Ack { id, arguments } => (Some(id), arguments),
        Body::Connect(_) | Body::ConnectError(_) | Body::Disconnect => return,
    };
    assert!(id.is_none_or(|id| id < 1 << 53), "the id {id:?}");
    let count = arguments.len();
    // What is passed on unread is what it would be if it were read.
    let passed_on = Rest::take(&mut arguments.clone());
    match arguments.rest() {
        Ok(rest) => {
            assert_eq!(rest.len(), count);
            assert_eq!(passed_on.unwrap(), rest.into());
        }
        Err(error) => assert_eq!(passed_on.unwrap_err().to_string(), error.to_string()),
    }
}
