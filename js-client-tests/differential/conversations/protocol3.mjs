// Engine.IO 3 and the clients of Socket.IO 2, where a server allows them.

import { eio, sio } from "../conversation.mjs";

const ALLOWED = { options: { allowEIO3: true } };
const OLD = { EIO: 3 };

eio(
  "a session of protocol 3 has lengths before its packets",
  "§1.8 v3 string payload; §2 row 65",
  ALLOWED,
  async (c) => {
    const session = await c.polling(OLD);
    await session.post("6:4hello2:4€3:4😀1:4");
    await c.line("message", { t: "" });
    c.say(
      { op: "send", id: session.sid, t: "€" },
      { op: "send", id: session.sid, t: "😀!" },
      { op: "send", id: session.sid, t: "" },
    );
    await c.obeyed();
    await session.poll();
  },
);

eio(
  "without an EIO, and with any other than 4, a session has protocol 3",
  "§1.9 detection; §2 row 2",
  ALLOWED,
  async (c) => {
    for (const EIO of [undefined, 2, 5, "04", "abc"]) {
      await c.polling({ EIO });
      await c.line("connection", { protocol: 3 });
    }
  },
);

eio("a WebSocket of protocol 3 has types before its bytes", "§1.8 v3 packet; §2 row 38", ALLOWED, async (c) => {
  const socket = await c.ws(OLD);
  socket.send("4hello", Buffer.from([4, 1, 2, 3]), "b4AQIDBA==", "4", Buffer.from([4]));
  await c.line("message", { b: "" });
  c.say({ op: "send", id: socket.sid, t: "€" }, { op: "send", id: socket.sid, b: "AQL/" });
  await socket.next();
  await socket.next();
});

eio("a WebSocket of protocol 3 with b64 is sent base64", "§1.9 b64", ALLOWED, async (c) => {
  const socket = await c.ws({ ...OLD, b64: 1 });
  c.say({ op: "send", id: socket.sid, b: "AQL/" });
  await socket.next();
});

eio("bytes make the whole payload binary", "§1.8 v3 binary payload; §2 rows 66, 69", ALLOWED, async (c) => {
  const session = await c.polling(OLD);
  c.say(
    { op: "send", id: session.sid, t: "€😀" },
    { op: "send", id: session.sid, b: "AQL/" },
    { op: "send", id: session.sid, t: "b" },
  );
  await c.obeyed();
  await session.poll();
  c.say({ op: "send", id: session.sid, t: "text alone €" });
  await c.obeyed();
  await session.poll();
});

eio("with b64 bytes are base64 in a payload of text", "§1.9 b64", ALLOWED, async (c) => {
  const session = await c.polling({ ...OLD, b64: 1 });
  c.say({ op: "send", id: session.sid, t: "€" }, { op: "send", id: session.sid, b: "AQL/" });
  await c.obeyed();
  await session.poll();
  await session.post("10:b4AQIDBA==2:4a");
  await c.line("message", { t: "a" });
});

const BINARY_BODY = { headers: ["Content-Type: application/octet-stream"] };

eio("a binary POST of protocol 3 is read", "§1.8 v3 binary payload; §2 row 66", ALLOWED, async (c) => {
  const session = await c.polling(OLD);
  const text = Buffer.from([0, 6, 0xff, ...Buffer.from("4€é")]);
  const bytes = Buffer.from([1, 4, 0xff, 4, 1, 2, 3]);
  const long = Buffer.from([0, 1, 1, 0xff, ...Buffer.from("4abcdefghij")]);
  await session.post(Buffer.concat([text, bytes, long]), BINARY_BODY);
  await c.line("message", { t: "abcdefghij" });
});

eio(
  "a client of protocol 3 pings, and is answered without its words",
  "§1.4 heartbeat v3; §2 row 60",
  { ...ALLOWED, hears: ["heartbeat"] },
  async (c) => {
    const socket = await c.ws(OLD);
    socket.send("2", "2with words", "2probe");
    for (let pongs = 0; pongs < 3; pongs += 1) await socket.next();
    const session = await c.polling(OLD);
    await session.post("1:22:2a");
    await session.poll();
  },
);

