// Bytes within events.

import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};
const HOLE = (num) => ({ _placeholder: true, num });
const bytes = (...values) => Buffer.from(values);

/** The packet of an event with attachments. */
const event = (count, ...args) => `45${count}-${JSON.stringify(args)}`;

overEach(
  sio,
  "bytes come with an event, at any depth and in any order",
  "§1.8 binary; §2 rows 94, 95",
  DEFAULT,
  async (c, session) => {
    await c.join(session);
    await session.send(event(1, "one", HOLE(0)), bytes(1, 2, 3));
    await session.send(event(2, "deep", { a: [HOLE(1), { b: HOLE(0) }] }, 5), bytes(0), bytes(255, 254));
    await session.send(event(1, "twice", HOLE(0), HOLE(0)), bytes(7));
    await session.send(event(1, "empty", HOLE(0)), bytes());
    await session.send(event(1, "unused"), bytes(9));
    await c.line("event", ({ args }) => args[0] === "unused");
  },
);

overEach(
  sio,
  "bytes go with an event, in the order of its keys",
  "§1.8 binary; §2 rows 94, 99",
  DEFAULT,
  async (c, session) => {
    const sid = await c.join(session);
    const [a, b, d] = ["AQI=", "Aw==", ""].map(($b) => ({ $b }));
    c.say(
      { op: "emit", nsp: "/", sid, args: ["one", a] },
      { op: "emit", nsp: "/", sid, args: ["deep", { z: b, list: [1, { y: a }], "": d }, a] },
      { op: "emit", nsp: "/", sid, args: ["after"] },
    );
    for (let packets = 0; packets < 2 + 5 + 1; packets += 1) await session.next();
  },
);

sio("up to ten attachments are taken", "§2 row 92", DEFAULT, async (c) => {
  const socket = await c.joined();
  const holes = Array.from({ length: 10 }, (_, num) => HOLE(num));
  socket.send(event(10, "ten", ...holes), ...holes.map((_, num) => bytes(num)));
  await c.line("event");
});

for (const [name, packet] of [
  ["eleven attachments", event(11, "a", HOLE(10))],
  ["no attachments", event(0, "a")],
  ["less than none", event(-1, "a")],
  ["a part of an attachment", event(1.5, "a")],
  ["attachments without a dash", '451["a"]'],
  ["a dash without attachments", '45-["a"]'],
  ["attachments that are no number", '45x-["a"]'],
  ["an enormous number of attachments", event(999_999_999, "a")],
]) {
  sio(`an event with ${name} ends the connection`, "§0 attachments; §2 row 92", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(packet);
    await socket.ended();
    await c.line("disconnect");
  });
}

for (const count of ["1e0", "0x1", "1.0", " 1", "01"]) {
  sio(`attachments whose number is written "${count}"`, "§2 row 92", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(event(count, "a", HOLE(0)), bytes(1));
    await Promise.race([c.line("event"), c.line("disconnect")]);
  });
}

for (const [name, hole] of [
  ["a place beyond the last", HOLE(1)],
  ["a place before the first", HOLE(-1)],
  ["a place that is text", HOLE("0")],
  ["a place that is a method", HOLE("splice")],
  ["no place", { _placeholder: true }],
  ["null for a place", HOLE(null)],
]) {
  sio(`an attachment with ${name} ends the connection`, "§2 row 95", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(event(1, "a", hole), bytes(1));
    await socket.ended();
    await c.line("disconnect");
  });
}

sio("an attachment whose place is a fraction", "§2 row 95", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send(event(1, "a", HOLE(0.5)), bytes(1));
  await Promise.race([c.line("event"), c.line("disconnect")]);
});

sio("a placeholder that is not quite one is data", "§2 rows 95, 96", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send(`42${JSON.stringify(["plain", HOLE(0)])}`);
  await c.line("event");
  socket.send(
    event(1, "mixed", { _placeholder: false, num: 0 }, { num: 0 }, { _placeholder: 1, num: 0 }, HOLE(0)),
    bytes(1),
  );
  await c.line("event");
});

overEach(sio, "text while attachments are awaited ends the connection", "§2 row 93", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  await session.send(event(2, "a", HOLE(0), HOLE(1)), bytes(1), '42["between"]');
  await session.ended();
  await c.line("disconnect", { sid });
});

overEach(sio, "bytes that nobody awaits end the connection", "§2 rows 93, 97", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  await session.send(event(1, "a", HOLE(0)), bytes(1), bytes(2));
  await session.ended();
  await c.line("disconnect", { sid });
});

sio("packets of Engine.IO may come between attachments", "§2 row 93", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send(event(2, "a", HOLE(0), HOLE(1)), bytes(1), "3", "6", bytes(2));
  await c.line("event");
});

sio("what is wrong with an event with attachments is seen before they come", "§2 row 97", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send('451-["disconnect",{"_placeholder":true,"num":0}]');
  await socket.ended();
  await c.line("disconnect");
});

sio("a CONNECT has no attachments: bytes in it are JSON", "§2 row 98", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40");
  const { n } = await c.line("ask");
  c.say({ op: "answer", n, a: [{ message: "no", data: { bytes: { $b: "AQI=" } } }] });
  await socket.next();
});

sio("an event with attachments for a namespace", "§1.8 Socket.IO packet", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/admin" });
  await c.obeyed();
  const socket = await c.joined("/admin");
  socket.send('451-/admin,7["a",{"_placeholder":true,"num":0}]', bytes(1));
  const { n } = await c.line("event");
  c.say(
    { op: "ack", n, args: [{ $b: "AQI=" }] },
    { op: "emit", nsp: "/admin", sid: socket.id, args: ["b", { $b: "Aw==" }] },
  );
  for (let packets = 0; packets < 4; packets += 1) await socket.next();
});

sio("bytes for many sockets come to each", "§1.14 emit", DEFAULT, async (c) => {
  const sockets = [await c.joined(), await c.joined(), await c.polling()];
  await c.join(sockets[2]);
  c.say(
    { op: "emit", nsp: "/", args: ["bytes", { a: { $b: "AQI=" } }, { $b: "Aw==" }] },
    { op: "emit", nsp: "/", args: ["text"] },
  );
  for (const socket of sockets) for (let packets = 0; packets < 4; packets += 1) await socket.next();
});

sio("bytes as base64 in text over WebSocket are attachments too", "§2 row 39", DEFAULT, async (c) => {
  const socket = await c.ws({ b64: "1" });
  const sid = await c.join(socket);
  socket.send(event(1, "a", HOLE(0)), "bAQID");
  await c.line("event");
  c.say({ op: "emit", nsp: "/", sid, args: ["b", { $b: "AQI=" }] });
  await socket.next();
  await socket.next();
});
