// Pings, pongs, and silence.

import { eio, sio } from "../conversation.mjs";

const OFTEN = { options: { pingInterval: 100, pingTimeout: 5_000 }, hears: ["heartbeat"], timed: true };
const IMPATIENT = { options: { pingInterval: 100, pingTimeout: 100 }, timed: true };

eio(
  "the server pings, and again after each pong, over WebSocket",
  "§1.4 heartbeat v4; §2 rows 60, 61",
  OFTEN,
  async (c) => {
    const socket = await c.ws();
    for (const pong of ["3", "3with words"]) {
      await socket.next();
      socket.send(pong);
      await c.line("heartbeat");
    }
    await socket.next();
  },
);

eio(
  "the server pings, and again after each pong, over polling",
  "§1.4 heartbeat v4; §2 rows 60, 61",
  OFTEN,
  async (c) => {
    const session = await c.polling();
    await session.poll();
    await session.post("3");
    await session.poll();
    await c.line("heartbeat");
  },
);

eio("there is no second ping before the first is answered", "§1.4 heartbeat v4; §2 row 61", OFTEN, async (c) => {
  const socket = await c.ws();
  await socket.next();
  await new Promise((resolve) => setTimeout(resolve, 300));
  c.say({ op: "send", id: socket.sid, t: "only this" });
  await socket.next();
});

eio("a client that is silent is let go, over WebSocket", "§1.18 ping timeout; §2 row 61", IMPATIENT, async (c) => {
  const socket = await c.ws();
  await socket.ended();
  await c.line("close");
});

eio("a client that is silent is let go, over polling", "§1.18 ping timeout; §2 row 63", IMPATIENT, async (c) => {
  const session = await c.polling();
  await session.poll();
  const get = session.start();
  await c.line("close");
  await get.answer;
  await session.poll();
});

eio("a client that never polls is let go", "§2 row 63", IMPATIENT, async (c) => {
  const session = await c.polling();
  await c.line("close");
  await session.poll();
});

eio(
  "what a client says while a pong is awaited gives it more time, once",
  "§0 heartbeat tolerance; §2 row 62",
  { options: { pingInterval: 100, pingTimeout: 600 }, timed: true },
  async (c) => {
    const socket = await c.ws();
    await socket.next();
    const asked = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 400));
    socket.send("4not a pong");
    await c.line("message");
    await new Promise((resolve) => setTimeout(resolve, 350));
    socket.send("4still no pong");
    await c.line("message");
    await socket.ended();
    await c.line("close");
    const waited = performance.now() - asked;
    c.note(waited > 900 && waited < 1_300 ? "let go after twice a part of the time" : `let go after ${waited} ms`);
  },
);

eio("a ping that was polled may be answered on the WebSocket", "§2 row 57", OFTEN, async (c) => {
  const session = await c.polling();
  await session.poll();
  const socket = await session.upgraded();
  await c.line("upgrade");
  socket.send("3");
  await c.line("heartbeat");
  await socket.next();
});

eio(
  "after an upgrade the server pings over the WebSocket",
  "§0 ping timer after upgrade; §2 row 57",
  OFTEN,
  async (c) => {
    const session = await c.polling();
    const socket = await session.upgraded();
    await c.line("upgrade");
    await socket.next();
    socket.send("3");
    await c.line("heartbeat");
  },
);

sio("a socket whose client is silent is disconnected", "§1.18 ping timeout", IMPATIENT, async (c) => {
  const socket = await c.ws();
  const sid = await c.join(socket);
  await c.line("disconnect", { sid });
  await socket.ended();
});

eio(
  "a ping that was polled and is never answered, not on the WebSocket either",
  "§0 ping timer after upgrade; §2 row 57",
  { options: { pingInterval: 300, pingTimeout: 800 }, timed: true },
  async (c) => {
    const session = await c.polling();
    await session.poll();
    const socket = await session.upgraded();
    await c.line("upgrade");
    const ended = await Promise.race([
      socket.over.then(() => true),
      new Promise((resolve) => setTimeout(resolve, 2_000, false)),
    ]);
    c.note(ended ? "let go" : "not let go within two seconds");
  },
);
