// Acknowledgements in both directions.

import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};

overEach(sio, "the server acknowledges, once", "§1.16 client→server; §2 row 101", DEFAULT, async (c, session) => {
  await c.join(session);
  await session.send('420["zero"]', '427["seven",1]', '42123456["large"]', '42["none"]');
  for (const [name, ...args] of [["zero"], ["seven", 1, { a: null }], ["large", { $b: "AQI=" }]]) {
    const { n } = await c.line("event", (line) => line.args[0] === name);
    c.say({ op: "ack", n, args }, { op: "ack", n, args: ["again"] });
  }
  await c.line("event");
  for (let packets = 0; packets < 4; packets += 1) await session.next();
});

sio("an acknowledgement that nobody gives is not given", "§1.16", DEFAULT, async (c) => {
  const socket = await c.joined();
  socket.send('421["a"]', '422["b"]');
  const second = await c.line("event", ({ args }) => args[0] === "b");
  c.say({ op: "ack", n: second.n, args: [] });
  await socket.next();
});

for (const id of ["007", " ", "1 2", "9007199254740993", "100000000000000000000000"]) {
  sio(`an acknowledgement id that is written "${id}"`, "§2 row 89", DEFAULT, async (c) => {
    const socket = await c.joined();
    socket.send(`42${id}["a"]`);
    const line = await Promise.race([c.line("event"), c.line("disconnect")]);
    if (line.n === undefined) return;
    c.say({ op: "ack", n: line.n, args: [] });
    await socket.next();
  });
}

sio("an acknowledgement after the socket left", "§1.16 ack after disconnect", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/stays" });
  await c.obeyed();
  const socket = await c.joined();
  await c.join(socket, "/stays");
  socket.send('421["a"]');
  const { n } = await c.line("event");
  socket.send("41");
  await c.line("disconnect");
  c.say({ op: "ack", n, args: ["late"] }, { op: "emit", nsp: "/stays", args: ["marker"] });
  await socket.next();
});

overEach(
  sio,
  "a client acknowledges, and what it says more is ignored",
  "§1.16 server→client; §2 rows 102, 103",
  DEFAULT,
  async (c, session) => {
    const sid = await c.join(session);
    c.say(
      { op: "emit", nsp: "/", sid, args: ["first"], ackN: 1 },
      { op: "emit", nsp: "/", sid, args: ["second", 2], ackN: 2 },
    );
    await session.next();
    await session.next();
    await session.send('431["b",{"c":null}]', "430[]", '430["again"]', '4399["unknown"]');
    await c.line("res", { n: 1 });
    await c.line("res", { n: 2 });
    await session.send('42["still here"]');
    await c.line("event");
  },
);

sio("an acknowledgement without a payload, and without an id", "§1.16; §2 row 102", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["a"], ackN: 1 });
  await socket.next();
  socket.send("43[]", "430");
  await c.line("res", { n: 1 });
});

sio("an acknowledgement brings bytes", "§1.8 binary; §2 row 101", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["give me bytes", { $b: "/w==" }], ackN: 1 });
  await socket.next();
  await socket.next();
  socket.send('461-0[{"_placeholder":true,"num":0},"and text"]', Buffer.from([1, 2]));
  await c.line("res", { n: 1 });
});

sio("the acknowledgement of another socket is none", "§2 row 102", DEFAULT, async (c) => {
  const [one, other] = [await c.joined(), await c.joined()];
  c.say({ op: "emit", nsp: "/", sid: one.id, args: ["a"], ackN: 1 });
  await one.next();
  other.send('430["not mine"]', '42["heard"]');
  await c.line("event");
  one.send('430["mine"]');
  await c.line("res", { n: 1 });
});

sio("acknowledgement ids are counted for each namespace", "§1.12 ack id counter; §2 row 103", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/a" });
  await c.obeyed();
  const [one, two, other] = [await c.joined(), await c.joined(), await c.joined("/a")];
  const ask = (nsp, sid, ackN) => ({ op: "emit", nsp, sid, args: ["q"], ackN });
  c.say(ask("/", one.id, 1), ask("/", two.id, 2), ask("/a", other.id, 3), ask("/", one.id, 4));
  await Promise.all([one.next(), two.next(), other.next()]);
  await one.next();
});

