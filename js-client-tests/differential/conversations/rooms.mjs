// Rooms, broadcasts, and what is done to many sockets at once.

import { sio } from "../conversation.mjs";

const DEFAULT = {};

/** Some sockets; the last thing that each is sent is a marker, so that all that came before is in the transcript. */
async function crowd(c, size, nsp = "/") {
  const sockets = [];
  for (let number = 0; number < size; number += 1) sockets.push(await c.joined(nsp));
  const emit = (fields) => ({ op: "emit", nsp, ...fields });
  const join = (index, ...arg) => ({ op: "join", nsp, sid: sockets[index].id, arg });
  const settle = async () => {
    c.say(emit({ args: ["marker"] }));
    for (const socket of sockets) while ((await socket.next()) !== `42${nsp === "/" ? "" : `${nsp},`}["marker"]`);
  };
  return { sockets, emit, join, settle };
}

sio(
  "an emit to a namespace reaches all its sockets, and no others",
  "§1.14 emit; §1.15 no rooms",
  DEFAULT,
  async (c) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const { emit, settle } = await crowd(c, 3);
    const other = await crowd(c, 1, "/other");
    c.say(emit({ args: ["to all", { a: 1 }] }));
    await settle();
    await other.settle();
  },
);

sio("an emit to rooms reaches each of their sockets once", "§1.14 rooms semantic", DEFAULT, async (c) => {
  const { emit, join, settle } = await crowd(c, 4);
  c.say(join(0, "a"), join(1, "a", "b"), join(2, "b"));
  c.say(
    emit({ rooms: ["a"], args: ["to a"] }),
    emit({ rooms: ["a", "b"], args: ["to a and b"] }),
    emit({ rooms: ["nothing"], args: ["to nobody"] }),
    emit({ rooms: "b", args: ["to b"] }),
  );
  await settle();
});

sio("an emit leaves out the sockets of some rooms", "§1.14 rooms semantic", DEFAULT, async (c) => {
  const { emit, join, settle, sockets } = await crowd(c, 4);
  c.say(join(0, "a"), join(1, "a", "b"), join(2, "b"));
  c.say(
    emit({ rooms: ["a"], except: ["b"], args: ["a, not b"] }),
    emit({ except: ["a"], args: ["not a"] }),
    emit({ except: ["a", "b"], args: ["neither"] }),
    emit({ except: sockets[3].id, args: ["not the last"] }),
    emit({ except: ["nothing"], args: ["all"] }),
  );
  await settle();
});

sio("a socket broadcasts to all but itself", "§1.13 broadcast; §1.14", DEFAULT, async (c) => {
  const { emit, join, settle, sockets } = await crowd(c, 3);
  const from = sockets[0].id;
  c.say(join(0, "a"), join(1, "a"));
  c.say(
    emit({ from, args: ["others"] }),
    emit({ from, rooms: ["a"], args: ["others in a"] }),
    emit({ from, except: ["a"], args: ["others not in a"] }),
  );
  await settle();
});

sio("a socket's id is a room of its own", "§1.15 maps", DEFAULT, async (c) => {
  const { emit, settle, sockets } = await crowd(c, 2);
  c.say(
    emit({ rooms: [sockets[1].id], args: ["to one"] }),
    emit({ from: sockets[1].id, rooms: [sockets[1].id], args: ["to itself: nobody"] }),
  );
  await settle();
});

sio("a room that a socket left is left", "§1.13 join, leave", DEFAULT, async (c) => {
  const { emit, join, settle, sockets } = await crowd(c, 2);
  const leave = (index, arg) => ({ op: "leave", nsp: "/", sid: sockets[index].id, arg });
  c.say(
    join(0, "a", "b"),
    join(1, "a"),
    leave(0, "a"),
    leave(0, "never joined"),
    emit({ rooms: ["a"], args: ["a"] }),
    emit({ rooms: ["b"], args: ["b"] }),
  );
  c.say(leave(1, sockets[1].id), emit({ rooms: [sockets[1].id], args: ["own room, left"] }));
  await settle();
});

sio("rooms are of one namespace", "§1.15", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/other" });
  await c.obeyed();
  const main = await crowd(c, 1);
  const other = await crowd(c, 1, "/other");
  c.say(
    main.join(0, "a"),
    other.join(0, "a"),
    main.emit({ rooms: ["a"], args: ["main"] }),
    other.emit({ rooms: ["a"], args: ["other"] }),
  );
  await main.settle();
  await other.settle();
});

sio("a socket that is gone is in no room", "§2 rows 106, 107", DEFAULT, async (c) => {
  const { emit, join, settle, sockets } = await crowd(c, 2);
  c.say(join(0, "a"), join(1, "a"));
  await c.obeyed();
  const [gone] = sockets.splice(0, 1);
  gone.close();
  await c.line("disconnect");
  c.say(emit({ rooms: ["a"], args: ["to a"] }));
  await settle();
  c.say({ op: "fetch", nsp: "/", rooms: ["a"], reqN: 1 });
  await c.line("res", { n: 1 });
});

