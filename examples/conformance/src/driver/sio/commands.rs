//! What `driver-sio` is told.

use serde::Deserialize;
use serde_json::Value;

use crate::driver::values::Argument;

/// A command. One that is not here is an error.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
pub(crate) enum Command {
    Of(Of),
    Use {
        nsp: String,
    },
    Emit {
        #[serde(flatten)]
        target: Target,
        args: Vec<Argument>,
        #[serde(rename = "ackN")]
        ack: Option<Value>,
    },
    Ack {
        n: usize,
        #[serde(default)]
        args: Vec<Argument>,
    },
    Join {
        nsp: Option<String>,
        sid: String,
        arg: Option<Rooms>,
        data: Option<Value>,
    },
    Leave {
        nsp: Option<String>,
        sid: String,
        arg: Rooms,
    },
    Disconnect {
        nsp: Option<String>,
        sid: String,
        close: Option<bool>,
    },
    Fetch {
        #[serde(flatten)]
        target: Target,
        #[serde(rename = "reqN")]
        request: Value,
    },
    SocketsJoin {
        #[serde(flatten)]
        target: Target,
        arg: Rooms,
    },
    SocketsLeave {
        #[serde(flatten)]
        target: Target,
        arg: Rooms,
    },
    DisconnectSockets {
        #[serde(flatten)]
        target: Target,
        close: Option<bool>,
    },
    Answer {
        n: u64,
        #[serde(default)]
        a: Vec<Value>,
    },
    Close,
}

/// A namespace by its name, or those that match.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Of {
    pub(crate) nsp: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) regex: Option<String>,
    pub(crate) r#dyn: Option<bool>,
}

/// Whom it is for.
#[derive(Debug, Deserialize)]
pub(crate) struct Target {
    pub(crate) nsp: Option<String>,
    pub(crate) sid: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) rooms: Option<Rooms>,
    pub(crate) except: Option<Rooms>,
    #[serde(default)]
    pub(crate) flags: Flags,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Flags {
    pub(crate) volatile: Option<bool>,
    pub(crate) local: Option<bool>,
    pub(crate) compress: Option<bool>,
    /// In milliseconds.
    pub(crate) timeout: Option<u64>,
}

/// One room, or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Rooms {
    One(String),
    Several(Vec<String>),
}

impl Rooms {
    pub(crate) fn list(self) -> Vec<String> {
        match self {
            Self::One(room) => vec![room],
            Self::Several(rooms) => rooms,
        }
    }
}
