// Requests that are refused, and in which order the reasons are looked at.

import { UPGRADE } from "../../lib/frame.mjs";
import { eio } from "../conversation.mjs";

const DEFAULT = {};

/** A conversation of requests without a session: each is a method and a query, or headers too. */
function refused(name, row, ...requests) {
  eio(name, row, DEFAULT, async (c) => {
    for (const [method, query, headers] of requests) await c.request(method, c.url(query), { headers }).answer;
  });
}

refused(
  "a transport that there is not is refused with code 0",
  "§1.3 code 0; §2 rows 1, 4, 5",
  ["GET", { transport: undefined }],
  ["GET", { transport: "" }],
  ["GET", { transport: "carrier-pigeon" }],
  ["GET", { transport: "Polling" }],
  ["GET", { transport: "webtransport" }],
  ["GET", { transport: "constructor" }],
  ["GET", { transport: "__proto__" }],
);

refused(
  "the transport is looked at before all else",
  "§2 row 1",
  ["GET", { transport: "abc", EIO: 3 }],
  ["POST", { transport: "abc" }],
  ["GET", { transport: "abc", sid: "unknown" }],
);

refused(
  "a session that there is not is refused with code 1",
  "§1.3 code 1; §2 rows 4, 5",
  ["GET", { transport: "polling", sid: "unknown" }],
  ["POST", { transport: "polling", sid: "unknown" }],
  ["PUT", { transport: "polling", sid: "unknown" }],
  ["GET", { transport: "websocket", sid: "unknown" }],
  ["GET", { transport: "polling", sid: "__proto__" }],
  ["GET", { transport: "polling", sid: "constructor" }],
  ["GET", { transport: "polling", sid: "toString" }],
);

refused("the session is looked at before the protocol", "§2 row 1", [
  "GET",
  { transport: "polling", sid: "no", EIO: 3 },
]);

refused(
  "only a GET opens a session: the others are refused with code 2",
  "§1.3 code 2; §2 row 10",
  ["POST", { transport: "polling" }],
  ["PUT", { transport: "polling" }],
  ["DELETE", { transport: "polling" }],
  ["OPTIONS", { transport: "polling" }],
  ["PATCH", { transport: "polling" }],
  ["HEAD", { transport: "polling" }],
);

refused(
  "the method is looked at before the protocol, and before the WebSocket's upgrade",
  "§2 row 1",
  ["POST", { transport: "polling", EIO: 3 }],
  ["POST", { transport: "websocket" }],
);

refused(
  "a WebSocket without an upgrade is refused with code 3",
  "§1.3 code 3; §2 row 9",
  ["GET", { transport: "websocket" }],
  ["GET", { transport: "websocket", EIO: 3 }],
);

refused(
  "an EIO that is not exactly 4 is refused with code 5",
  "§1.3 code 5; §2 row 2",
  ["GET", { transport: "polling", EIO: 3 }],
  ["GET", { transport: "polling", EIO: 5 }],
  ["GET", { transport: "polling", EIO: "04" }],
  ["GET", { transport: "polling", EIO: "4.0" }],
  ["GET", { transport: "polling", EIO: "abc" }],
  ["GET", { transport: "polling", EIO: "" }],
  ["GET", { transport: "polling", EIO: undefined }],
);

eio("an empty session id opens a new session", "§2 row 3", DEFAULT, async (c) => {
  await c.get(c.url({ transport: "polling", sid: "" }));
  await c.line("connection");
});

eio("of a parameter that comes twice the last counts", "§2 row 3", DEFAULT, async (c) => {
  await c.get(`${c.path}?EIO=3&EIO=4&transport=abc&transport=polling`);
  await c.line("connection");
  await c.get(`${c.path}?EIO=4&EIO=3&transport=polling`);
  await c.get(`${c.path}?EIO=4&transport=polling&transport=abc`);
});