sio("flags do not change who is reached", "§1.14; §1.13 compress, local", DEFAULT, async (c) => {
  const { emit, settle, sockets } = await crowd(c, 2);
  c.say(emit({ flags: { local: true }, args: ["local"] }));
  await sockets[0].next();
  await sockets[1].next();
  c.say(
    emit({ flags: { compress: false }, args: ["not compressed"] }),
    emit({ from: sockets[0].id, flags: { compress: true, local: true }, args: ["both"] }),
  );
  await settle();
});

sio("sockets are fetched, with their rooms and data", "§1.14 fetchSockets", DEFAULT, async (c) => {
  const { join, sockets } = await crowd(c, 3);
  const fetch = (reqN, fields) => ({ op: "fetch", nsp: "/", reqN, ...fields });
  c.say(join(0, "a"), join(1, "a", "b"), {
    op: "join",
    nsp: "/",
    sid: sockets[1].id,
    data: { name: "one", list: [1] },
  });
  c.say(
    fetch(1, {}),
    fetch(2, { rooms: ["a"] }),
    fetch(3, { rooms: ["a"], except: ["b"] }),
    fetch(4, { rooms: ["nothing"] }),
    fetch(5, { from: sockets[0].id, rooms: ["a"] }),
  );
  for (let n = 1; n <= 5; n += 1) await c.line("res", { n });
});

sio("many sockets join and leave at once", "§1.14 socketsJoin, socketsLeave", DEFAULT, async (c) => {
  const { emit, join, settle, sockets } = await crowd(c, 3);
  const many = (op, fields) => ({ op, nsp: "/", ...fields });
  c.say(
    join(0, "a"),
    many("socketsJoin", { rooms: ["a"], arg: "new" }),
    many("socketsJoin", { arg: ["all", "everyone"] }),
  );
  c.say(emit({ rooms: ["new"], args: ["new"] }), emit({ rooms: ["everyone"], args: ["everyone"] }));
  c.say(many("socketsLeave", { rooms: ["new"], arg: ["all"] }), emit({ rooms: ["all"], args: ["all but one"] }));
  c.say(
    many("socketsLeave", { from: sockets[1].id, arg: "everyone" }),
    emit({ rooms: ["everyone"], args: ["one alone"] }),
  );
  c.say(
    many("socketsJoin", { rooms: ["everyone"], except: ["a"], arg: "last" }),
    emit({ rooms: ["last"], args: ["last"] }),
  );
  await settle();
});

sio(
  "many sockets are disconnected from a namespace at once",
  "§1.14 disconnectSockets; §1.18 server namespace disconnect",
  DEFAULT,
  async (c) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const { join, sockets } = await crowd(c, 3);
    await c.join(sockets[0], "/other");
    c.say(join(0, "a"), join(1, "a"), { op: "disconnectSockets", nsp: "/", rooms: ["a"] });
    await c.line("disconnect", { sid: sockets[0].id });
    await c.line("disconnect", { sid: sockets[1].id });
    sockets[0].send('42/other,["still here"]');
    await c.line("event", { nsp: "/other" });
  },
);

sio("many sockets are disconnected for good at once", "§1.14 disconnectSockets; §1.18", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/other" });
  await c.obeyed();
  const { sockets } = await crowd(c, 3);
  await c.join(sockets[0], "/other");
  c.say({ op: "disconnectSockets", nsp: "/", except: [sockets[2].id], close: true });
  await sockets[0].ended();
  await sockets[1].ended();
  for (const { id } of sockets.slice(0, 2)) await c.line("disconnect", { sid: id });
  await c.line("disconnect", { nsp: "/other" });
});

sio("a broadcast comes to sockets over polling too, all in one answer", "§2 row 33", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  const socket = await c.joined();
  const emit = (fields) => ({ op: "emit", nsp: "/", ...fields });
  c.say(emit({ args: ["one"] }), emit({ sid, args: ["two"] }), emit({ args: ["three"] }));
  await socket.next();
  await socket.next();
  await c.obeyed();
  await session.poll();
});

sio(
  "a broadcast is compressed where its sockets are",
  "§1.7 ws compression; §2 row 129",
  { options: { perMessageDeflate: { threshold: 10 } } },
  async (c) => {
    const offer = [
      "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover",
    ];
    const [one, other] = [await c.ws(undefined, { headers: offer }), await c.ws()];
    await c.join(one);
    await c.join(other);
    c.say({ op: "emit", nsp: "/", args: ["compressed for one"] });
    await Promise.all([one.next(), other.next()]);
  },
);
