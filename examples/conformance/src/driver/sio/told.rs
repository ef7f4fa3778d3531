//! What is told of sockets.

use std::time::UNIX_EPOCH;

use engineio::{Observed, Observer};
use serde::Deserialize;
use serde_json::{Value, json};
use socketio::{Ack, DisconnectReason, Error, EventName, Handshake, Namespace, Rest, Socket};

use super::{Driver, names};
use crate::driver::requests::{joined, query};
use crate::driver::values::{Argument, to_json};

impl Driver {
    /// Makes a namespace that tells all and answers nothing by itself.
    pub(super) fn namespace(&self, key: &str) -> Namespace {
        let [asking, connecting, hearing, failing, leaving, left] = [(); 6].map(|()| self.clone());
        let key = key.to_owned();
        Namespace::new()
            .middleware(async move |socket: Socket| asking.clone().admit(&key, socket).await)
            .on_connect(async move |socket: Socket| connecting.connected(socket))
            .fallback(async move |socket: Socket, name: EventName, ack: Ack, args: Rest| {
                hearing.heard(&socket, &name, ack, args);
            })
            .on_error(async move |socket: Socket, name: EventName, error: Error| {
                failing.failed(&socket, &name, &error);
            })
            .on_disconnecting(async move |socket: Socket, reason: DisconnectReason| {
                leaving.gone("disconnecting", &socket, reason);
            })
            .on_disconnect(async move |socket: Socket, reason: DisconnectReason| {
                left.gone("disconnect", &socket, reason);
                left.state().sockets.remove(&names(&socket));
            })
    }

    async fn admit(self, key: &str, socket: Socket) -> Result<(), Error> {
        let middlewares = self.state().middlewares.get(key).copied().unwrap_or_default();
        for _ in 0..middlewares {
            let fields = json!({
                "nsp": socket.namespace(),
                "sid": socket.id().to_string(),
                "handshake": handshake(socket.handshake()),
            });
            let answer = self.console.ask("mw", fields).await;
            if let Some(refusal) = answer.first().filter(|refusal| !refusal.is_null()) {
                let message = refusal["message"].as_str().or(refusal.as_str()).unwrap_or_default();
                let error = Error::new(message);
                let data = refusal.get("data").map(Argument::deserialize);
                return Err(match data {
                    Some(Ok(Argument(data))) => error.data(data),
                    Some(Err(_)) | None => error,
                });
            }
        }
        Ok(())
    }

    fn connected(&self, socket: Socket) {
        let rooms: Vec<_> = socket.rooms().iter().map(ToString::to_string).collect();
        self.console.say(
            "connection",
            json!({
                "nsp": socket.namespace(),
                "sid": socket.id().to_string(),
                "handshake": handshake(socket.handshake()),
                "rooms": rooms,
                "data": data(&socket),
                "recovered": false,
            }),
        );
        self.state().sockets.insert(names(&socket), socket);
    }

    fn heard(&self, socket: &Socket, name: &str, ack: Ack, args: Rest) {
        let mut values = vec![Value::from(name)];
        values.extend(args.into_values().into_iter().map(to_json));
        let (nsp, sid) = names(socket);
        let mut line = json!({ "nsp": nsp, "sid": sid, "args": values });
        if ack.is_wanted() {
            let mut state = self.state();
            state.acknowledgements.push(Some(ack));
            line["n"] = state.acknowledgements.len().into();
        }
        self.console.say("event", line);
    }

    /// Tells of what is no packet: no handler of this driver fails.
    fn failed(&self, socket: &Socket, name: &str, error: &Error) {
        if name.is_empty() {
            let (nsp, sid) = names(socket);
            let line = json!({ "nsp": nsp, "sid": sid, "message": error.to_string() });
            self.console.say("error", line);
        }
    }

    fn gone(&self, event: &str, socket: &Socket, reason: DisconnectReason) {
        let (nsp, sid) = names(socket);
        self.console.say(event, json!({ "nsp": nsp, "sid": sid, "reason": reason.to_string() }));
    }
}

impl Observer for Driver {
    fn upgraded(&self, session: Observed<'_>) {
        let state = self.state();
        for ((nsp, sid), socket) in &state.sockets {
            // the request that opened the session is one and the same
            if std::ptr::eq(socket.handshake().uri(), session.request.uri()) {
                self.console.say("upgrade", json!({ "nsp": nsp, "sid": sid }));
            }
        }
    }
}

pub(super) fn data(socket: &Socket) -> Value {
    socket.data::<Value>().map_or_else(|_| json!({}), or_empty)
}

/// `{}` before any was set.
pub(super) fn or_empty(data: Value) -> Value {
    if data.is_null() { json!({}) } else { data }
}

/// The fields of the JavaScript server.
fn handshake(handshake: &Handshake) -> Value {
    let issued = handshake.time().duration_since(UNIX_EPOCH).unwrap_or_default();
    let issued = u64::try_from(issued.as_millis()).unwrap_or_default();
    json!({
        "headers": joined(handshake.headers()),
        "time": issued,
        "address": handshake.remote_addr().map(|address| address.ip().to_string()),
        "xdomain": handshake.is_cross_domain(),
        "secure": handshake.is_secure(),
        "issued": issued,
        "url": handshake.uri().to_string(),
        "query": query(handshake.uri()),
        "auth": handshake.auth::<Value>().unwrap_or_else(|_| json!({})),
    })
}