eio(
  "the server does not ping a client of protocol 3, and lets a silent one go",
  "§1.4 heartbeat v3; §2 row 61",
  { options: { allowEIO3: true, pingInterval: 100, pingTimeout: 100 }, timed: true },
  async (c) => {
    const socket = await c.ws(OLD);
    await socket.ended();
    await c.line("close");
  },
);

eio(
  "a client of protocol 3 that sends a pong goes the wrong way",
  "§1.4 wrong direction; §2 row 64",
  ALLOWED,
  async (c) => {
    const socket = await c.ws(OLD);
    socket.send("3");
    await socket.ended();
    await c.line("close");
  },
);

eio("a session of protocol 3 is upgraded like another", "§1.6; §2 row 60", ALLOWED, async (c) => {
  const session = await c.polling(OLD);
  const get = await session.waitingPoll();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  await get.answer;
  socket.send("5", "4over", "2");
  await socket.next();
  await c.line("upgrade");
  await c.line("message");
});

eio(
  "a client of protocol 3 falls silent after its upgrade",
  "§0 ping timer after upgrade",
  { options: { allowEIO3: true, pingInterval: 150, pingTimeout: 150 }, timed: true },
  async (c) => {
    const session = await c.polling(OLD);
    const socket = await session.upgraded();
    await c.line("upgrade");
    socket.send("2");
    await socket.next();
    const ended = await Promise.race([
      socket.over.then(() => true),
      new Promise((resolve) => setTimeout(resolve, 1_000, false)),
    ]);
    c.note(ended ? "let go" : "not let go within a second");
  },
);

for (const [what, body] of [
  ["a length of nothing", "0:2:4a"],
  ["a length with a point", "2.0:4a"],
  ["a length with an exponent", "2e0:4a"],
  ["a space before a length", " 2:4a"],
]) {
  eio(`${what} is read in protocol 3`, "§2 row 67", ALLOWED, async (c) => {
    const session = await c.polling(OLD);
    await session.post(`${body}3:4ok`);
    await c.line("message", { t: "ok" });
  });
}

for (const [what, body] of [
  ["a length that is too large", "2:4a9:4b"],
  ["a length that is no number", "x:4a"],
  ["no length", "4a"],
  ["digits at the end", "2:4a12"],
  ["nothing", ""],
  ["an unknown type", "2:4a1:9"],
]) {
  eio(`${what} ends a session of protocol 3`, "§2 row 67", ALLOWED, async (c) => {
    const session = await c.polling(OLD);
    await session.post(body);
    await c.line("close");
    await session.poll();
  });
}

eio("a client of protocol 3 that leaves is let go", "§1.5 client `1`", ALLOWED, async (c) => {
  const session = await c.polling(OLD);
  const get = await session.waitingPoll();
  await session.post("1:1");
  await get.answer;
  await c.line("close");
});

eio("the server closes a session of protocol 3", "§1.5 server close", ALLOWED, async (c) => {
  const session = await c.polling(OLD);
  const get = await session.waitingPoll();
  c.say({ op: "close", id: session.sid });
  await get.answer;
  await c.line("close");
});

sio(
  "a client of Socket.IO 2 is in the main namespace at once",
  "§1.9 handshake, CONNECT; §2 row 70",
  ALLOWED,
  async (c) => {
    const session = await c.polling(OLD);
    await c.line("connection", { nsp: "/" });
    await session.post('8:42["hi"]'); // whether the packet 40 comes with the first answer or the next does not matter
    await c.line("event");
    const socket = await c.ws(OLD);
    await socket.next();
    await c.line("connection", { nsp: "/" });
  },
);

sio("a client of Socket.IO 2 that connects to the main namespace itself is let go", "§2 row 71", ALLOWED, async (c) => {
  const socket = await c.ws(OLD);
  await socket.next();
  socket.send("40");
  await socket.ended();
  await c.line("disconnect");
});

