// What may be lost.

import { sio } from "../conversation.mjs";

const DEFAULT = {};
const VOLATILE = { volatile: true };

/** An emit of one word to a socket. */
const to = (sid, word, flags) => ({ op: "emit", nsp: "/", sid, args: [word], flags });

sio("of volatile events at once over WebSocket the first arrives", "§1.13 volatile; §2 row 114", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say(to(socket.id, "one", VOLATILE), to(socket.id, "two", VOLATILE), to(socket.id, "three", VOLATILE));
  await socket.next();
  await c.obeyed();
  c.say(to(socket.id, "later", VOLATILE));
  await socket.next();
});

sio("a volatile event right behind a regular one is lost, over WebSocket", "§2 row 116", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say(to(socket.id, "regular"), to(socket.id, "lost", VOLATILE), to(socket.id, "regular too"));
  await socket.next();
  await socket.next();
});

sio("a volatile event without a waiting GET is lost", "§2 row 114", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  c.say(to(sid, "lost", VOLATILE));
  await c.obeyed();
  c.say(to(sid, "regular"));
  await c.obeyed();
  await session.poll();
});

sio("of volatile events at once the first finds a waiting GET", "§2 row 114", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  const get = await session.waitingPoll();
  c.say(to(sid, "one", VOLATILE), to(sid, "two", VOLATILE));
  await get.answer;
});

sio("a volatile event right behind a regular one is lost, over polling", "§2 row 116", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  const get = await session.waitingPoll();
  c.say(to(sid, "regular"), to(sid, "lost", VOLATILE), to(sid, "next"));
  await get.answer; // the rest comes with the next GET, if there is any
});

sio("a volatile event with bytes arrives whole", "§2 row 115", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say(
    { op: "emit", nsp: "/", sid: socket.id, args: ["bytes", { $b: "AQ==" }, { $b: "Ag==" }], flags: VOLATILE },
    to(socket.id, "regular"),
  );
  for (let packets = 0; packets < 4; packets += 1) await socket.next();
});

sio("a volatile event with bytes is lost whole", "§2 row 115", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say(
    to(socket.id, "regular"),
    { op: "emit", nsp: "/", sid: socket.id, args: ["bytes", { $b: "AQ==" }], flags: VOLATILE },
    to(socket.id, "regular too"),
  );
  await socket.next();
  await socket.next();
});

sio("a volatile broadcast reaches who can be written to", "§1.14 volatile", DEFAULT, async (c) => {
  const [one, busy] = [await c.joined(), await c.joined()];
  const session = await c.polling();
  await c.join(session);
  c.say(to(busy.id, "busy"), { op: "emit", nsp: "/", args: ["volatile"], flags: VOLATILE });
  await one.next();
  await busy.next();
  await c.obeyed();
  c.say({ op: "emit", nsp: "/", args: ["regular"] });
  await Promise.all([one.next(), busy.next()]);
  await c.obeyed();
  await session.poll();
});

sio("a volatile event that asks for an answer gets one", "§1.13 volatile", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say({ ...to(socket.id, "question", VOLATILE), ackN: 1 });
  await socket.next();
  socket.send('430["answer"]');
  await c.line("res", { n: 1 });
});
