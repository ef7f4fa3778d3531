// All conversations, by what they are about.

import "./refusals.mjs";
import "./requests.mjs";
import "./headers.mjs";
import "./hooks.mjs";
import "./polling.mjs";
import "./payloads.mjs";
import "./jsonp.mjs";
import "./websocket.mjs";
import "./upgrade.mjs";
import "./heartbeat.mjs";
import "./protocol3.mjs";
import "./namespaces.mjs";
import "./dynamic.mjs";
import "./events.mjs";
import "./binary.mjs";
import "./acks.mjs";
import "./rooms.mjs";
import "./volatile.mjs";
import "./closing.mjs";
import "./msgpack.mjs";
import "./files.mjs";
