// Events in both directions, and what is none.

import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};

overEach(sio, "an event comes with its arguments", "§1.8 Socket.IO packet", DEFAULT, async (c, session) => {
  await c.join(session);
  const values = [null, true, -1.5, 1e21, 'é€😀\u0000\u2028"', [], {}, [[1], { a: { b: null } }], 0];
  await session.send(
    `42${JSON.stringify(["all", ...values])}`,
    '42["none"]',
    '42["",1]',
    '42 ["spaces" , 1 ] '.replace("42 ", "42"),
    '42["\\u00e9t\\u00e9","\\ud83d\\ude00"]',
  );
  await c.line("event", ({ args }) => args[0] === "été");
});

overEach(sio, "an event goes with its arguments", "§1.13 emit; §2 row 100", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  const values = [null, true, -1.5, 1e21, 'é€😀\u0000\u2028"</script>', [], {}, [[1], { b: { a: null } }], 0];
  c.say(
    { op: "emit", nsp: "/", sid, args: ["all", ...values] },
    { op: "emit", nsp: "/", sid, args: ["none"] },
    { op: "emit", nsp: "/", sid, args: [""] },
  );
  for (let packets = 0; packets < 3; packets += 1) await session.next();
});

overEach(sio, "keys that look like the language's own are keys", "§3.3", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  await session.send('42["keys",{"__proto__":1,"constructor":{"prototype":2},"toString":3,"toJSON":4,"$b":5}]');
  await c.line("event");
  c.say({ op: "emit", nsp: "/", sid, args: ["keys", { constructor: 1, toString: 2 }] });
  await session.next();
});

overEach(sio, "the name of an event may be a number", "§2 row 86", DEFAULT, async (c, session) => {
  await c.join(session);
  await session.send("42[1,2]", "42[1.5]", "42[0]");
  await c.line("event", ({ args }) => String(args[0]) === "0");
});

sio("an event without a payload", "§2 row 86", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send("42", '42["after"]');
  await c.line("event", ({ args }) => args[0] === "after").catch(() => {});
});

for (const packet of [
  "42[]",
  "42[null]",
  "42[{}]",
  "42[[]]",
  "42[true]",
  "42{}",
  '42"text"',
  "42null",
  "42[",
  '42["a"]x',
  '42["a"',
  "42[1,]",
  '42["a\nb"]',
]) {
  sio(`an event that reads ${JSON.stringify(packet)} ends the connection`, "§2 rows 85, 86, 91", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(packet);
    await socket.ended();
    await c.line("disconnect");
  });
}

for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
  sio(`an event of the reserved name ${name} ends the connection`, "§2 row 87", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(`42["${name}",1]`);
    await socket.ended();
    await c.line("disconnect");
  });
}

sio("events of names that sound reserved are heard", "§2 row 87", DEFAULT, async (c) => {
  const socket = await c.joined();
  const names = ["error", "connection", "message", "ping", "__proto__", "constructor", "new_namespace"];
  socket.send(...names.map((name) => `42["${name}","from the client"]`));
  await c.line("event", ({ args }) => args[0] === "new_namespace");
});

for (const packet of ["4", "47", "48[]", "4x", '41{"a":1}', "41[]", "43null", "43{}", "4-", "45", "42/unended"]) {
  sio(`a packet that reads ${packet} ends the connection`, "§2 rows 85, 88, 91, 92", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(packet);
    await socket.ended();
    await c.line("disconnect");
  });
}

sio("a packet that cannot be read is told to all sockets of the connection", "§2 row 85", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/a" });
  await c.obeyed();
  const socket = await c.joined();
  await c.join(socket, "/a");
  socket.send('42/a,["before"]', "42[", '42/a,["after"]');
  await socket.ended();
  await c.line("disconnect", { nsp: "/" });
  await c.line("disconnect", { nsp: "/a" });
});

sio("a packet that cannot be read ends a polled connection at the next GET", "§2 rows 84, 85", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  await session.send('42["before"]', "42[", '42["after"]');
  await session.ended();
  await c.line("disconnect");
});

sio("a packet that cannot be read ends a polled connection whose GET waits", "§2 rows 84, 85", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  const get = await session.waitingPoll();
  await session.send("42[");
  await get.answer;
  await c.line("disconnect");
});

sio("an event right before its client leaves, in one POST", "§2 row 105", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  await session.send('42["a"]', "41");
  await c.line("disconnect");
});

sio("an event right before its client closes, in one POST", "§2 row 105", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  await session.send('42["a"]', "1");
  await c.line("disconnect");
});

sio("an event right before its client leaves, in one write of frames", "§2 row 105", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send('42["a"]', "41");
  await c.line("disconnect");
});

sio("an event right behind a disconnect, in one write of frames", "§2 row 82", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send("41", '42["a"]');
  await c.line("disconnect");
  await c.heard();
});

sio("an event that comes after the disconnect ends the connection", "§2 row 82, 108", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send("41");
  await c.line("disconnect");
  socket.send('42["a"]');
  await socket.ended();
});

overEach(sio, "events keep their order", "§1.13", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  const numbers = Array.from({ length: 30 }, (_, number) => number);
  await session.send(...numbers.map((number) => `42["in",${number}]`));
  await c.line("event", ({ args }) => args[1] === 29);
  c.say(...numbers.map((number) => ({ op: "emit", nsp: "/", sid, args: ["out", number] })));
  for (const _ of numbers) await session.next();
});

sio("an emit while a client is upgraded arrives once", "§1.6 sends during upgrade", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  const emit = (text) => ({ op: "emit", nsp: "/", sid, args: [text] });
  c.say(emit("before"));
  await c.obeyed();
  const socket = await session.upgrade();
  socket.send("2probe");
  await socket.next();
  c.say(emit("while"));
  await c.obeyed();
  socket.send("5");
  await c.line("upgrade");
  c.say(emit("after"));
  for (let packets = 0; packets < 3; packets += 1) await socket.next();
});

sio("an emit from within a middleware", "§2 row 110", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const other = await c.ws();
  other.send("40");
  const { n } = await c.line("ask");
  c.say({ op: "emit", nsp: "/", args: ["to nobody yet"] }, { op: "answer", n });
  await other.next();
  await c.line("connection");
});
