// Where we differ from the JavaScript server on purpose: the one list of it.
//
// `where` names a conversation, or several; `differs` is a pattern, or several, for the places in which the transcripts
// differ there, as the suite prints them: a line `@ <stream>`, then theirs with `- `, then ours with `+ `. Every place
// needs an entry, and every pattern a place: what is not needed any more fails the suite.

import { engine } from "./differences/engine.mjs";
import { protocol3 } from "./differences/protocol3.mjs";
import { sockets } from "./differences/sockets.mjs";

export const differences = [...engine, ...sockets, ...protocol3];