sio("the ids of a client of Socket.IO 2 are those of its session", "§1.9 socket id", ALLOWED, async (c) => {
  c.say({ op: "of", nsp: "/admin" });
  await c.obeyed();
  const socket = await c.ws(OLD);
  await socket.next();
  await c.line("connection", { nsp: "/", sid: socket.sid });
  socket.send("40/admin,");
  await socket.next();
  const { sid } = await c.line("connection", { nsp: "/admin" });
  c.note(sid === `/admin#${socket.sid}` ? "the namespace and the session's id" : "another id");
  c.say({ op: "emit", nsp: "/admin", sid, args: ["hello"] });
  await socket.next();
});

sio(
  "what a client of Socket.IO 2 adds to the name of a namespace is its auth",
  "§1.9 namespace query; §2 rows 72, 74",
  ALLOWED,
  async (c) => {
    c.say({ op: "of", nsp: "/admin" });
    await c.obeyed();
    const socket = await c.ws(OLD);
    await socket.next();
    await c.line("connection", { nsp: "/" });
    socket.send("40/admin?token=a%20b&x=1&x=2,");
    await socket.next();
    await c.line("connection", { nsp: "/admin" });
    socket.send('42/admin?token=other,["still me"]');
    await c.line("event", { nsp: "/admin" });
    socket.send('42/../admin,["by another way"]');
    await c.line("event", { nsp: "/admin" });
  },
);

sio(
  "a namespace that there is not is refused to a client of Socket.IO 2 with an object",
  "§1.9 invalid namespace",
  ALLOWED,
  async (c) => {
    const socket = await c.ws(OLD);
    await socket.next();
    await c.line("connection");
    socket.send("40/nothing?a=b,");
    await socket.next();
  },
);

sio(
  "a client of Socket.IO 2 reads of a middleware's refusal its data, or its message",
  "§1.9 middleware error; §2 row 75",
  ALLOWED,
  async (c) => {
    c.say({ op: "of", nsp: "/guarded" }, { op: "use", nsp: "/guarded" });
    await c.obeyed();
    const socket = await c.ws(OLD);
    await socket.next();
    await c.line("connection");
    for (const refusal of [
      { message: "not you", data: { code: 7 } },
      { message: "not you" },
      { message: "no", data: "text" },
      { message: "no", data: 0 },
    ]) {
      socket.send("40/guarded,");
      const { n } = await c.line("ask", { name: "mw" });
      c.say({ op: "answer", n, a: [refusal] });
      await socket.next();
    }
  },
);

sio("events, acknowledgements and bytes go to a client of Socket.IO 2", "§1.9", ALLOWED, async (c) => {
  const socket = await c.ws(OLD);
  await socket.next();
  const { sid } = await c.line("connection");
  socket.send('421["question",1]', '451-["bytes",{"_placeholder":true,"num":0}]', Buffer.from([4, 9, 8]));
  const { n } = await c.line("event");
  await c.line("event");
  c.say({ op: "ack", n, args: ["answer"] }, { op: "emit", nsp: "/", sid, args: ["bytes", { $b: "AQI=" }] });
  for (let packets = 0; packets < 3; packets += 1) await socket.next();
  socket.send("41");
  await c.line("disconnect");
});

for (const [what, body] of [
  ["a length that is too large", [0, 9, 0xff, 0x34, 0x61]],
  ["a length without an end", [0, 1, 2, 3]],
  ["a length of 311 digits", [0, ...Array(310).fill(0), 2, 0xff, 0x34, 0x61]],
  ["a digit beyond nine", [0, 10, 0xff, ...Buffer.from("4123456789")]],
  ["a kind that there is not", [7, 2, 0xff, 0x34, 0x61]],
  ["nothing after a good packet but a kind", [0, 2, 0xff, 0x34, 0x61, 0]],
]) {
  eio(`a binary POST with ${what}, in protocol 3`, "§2 rows 66, 68", ALLOWED, async (c) => {
    const session = await c.polling(OLD);
    await session.post(Buffer.from(body), BINARY_BODY);
    const after = await c.request("POST", session.url(), { body: "8:4another" }).answer;
    if (after.status === 200) await c.line("message", { t: "another" });
  });
}
