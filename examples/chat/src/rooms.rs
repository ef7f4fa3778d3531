//! Who is where, and what was said: in memory, gone with the process.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use socketio::SocketId;

/// Messages that a room remembers.
const HISTORY: usize = 50;
/// Pictures that a room hands out: a packet may have ten attachments, say the clients.
const PICTURES: usize = 10;
/// Keys that a room remembers, by which a message that is sent again is known.
const KEYS: usize = 1_000;
/// Rooms that exist without anybody in them.
const STANDING: [&str; 3] = ["general", "random", "design"];

/// All rooms. Clones share them.
#[derive(Clone)]
pub(crate) struct Rooms(Arc<Mutex<State>>);

struct State {
    rooms: BTreeMap<String, Room>,
    /// The room that each socket is in.
    places: HashMap<SocketId, String>,
    next_id: u64,
}

#[derive(Default)]
struct Room {
    members: HashMap<SocketId, String>,
    history: VecDeque<Message>,
    /// Messages ever written.
    messages: u64,
    receipts: HashMap<String, Receipt>,
    keys: VecDeque<String>,
}

/// A message on its way in.
#[derive(Deserialize)]
pub(crate) struct Draft {
    room: String,
    text: String,
    /// The sender's own id of the message, the same when it is sent again.
    key: Option<String>,
    image: Option<Bytes>,
    kind: Option<String>,
}

/// A message on its way out.
#[derive(Clone, Serialize)]
pub(crate) struct Message {
    pub(crate) room: String,
    id: u64,
    from: String,
    text: String,
    /// Milliseconds since 1970.
    at: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Bytes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
}

/// What the sender of a message is told.
#[derive(Clone, Copy, Serialize)]
pub(crate) struct Receipt {
    id: u64,
    at: u64,
}

/// What who enters a room is told.
#[derive(Serialize)]
pub(crate) struct Entered {
    members: BTreeSet<String>,
    history: Vec<Message>,
}

/// What a room is told of who joined or left.
#[derive(Serialize)]
pub(crate) struct Change {
    pub(crate) room: String,
    name: String,
    members: BTreeSet<String>,
}

/// What everybody is told of a room.
#[derive(Serialize)]
pub(crate) struct Listed {
    name: String,
    members: usize,
    messages: u64,
}

impl Default for Rooms {
    fn default() -> Self {
        let rooms = STANDING.map(|name| (name.to_owned(), Room::default())).into();
        Self(Arc::new(Mutex::new(State { rooms, places: HashMap::new(), next_id: 1 })))
    }
}

impl Rooms {
    pub(crate) fn list(&self) -> Vec<Listed> {
        let list = |(name, room): (&String, &Room)| Listed {
            name: name.clone(),
            members: room.names().len(),
            messages: room.messages,
        };
        self.lock().rooms.iter().map(list).collect()
    }

    pub(crate) fn enter(&self, id: SocketId, name: &str, room: &str) -> (Change, Entered) {
        let mut state = self.lock();
        state.places.insert(id, room.to_owned());
        let place = state.rooms.entry(room.to_owned()).or_default();
        place.members.insert(id, name.to_owned());
        let (members, history) = (place.names(), place.recent());
        let change =
            Change { room: room.to_owned(), name: name.to_owned(), members: members.clone() };
        (change, Entered { members, history })
    }

    pub(crate) fn leave(&self, id: SocketId) -> Option<Change> {
        let mut state = self.lock();
        let room = state.places.remove(&id)?;
        let place = state.rooms.get_mut(&room)?;
        let name = place.members.remove(&id)?;
        let members = place.names();
        if members.is_empty() && place.messages == 0 && !STANDING.contains(&&*room) {
            state.rooms.remove(&room);
        }
        Some(Change { room, name, members })
    }

    /// Stores a message of somebody in the room; a message that is stored already is not new.
    pub(crate) fn store(
        &self,
        id: SocketId,
        from: String,
        draft: Draft,
    ) -> Option<(Receipt, Option<Message>)> {
        let mut state = self.lock();
        let Draft { room, text, key, image, kind } = draft;
        let State { rooms, next_id, .. } = &mut *state;
        let place = rooms.get_mut(&room).filter(|place| place.members.contains_key(&id))?;
        if let Some(receipt) = key.as_ref().and_then(|key| place.receipts.get(key)) {
            return Some((*receipt, None));
        }
        let receipt = Receipt { id: *next_id, at: now() };
        *next_id += 1;
        let message = Message { id: receipt.id, room, from, text, at: receipt.at, image, kind };
        place.remember(message.clone(), key, receipt);
        Some((receipt, Some(message)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Room {
    fn names(&self) -> BTreeSet<String> {
        self.members.values().cloned().collect()
    }

    /// Returns what the room remembers, with the newest pictures.
    fn recent(&self) -> Vec<Message> {
        let mut pictures = 0;
        let mut history: Vec<Message> = self.history.iter().rev().cloned().collect();
        for message in &mut history {
            pictures += usize::from(message.image.is_some());
            if pictures > PICTURES {
                message.image = None;
            }
        }
        history.reverse();
        history
    }

    fn remember(&mut self, message: Message, key: Option<String>, receipt: Receipt) {
        self.messages += 1;
        self.history.push_back(message);
        if self.history.len() > HISTORY {
            self.history.pop_front();
        }
        let Some(key) = key else { return };
        self.receipts.insert(key.clone(), receipt);
        self.keys.push_back(key);
        if self.keys.len() > KEYS {
            let oldest = self.keys.pop_front();
            oldest.map(|key| self.receipts.remove(&key));
        }
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
