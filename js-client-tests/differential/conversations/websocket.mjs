// Sessions over WebSocket: frames, limits, and how they end.

import { BINARY, CONTINUATION, frame, PING, TEXT } from "../../lib/frame.mjs";
import { eio } from "../conversation.mjs";

const DEFAULT = {};

eio("packets are frames, bytes are binary frames", "§1.5 websocket; §2 row 38", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("4hello", "4", "4é€😀", Buffer.from([1, 2, 255]), Buffer.alloc(0));
  await c.line("message", { b: "" });
  const send = (fields) => ({ op: "send", id: socket.sid, ...fields });
  c.say(
    send({ t: "hello" }),
    send({ t: "" }),
    send({ b: "AQL/" }),
    send({ b: "" }),
    send({ t: "é€😀", cb: 7 }),
    send({ n: 1.5 }),
  );
  for (let frames = 0; frames < 6; frames += 1) await socket.next();
  await c.line("sent");
});

eio("frames that come with the request for a session", "§1.5 websocket", DEFAULT, async (c) => {
  const early = Buffer.concat([frame(TEXT, "4one"), frame(BINARY, "two")]);
  const socket = await c.ws(undefined, { early });
  socket.send("4later");
  await c.line("message", { t: "later" });
});

eio("a text frame may carry bytes in base64", "§2 rows 19, 39", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("bAQIDBA==", "bAQID_-A", "b+/8=", "b", "b!AQ ID", "4last");
  await c.line("message", { t: "last" });
});

for (const b64 of ["1", "0", "false"]) {
  eio(`with b64=${b64} bytes are sent as text`, "§2 rows 39, 40", DEFAULT, async (c) => {
    const socket = await c.ws({ b64 });
    c.say({ op: "send", id: socket.sid, b: "AQL/" }, { op: "send", id: socket.sid, t: "text" });
    await socket.next();
    await socket.next();
    socket.send(Buffer.from([3]));
    await c.line("message");
  });
}

eio("with an empty b64 bytes are bytes", "§2 row 40", DEFAULT, async (c) => {
  const socket = await c.ws({ b64: "" });
  c.say({ op: "send", id: socket.sid, b: "AQL/" });
  await socket.next();
});

eio("a message in fragments is one message, and pings may come between", "§1.5 websocket", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.sendFrame(TEXT, "4he", { fin: false });
  socket.sendFrame(PING, "are you there");
  socket.sendFrame(CONTINUATION, "ll", { fin: false });
  socket.sendFrame(CONTINUATION, "o");
  await c.line("message");
  socket.sendFrame(BINARY, [1], { fin: false });
  socket.sendFrame(CONTINUATION, [2]);
  await c.line("message");
});

eio("packets that mean nothing to an open session are ignored", "§1.4 other packets; §2 row 43", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("0", '0{"sid":"x"}', "1", "5", "6", "4still there");
  await c.line("message");
});

eio("a pong that nobody asked for is taken", "§1.4 heartbeat", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("3", "3probe", "3whatever", "4still there");
  await c.line("message");
});

for (const [name, packet] of [
  ["an empty frame", ""],
  ["a packet of an unknown type", "7abc"],
  ["a packet of type x", "x"],
  ["a space", " 4a"],
]) {
  eio(`${name} ends the session`, "§1.8; §2 row 43", DEFAULT, async (c) => {
    const socket = await c.ws();
    socket.send("4before", packet, "4after");
    await socket.ended();
    await c.line("close");
  });
}

eio("a client that pings goes the wrong way", "§1.4 wrong direction; §2 row 64", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("2", "4after");
  await socket.ended();
  await c.line("close");
});

eio(
  "a client that pings with a probe goes the wrong way as well",
  "§1.4 wrong direction; §2 row 64",
  DEFAULT,
  async (c) => {
    const socket = await c.ws();
    socket.send("2probe");
    await socket.ended();
    await c.line("close");
  },
);

