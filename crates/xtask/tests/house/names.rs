//! What is replaceable has one door: a library that may be exchanged is named in one file.

use crate::measure::all_code;
use crate::workspace::PUBLISHED;

/// Where in the published crates names containing `word` may stand.
struct Door {
    word: &'static str,
    doors: &'static [&'static str],
}

const DOORS: [Door; 2] = [
    Door { word: "tungstenite", doors: &["crates/engineio/src/websocket"] },
    // The root file has the `mod axum;`.
    Door { word: "axum", doors: &["crates/socketio/src/axum", "crates/socketio/src/lib.rs"] },
];

impl Door {
    fn is_shut_for(&self, file: &str) -> bool {
        let crate_name = file.strip_prefix("crates/").and_then(|rest| rest.split('/').next());
        let is_open = |door: &&'static str| {
            file.strip_prefix(*door)
                .is_some_and(|rest| rest.is_empty() || rest == ".rs" || rest.starts_with('/'))
        };
        crate_name.is_some_and(|name| PUBLISHED.contains(&name)) && !self.doors.iter().any(is_open)
    }
}

#[test]
fn a_replaceable_library_is_named_in_one_place() {
    let mut elsewhere = Vec::new();
    for code in all_code() {
        for (name, line) in &code.names {
            let shut =
                DOORS.iter().find(|door| name.contains(door.word) && door.is_shut_for(&code.file));
            if let Some(Door { doors, .. }) = shut {
                elsewhere
                    .push(format!("{}:{line}: `{name}`, whose place is {}", code.file, doors[0]));
            }
        }
    }
    assert!(elsewhere.is_empty(), "{}", elsewhere.join("\n"));
}

#[test]
fn a_door_is_a_file_or_a_folder_and_not_a_beginning() {
    let [websocket, axum] = &DOORS;
    assert!(!websocket.is_shut_for("crates/engineio/src/websocket.rs"));
    assert!(!websocket.is_shut_for("crates/engineio/src/websocket/frame.rs"));
    assert!(websocket.is_shut_for("crates/engineio/src/websockets.rs"));
    assert!(!axum.is_shut_for("crates/socketio/src/lib.rs"));
    assert!(
        axum.is_shut_for("crates/engineio/src/lib.rs")
            && axum.is_shut_for("crates/socketio/src/io.rs")
    );
}
