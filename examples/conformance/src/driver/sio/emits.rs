//! Commands that reach sockets.

use std::time::Duration;

use serde_json::{Value, json};
use socketio::{AckError, Broadcast, ParentBroadcast, RemoteSocket, Rest, Socket, SocketIo};

use super::Driver;
use super::commands::{Flags, Target};
use super::told::or_empty;
use crate::driver::console::misused;
use crate::driver::values::{Argument, to_json};

/// Whom a command is for.
enum Receiver {
    Socket(Socket),
    Broadcast(Broadcast),
    Family(ParentBroadcast),
}

impl Driver {
    pub(super) fn emit(
        &self,
        target: Target,
        args: Vec<Argument>,
        ack: Option<Value>,
        io: &SocketIo,
    ) {
        let mut args = args.into_iter();
        let Some(Argument(socketio::Value::String(event))) = args.next() else {
            misused("an event has a name")
        };
        let (args, flags) = (rest(args.collect()), target.flags);
        match (self.receiver(target, io), ack) {
            (Receiver::Socket(socket), None) => unicast(&socket, flags).emit(&event, args),
            (Receiver::Broadcast(broadcast), None) => broadcast.emit(&event, args),
            (Receiver::Family(broadcast), None) => broadcast.emit(&event, args),
            (Receiver::Family(_), Some(_)) => misused("no family can be asked"),
            (Receiver::Socket(socket), Some(number)) => {
                let answer = unicast(&socket, flags).emit_with_ack::<Rest>(&event, args);
                let console = self.console.clone();
                tokio::spawn(async move {
                    let (error, args) = match answer.await {
                        Ok(args) => (None, args),
                        // as in Node: nobody hears of it who does not wait for a time
                        Err(AckError::Disconnected) if flags.timeout.is_none() => return,
                        Err(error) => (Some(message(&error)), Rest::default()),
                    };
                    let args: Vec<_> = args.into_values().into_iter().map(to_json).collect();
                    console.say("res", json!({ "n": number, "err": error, "args": args }));
                });
            }
            (Receiver::Broadcast(broadcast), Some(number)) => {
                let mut answers = broadcast.emit_with_ack::<Rest>(&event, args);
                let console = self.console.clone();
                tokio::spawn(async move {
                    let (mut error, mut firsts) = (None, Vec::new());
                    while let Some((_, answer)) = answers.next().await {
                        match answer {
                            Ok(args) => {
                                firsts.push(
                                    args.into_values()
                                        .into_iter()
                                        .next()
                                        .map_or(Value::Null, to_json),
                                );
                            }
                            Err(missing) => error = Some(message(&missing)),
                        }
                    }
                    console.say("res", json!({ "n": number, "err": error, "args": [firsts] }));
                });
            }
        }
    }

    pub(super) fn fetch(&self, target: Target, number: Value, io: &SocketIo) {
        let key = target.nsp.as_deref().unwrap_or_default();
        if self.state().families.contains_key(key) {
            // there is no method for it
            let error = "fetchSockets() is not supported on parent namespaces";
            return self.console.say("res", json!({ "n": number, "err": error, "args": [] }));
        }
        let broadcast = self.broadcast(target, io);
        let console = self.console.clone();
        tokio::spawn(async move {
            let describe = |socket: &RemoteSocket| {
                json!({
                    "id": socket.id().to_string(),
                    "rooms": socket.rooms().map(str::to_owned).collect::<Vec<_>>(),
                    "data": or_empty(socket.data().unwrap_or_default()),
                })
            };
            match broadcast.fetch_sockets().await {
                Ok(sockets) => {
                    let found: Vec<_> = sockets.iter().map(describe).collect();
                    console.say("res", json!({ "n": number, "err": null, "args": [found] }));
                }
                Err(error) => {
                    console
                        .say("res", json!({ "n": number, "err": error.to_string(), "args": [] }));
                }
            }
        });
    }

    fn receiver(&self, target: Target, io: &SocketIo) -> Receiver {
        let family = target.nsp.as_ref().and_then(|key| self.state().families.get(key).cloned());
        if let Some(pattern) = family {
            return Receiver::Family(family_broadcast(target, io.of_pattern(&pattern)));
        }
        match &target.sid {
            Some(sid) if target.rooms.is_none() && target.except.is_none() => {
                Receiver::Socket(self.socket(target.nsp.as_deref(), sid))
            }
            _ => Receiver::Broadcast(self.broadcast(target, io)),
        }
    }

    pub(super) fn broadcast(&self, target: Target, io: &SocketIo) -> Broadcast {
        let nsp = target.nsp.as_deref().unwrap_or("/");
        let from = target.from.or(target.sid);
        let mut broadcast = match from {
            Some(sid) => self.socket(Some(nsp), &sid).broadcast(),
            None => io.of(nsp),
        };
        if let Some(rooms) = target.rooms {
            broadcast = broadcast.to(rooms.list());
        }
        if let Some(rooms) = target.except {
            broadcast = broadcast.except(rooms.list());
        }
        let Flags { volatile, local, compress, timeout } = target.flags;
        if volatile == Some(true) {
            broadcast = broadcast.volatile();
        }
        if local == Some(true) {
            broadcast = broadcast.local();
        }
        if let Some(yes) = compress {
            broadcast = broadcast.compress(yes);
        }
        match timeout {
            Some(milliseconds) => broadcast.timeout(Duration::from_millis(milliseconds)),
            None => broadcast,
        }
    }
}

fn family_broadcast(target: Target, mut broadcast: ParentBroadcast) -> ParentBroadcast {
    if let Some(rooms) = target.rooms {
        broadcast = broadcast.to(rooms.list());
    }
    if let Some(rooms) = target.except {
        broadcast = broadcast.except(rooms.list());
    }
    if target.flags.volatile == Some(true) {
        broadcast = broadcast.volatile();
    }
    if target.flags.local == Some(true) {
        broadcast = broadcast.local();
    }
    broadcast
}

fn unicast(socket: &Socket, flags: Flags) -> socketio::Unicast {
    let mut unicast = socket.compress(flags.compress.unwrap_or(true));
    if flags.volatile == Some(true) {
        unicast = unicast.volatile();
    }
    match flags.timeout {
        Some(milliseconds) => unicast.timeout(Duration::from_millis(milliseconds)),
        None => unicast,
    }
}

pub(super) fn rest(args: Vec<Argument>) -> Rest {
    Rest::from(args.into_iter().map(|Argument(value)| value).collect::<Vec<_>>())
}

/// The words of the JavaScript server.
fn message(error: &AckError) -> String {
    match error {
        AckError::Timeout | AckError::Disconnected => "operation has timed out".to_owned(),
        other => other.to_string(),
    }
}
