// From polling to WebSocket.

import { eio } from "../conversation.mjs";

const DEFAULT = {};

eio("a session is probed, and then upgraded", "§1.6 probe, completion", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  await c.line("upgrading");
  socket.send("5");
  await c.line("upgrade");
  socket.send("4over");
  await c.line("message");
  c.say({ op: "send", id: session.sid, t: "back" });
  await socket.next();
  await session.poll();
  await session.post("4a");
});

eio("while a client probes, its waiting GET is let go", "§1.6 probe; §2 row 51", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  await get.answer;
  const again = await session.waitingPoll();
  await again.answer;
  socket.send("5");
  await c.line("upgrade");
});

eio(
  "a GET that still waits at the upgrade is told that polling is over",
  "§1.6 completion; §2 row 52",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    const get = await session.waitingPoll();
    const socket = await session.upgrade();
    socket.send("5");
    await get.answer;
    await c.line("upgrade");
    socket.send("4over");
    await c.line("message");
  },
);

eio("an upgrade needs no probe", "§1.6 completion; §2 row 53", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("5", "4over");
  await c.line("upgrade");
  await c.line("message");
  await session.poll();
});

for (const [name, packet] of [
  ["a message", "4hello"],
  ["a ping without a probe", "2"],
  ["a ping with another probe", "2other"],
  ["a noop", "6"],
  ["nonsense", "x"],
]) {
  eio(`${name} before the upgrade ends the WebSocket alone`, "§1.6 anything else; §2 row 53", DEFAULT, async (c) => {
    const session = await c.polling();
    const socket = await session.upgrade();
    socket.send(packet);
    await socket.ended();
    await session.send("4still there");
    await c.line("message");
    const socketAgain = await session.upgraded();
    await c.line("upgrade");
    socketAgain.send("4over");
    await c.line("message");
  });
}

eio("a message after the probe ends the WebSocket alone", "§1.6 anything else", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  socket.send("4too early");
  await socket.ended();
  await session.send("4still there");
  await c.line("message");
});

eio("a client may probe more than once", "§1.6 probe", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("2probe", "2probe");
  await socket.next();
  await socket.next();
  socket.send("5");
  await c.line("upgrade");
});

eio(
  "an upgrade that does not come in time ends the WebSocket alone",
  "§1.6 timeout; §2 row 58",
  { options: { upgradeTimeout: 150 }, timed: true },
  async (c) => {
    const session = await c.polling();
    const socket = await session.upgrade();
    socket.send("2probe");
    await socket.ended();
    await session.send("4still there");
    await c.line("message");
  },
);

eio("of two WebSockets at once for a session the second is closed", "§1.6 request; §2 row 55", DEFAULT, async (c) => {
  const session = await c.polling();
  const first = await session.upgrade();
  first.send("2probe");
  await first.next();
  const second = await session.upgrade();
  await second.ended();
  first.send("5");
  await c.line("upgrade");
});

eio("a WebSocket for a session that is upgraded is closed", "§1.6 after upgrade; §2 row 56", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgraded();
  await c.line("upgrade");
  const second = await session.upgrade();
  await second.ended();
  socket.send("4still there");
  await c.line("message");
});

eio("a session that was opened by WebSocket, and another WebSocket for it", "§1.6 WS→WS", DEFAULT, async (c) => {
  const first = await c.ws();
  const second = await c.socket(c.url({ transport: "websocket", sid: first.sid }));
  second.send("2probe");
  await second.next().catch(() => {});
  c.note("probed");
});

eio("after the upgrade polling is refused with code 3", "§1.6 after upgrade; §2 row 56", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.upgraded();
  await c.line("upgrade");
  await c.get(session.url());
  await c.request("POST", session.url(), { body: "4a" }).answer;
  await c.request("PUT", session.url()).answer;
  await c.line("connection_error", { code: 3 });
});

eio("what waits for a poll goes over the WebSocket", "§1.6 sends during upgrade; §2 row 44", DEFAULT, async (c) => {
  const session = await c.polling();
  const send = (t) => ({ op: "send", id: session.sid, t });
  c.say(send("one"), send("two"));
  await c.obeyed();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  c.say(send("three"));
  await c.obeyed();
  socket.send("5");
  for (let packets = 0; packets < 3; packets += 1) await socket.next();
  await c.line("upgrade");
  c.say(send("four"));
  await socket.next();
});

eio("what is sent while a client probes is polled if a GET waits", "§1.6 sends during upgrade", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  const get = await session.waitingPoll();
  c.say({ op: "send", id: session.sid, t: "polled" });
  await get.answer;
  c.say({ op: "send", id: session.sid, t: "carried over" });
  await c.obeyed();
  socket.send("5");
  await socket.next();
  await c.line("upgrade");
});

eio("what a client posts while it probes is heard", "§2 row 54", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  await session.post("4posted");
  await c.line("message");
  socket.send("5", "4framed");
  await c.line("message");
  await c.line("upgrade");
});

eio(
  "a session that ends while it is upgraded takes the WebSocket along",
  "§1.6 session closed meanwhile",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    const socket = await session.upgrade();
    socket.send("2probe");
    await socket.next();
    await session.post("1");
    await c.line("close");
    await socket.ended();
  },
);

eio("a WebSocket that is dropped while it probes leaves the session", "§1.6 anything else", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  socket.close();
  await socket.ended();
  await session.send("4still there");
  await c.line("message");
});

eio(
  "a session that the server closes while it is upgraded is closed after it",
  "§1.6 close() during upgrade",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    const socket = await session.upgrade();
    socket.send("2probe");
    await socket.next();
    c.say({ op: "send", id: session.sid, t: "last" }, { op: "close", id: session.sid });
    await c.obeyed();
    socket.send("5");
    await socket.ended();
    await c.line("close");
  },
);

eio("an upgrade may be asked for with an empty session id, and is a new session", "§2 row 3", DEFAULT, async (c) => {
  await c.ws({ sid: "" });
  await c.line("connection");
});

eio("the bytes that wait for a poll are frames on the WebSocket", "§1.8 v4 packet", DEFAULT, async (c) => {
  const session = await c.polling();
  c.say({ op: "send", id: session.sid, b: "AQIDBA==" });
  await c.obeyed();
  const socket = await session.upgrade();
  socket.send("5");
  await socket.next();
  await c.line("upgrade");
});

eio(
  "the time for an upgrade runs from the opening of the WebSocket, and not from the probe",
  "§2 row 58",
  { options: { upgradeTimeout: 600 }, timed: true },
  async (c) => {
    const session = await c.polling();
    const opened = performance.now();
    const socket = await session.upgrade();
    await new Promise((resolve) => setTimeout(resolve, 400));
    socket.send("2probe");
    await socket.ended();
    const waited = performance.now() - opened;
    c.note(waited < 900 ? "ended in time" : `ended after ${waited} ms`);
  },
);