eio("parameters are percent-decoded, names and values", "§1.2 handleRequest", DEFAULT, async (c) => {
  await c.get(`${c.path}?%45IO=%34&tr%61nsport=p%6Flling&a=1+2%203&b&c=&%C3%A9=%C3%A9`);
  await c.line("connection");
});

eio("an Origin may have bytes beyond ASCII", "§1.3 code 3 INVALID_ORIGIN", DEFAULT, async (c) => {
  await c.get(c.url({ transport: "polling" }), { headers: ["Origin: http://caf\xe9"] });
  await c.line("connection");
});

eio(
  "a session that was opened by polling refuses another transport without an upgrade",
  "§1.3 code 3; §0",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    await c.get(session.url({ transport: "websocket" }));
    await c.get(session.url({ transport: "abc" }));
    await c.request("POST", session.url({ transport: "websocket" }), { body: "4a" }).answer;
    await session.send("4still there");
    await c.line("message");
  },
);

eio("a session refuses a request of another protocol", "§0 PROTOCOL_MISMATCH; §2 row 1", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.get(session.url({ EIO: 3 }));
  await c.request("POST", session.url({ EIO: undefined }), { body: "4a" }).answer;
  await c.get(session.url({ EIO: 3, transport: "websocket" }));
  await session.upgrade({ EIO: 3 });
  await session.send("4still there");
  await c.line("message");
});

eio(
  "a session of protocol 3 refuses a request of protocol 4",
  "§0 PROTOCOL_MISMATCH",
  { options: { allowEIO3: true } },
  async (c) => {
    const session = await c.polling({ EIO: 3 });
    await c.get(session.url({ EIO: 4 }));
    await session.upgrade({ EIO: 4 });
    await session.post("7:4so far");
    await c.line("message");
  },
);

eio("a WebSocket is refused in text, and always with 400", "§1.3; §2 row 6", DEFAULT, async (c) => {
  await c.socket(c.url({ transport: "abc" }));
  await c.socket(c.url({ transport: undefined }));
  await c.socket(c.url({ transport: "constructor" }));
  await c.socket(c.url({ transport: "websocket", sid: "unknown" }));
  await c.socket(c.url({ transport: "websocket", sid: "__proto__" }));
});

eio("a WebSocket of another EIO than 4 is refused", "§1.3 code 5; §2 row 7", DEFAULT, async (c) => {
  const socket = await c.socket(c.url({ transport: "websocket", EIO: 3 }));
  await socket.ended();
  await c.line("connection_error", { code: 5 });
});

eio("a WebSocket request for polling opens no session", "§2 row 8", DEFAULT, async (c) => {
  const socket = await c.socket(c.url({ transport: "polling" }));
  await socket.ended();
});

eio("a WebSocket request for polling does not disturb the session that it names", "§2 row 8", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await c.socket(session.url());
  await socket.ended();
  await session.send("4still there");
  await c.line("message");
});

eio("a WebSocket request without a good key or version is refused", "§2 row 16", DEFAULT, async (c) => {
  const url = c.url({ transport: "websocket" });
  await c.socket(url, { key: null });
  await c.socket(url, { key: "short" });
  await c.socket(url, { version: 12 });
  await c.socket(url, { version: 14 });
  await c.socket(url, { version: 8 });
  await c.socket(url, { version: "x" });
});

eio("a WebSocket request that is no WebSocket's is a request like any other", "§2 rows 9, 16", DEFAULT, async (c) => {
  const url = c.url({ transport: "websocket" });
  await c.get(url, { headers: ["Upgrade: websocket"] });
  await c.get(url, { headers: [UPGRADE[0], "Upgrade: h2c"] });
  await c.request("POST", url, { headers: UPGRADE, body: "" }).answer;
});

eio(
  "a WebSocket that is refused for its session leaves the order of reasons as it is",
  "§2 row 1",
  DEFAULT,
  async (c) => {
    await c.socket(c.url({ transport: "abc", sid: "unknown", EIO: 3 }));
    await c.socket(c.url({ transport: "websocket", sid: "unknown", EIO: 3 }));
  },
);