sio("who does not answer in time has not answered", "§1.16 timeout; §1.13 timeout", { timed: true }, async (c) => {
  const socket = await c.joined();
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["a"], flags: { timeout: 60 }, ackN: 1 });
  await socket.next();
  await c.line("res", { n: 1 });
  socket.send('430["late"]', '42["marker"]');
  await c.line("event");
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["b"], flags: { timeout: 3_000 }, ackN: 2 });
  await socket.next();
  socket.send('431["in time"]');
  await c.line("res", { n: 2 });
});

sio(
  "who leaves before the answer has not answered in time",
  "§1.16 disconnect with pending acks",
  { timed: true },
  async (c) => {
    const socket = await c.joined();
    c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["a"], flags: { timeout: 200 }, ackN: 1 });
    await socket.next();
    socket.send("41");
    await c.line("disconnect");
    await c.line("res", { n: 1 });
  },
);

sio(
  "many are asked at once with the same id, and all answer",
  "§1.14 emit with ack; §2 row 104",
  DEFAULT,
  async (c) => {
    const sockets = [await c.joined(), await c.joined(), await c.joined()];
    c.say({ op: "emit", nsp: "/", args: ["all", 1], flags: { timeout: 3_000 }, ackN: 1 });
    for (const [index, socket] of sockets.entries()) {
      await socket.next();
      socket.send(`430[${index},"only the first counts"]`, '42["answered"]');
      await c.line("event");
    }
    await c.line("res", { n: 1 });
  },
);

sio("of many who are asked some do not answer", "§1.14 emit with ack", { timed: true }, async (c) => {
  const sockets = [await c.joined(), await c.joined()];
  c.say({ op: "emit", nsp: "/", args: ["all"], flags: { timeout: 300 }, ackN: 1 });
  await Promise.all(sockets.map((socket) => socket.next()));
  sockets[1].send('430["me"]');
  await c.line("res", { n: 1 });
  sockets[0].send('430["late"]', '42["marker"]');
  await c.line("event");
});

sio("nobody is asked, and nobody answers", "§1.14 emit with ack", DEFAULT, async (c) => {
  await c.joined();
  c.say({ op: "emit", nsp: "/", rooms: ["empty"], args: ["all"], flags: { timeout: 3_000 }, ackN: 1 });
  await c.line("res", { n: 1 });
});

sio("of many who are asked some answer with bytes, or with nothing", "§1.14 emit with ack", DEFAULT, async (c) => {
  const [one, two] = [await c.joined(), await c.joined()];
  c.say({ op: "emit", nsp: "/", args: ["all"], flags: { timeout: 3_000 }, ackN: 1 });
  await Promise.all([one.next(), two.next()]);
  one.send('461-0[{"_placeholder":true,"num":0}]', Buffer.from([1]), '42["answered"]');
  await c.line("event");
  two.send("430[]");
  await c.line("res", { n: 1 });
});

sio("of many who are asked one leaves", "§1.14 client leaving before ack", { timed: true }, async (c) => {
  const [one, two] = [await c.joined(), await c.joined()];
  c.say({ op: "emit", nsp: "/", args: ["all"], flags: { timeout: 400 }, ackN: 1 });
  await Promise.all([one.next(), two.next()]);
  one.send("41");
  await c.line("disconnect");
  two.send('430["here"]');
  await c.line("res", { n: 1 });
});

sio(
  "a broadcast that asks and the question to one share a counter",
  "§1.12 ack id counter; §2 rows 103, 104",
  DEFAULT,
  async (c) => {
    const [one, two] = [await c.joined(), await c.joined()];
    c.say(
      { op: "emit", nsp: "/", sid: one.id, args: ["one"], ackN: 1 },
      { op: "emit", nsp: "/", args: ["all"], flags: { timeout: 3_000 }, ackN: 2 },
      { op: "emit", nsp: "/", from: two.id, args: ["others"], flags: { timeout: 3_000 }, ackN: 3 },
    );
    for (let packets = 0; packets < 3; packets += 1) await one.next();
    await two.next();
    one.send('432["to the other"]');
    await c.line("res", { n: 3 });
  },
);

sio(
  "many are asked without saying how long to wait",
  "§1.14 emit with ack, no timeout()",
  { timed: true },
  async (c) => {
    const socket = await c.joined();
    c.say({ op: "emit", nsp: "/", args: ["all"], ackN: 1 });
    await socket.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    socket.send('430["after 200 ms"]', '42["marker"]');
    await c.line("event");
  },
);