eio(
  "a message that is too large ends the session with 1009",
  "§2 row 42",
  { options: { maxHttpBufferSize: 10 } },
  async (c) => {
    const socket = await c.ws();
    socket.send("4123456789", Buffer.alloc(10));
    await c.line("message", { b: "AAAAAAAAAAAAAA==" });
    socket.send("41234567890");
    await socket.ended();
    await c.line("close");
  },
);

eio(
  "fragments that are too large together end the session with 1009",
  "§2 row 42",
  { options: { maxHttpBufferSize: 10 } },
  async (c) => {
    const socket = await c.ws();
    socket.sendFrame(TEXT, "412345", { fin: false });
    socket.sendFrame(CONTINUATION, "67890");
    await socket.ended();
    await c.line("close");
  },
);

const BROKEN = [
  ["a frame without a mask", 1002, (socket) => socket.sendFrame(TEXT, "4a", { masked: false })],
  ["a frame with a reserved bit", 1002, (socket) => socket.sendFrame(TEXT, "4a", { reserved: 4 })],
  ["a frame of an opcode that there is not", 1002, (socket) => socket.sendFrame(3, "4a")],
  ["text that is not UTF-8", 1007, (socket) => socket.sendFrame(TEXT, Buffer.from([0x34, 0xff]))],
  ["a continuation of nothing", 1002, (socket) => socket.sendFrame(CONTINUATION, "4a")],
  ["a long ping", 1002, (socket) => socket.sendFrame(PING, Buffer.alloc(126))],
];
for (const [name, code, send] of BROKEN) {
  eio(`${name} ends the session with ${code}`, "§1.5 websocket; §3.1", DEFAULT, async (c) => {
    const socket = await c.ws();
    send(socket);
    await socket.ended();
    await c.line("close");
  });
}

eio("the server closes without a code", "§2 row 41", DEFAULT, async (c) => {
  const socket = await c.ws();
  c.say({ op: "close", id: socket.sid });
  await socket.ended();
  await c.line("close");
});

eio("what was sent before the server closes arrives", "§1.4 close", DEFAULT, async (c) => {
  const socket = await c.ws();
  const send = (t) => ({ op: "send", id: socket.sid, t });
  c.say(send("one"), send("two"), { op: "close", id: socket.sid }, send("dropped"));
  await socket.ended();
  await c.line("close");
});

eio(
  "when the server closes with a discard, what was handed over arrives",
  "§1.4 close(discard)",
  DEFAULT,
  async (c) => {
    const socket = await c.ws();
    c.say({ op: "send", id: socket.sid, t: "one" }, { op: "close", id: socket.sid, discard: true });
    await socket.ended();
    await c.line("close");
  },
);

for (const code of [undefined, 1000, 1001, 4000]) {
  eio(
    `a client that closes ${code ? `with ${code}` : "without a code"} has closed the transport`,
    "§1.18 transport close",
    DEFAULT,
    async (c) => {
      const socket = await c.ws();
      socket.close(code);
      await c.line("close");
    },
  );
}

eio("a client that drops the connection has closed the transport", "§1.18 transport close", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.abort();
  await c.line("close");
});

eio("a session that was opened by WebSocket is not polled", "§1.3 code 3 TRANSPORT_MISMATCH", DEFAULT, async (c) => {
  const socket = await c.ws();
  await c.get(c.url({ transport: "polling", sid: socket.sid }));
  await c.request("POST", c.url({ transport: "polling", sid: socket.sid }), { body: "4a" }).answer;
  socket.send("4still there");
  await c.line("message");
});

eio("the first protocol that a client offers is the one", "§1.5 ws subprotocol; §2 row 47", DEFAULT, async (c) => {
  await c.ws(undefined, { headers: ["Sec-WebSocket-Protocol: one, two"] });
  await c.ws(undefined, { headers: ["Sec-WebSocket-Protocol: only"] });
  await c.ws();
});

eio(
  "a WebSocket from any Origin is taken",
  "§1.5 WS Origin; §2 row 48",
  { options: { cors: { origin: "http://good.example" } } },
  async (c) => {
    const socket = await c.ws(undefined, { headers: ["Origin: http://evil.example"] });
    socket.send("4hello");
    await c.line("message");
  },
);
