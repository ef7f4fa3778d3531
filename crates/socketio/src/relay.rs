//! What servers pass on to each other: events, written anew for each, and arguments as values.

use std::fmt;

use socketio_proto::{Args, Body, Codec, Decoder, Encoded, Packet, Rest, Value, encoder};

/// Why something cannot be passed on.
#[derive(Debug)]
pub(crate) struct Unfit(String);

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unfit {}

fn unfit(why: impl fmt::Display) -> Unfit {
    Unfit(why.to_string())
}

/// Writes an event anew by a codec, one of another server or of this one, that asks for an acknowledgement if it has an `ack`.
///
/// # Errors
/// The packet is no event of this namespace, or not whole.
pub(crate) fn event(
    packet: &Encoded,
    namespace: &str,
    ack: Option<u64>,
    codec: &Codec,
) -> Result<Encoded, Unfit> {
    let attachments = packet.messages().count() - 1; // behind the text
    let Packet { namespace: named, body } = decode(packet, attachments)?;
    let Body::Event(mut event) = body else { return Err(unfit("the packet is no event")) };
    if named != *namespace {
        return Err(unfit("the packet is of another namespace"));
    }
    let arguments = Rest::take(&mut event.arguments).map_err(unfit)?;
    codec.event(namespace, ack, event.name.as_str(), &arguments).map_err(unfit)
}

/// Returns arguments as values.
///
/// # Errors
/// An argument cannot be written.
pub(crate) fn values(args: &impl Args) -> Result<Vec<Value>, Unfit> {
    let packet = encoder::ack("/", 0, args).map_err(unfit)?;
    match decode(&packet, usize::MAX)?.body {
        Body::Ack { mut arguments, .. } => arguments.rest().map_err(unfit),
        _ => Err(unfit("no arguments")),
    }
}

fn decode(packet: &Encoded, attachments: usize) -> Result<Packet, Unfit> {
    let mut decoder = Decoder::new(attachments);
    let mut whole = None;
    for message in packet.messages() {
        if whole.is_some() {
            return Err(unfit("the packet has attachments that it does not announce"));
        }
        whole = decoder.add(message).map_err(unfit)?;
    }
    whole.ok_or_else(|| unfit("the packet has too few attachments"))
}
