// Joining and leaving namespaces.

import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};

overEach(
  sio,
  "a socket joins the main namespace, and others beside it",
  "§1.12; §2 rows 76, 78",
  DEFAULT,
  async (c, session) => {
    c.say({ op: "of", nsp: "/admin" }, { op: "of", nsp: "plain" }, { op: "of", nsp: "/a/b?c=d" });
    await c.obeyed();
    await c.join(session);
    await c.join(session, "/admin");
    await c.join(session, "/plain");
    await c.join(session, "/a/b?c=d");
    await session.send('42["one"]', '42/admin,["two"]', '42/a/b?c=d,["three"]');
    await c.line("event", { nsp: "/a/b?c=d" });
  },
);

overEach(
  sio,
  "a namespace that there is not is refused, and the connection is kept",
  "§1.12 unknown namespace; §2 rows 73, 79, 117",
  DEFAULT,
  async (c, session) => {
    c.say({ op: "of", nsp: "/admin" });
    await c.obeyed();
    for (const name of ["/nothing", "/Admin", "/admin?x=1", "//", "/%61dmin", "/admin/"]) {
      await session.send(`40${name},`);
      await session.next();
    }
    await c.join(session);
  },
);

sio("what may follow a CONNECT", "§1.12; §2 rows 77, 78, 90", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/admin" });
  await c.obeyed();
  for (const connect of [
    "40",
    "40{}",
    '40{"token":"x","list":[1,{"a":null}]}',
    "40/admin",
    "40/admin,",
    "40/admin,{}",
    "40/,",
    "40,{}",
    "4012{}",
  ]) {
    const socket = await c.ws();
    socket.send(connect);
    await socket.next().catch(() => {});
    if (connect !== "40,{}") await c.line("connection");
  }
});

for (const connect of [
  "40null",
  "40[]",
  '40"text"',
  "401.5",
  "40true",
  "40{",
  "40{}x",
  "40admin,",
  "40/admin,null",
  "40/admin,[1]",
]) {
  overEach(
    sio,
    `a CONNECT that reads ${connect} ends the connection`,
    "§2 rows 77, 78, 91",
    DEFAULT,
    async (c, session) => {
      c.say({ op: "of", nsp: "/admin" });
      await c.obeyed();
      await session.send(connect);
      await session.ended();
    },
  );
}

overEach(
  sio,
  "a client leaves one namespace and stays in another",
  "§1.18 client namespace disconnect",
  DEFAULT,
  async (c, session) => {
    c.say({ op: "of", nsp: "/admin" });
    await c.obeyed();
    await c.join(session);
    await c.join(session, "/admin");
    await session.send("41/admin,");
    await c.line("disconnect", { nsp: "/admin" });
    await session.send('42["still here"]');
    await c.line("event");
    await c.join(session, "/admin");
    await session.send("41");
    await c.line("disconnect", { nsp: "/" });
  },
);

overEach(sio, "a client that left all namespaces may join again", "§1.18; §2 row 108", DEFAULT, async (c, session) => {
  await c.join(session);
  await session.send("41");
  await c.line("disconnect");
  await c.join(session);
});

overEach(sio, "a second CONNECT of a namespace ends the connection", "§2 row 81", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  await session.send("40");
  await session.ended();
  await c.line("disconnect", { sid });
});

sio("two CONNECTs before the first is answered", "§2 row 81", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40", "40");
  const first = await c.line("ask");
  await c.heard();
  c.say({ op: "answer", n: first.n });
  await socket.next();
  await c.line("connection");
});

for (const [name, packet] of [
  ["an event", '42/other,["a"]'],
  ["an acknowledgement", "43/other,1[]"],
  ["a disconnect", "41/other,"],
  ["an event of a namespace that there is not", '42/nothing,["a"]'],
  ["an event of the main namespace", '42["a"]'],
]) {
  overEach(sio, `${name} without having joined ends the connection`, "§2 rows 82, 84", DEFAULT, async (c, session) => {
    c.say({ op: "of", nsp: "/other" }, { op: "of", nsp: "/joined" });
    await c.obeyed();
    const sid = await c.join(session, "/joined");
    await session.send(packet);
    await session.ended();
    await c.line("disconnect", { sid });
  });
}

sio("an event right behind the CONNECT, in one POST", "§2 row 82", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.send("40", '42["too early"]');
  await session.ended();
});

sio("an event right behind the CONNECT, in one write of frames", "§2 row 82", DEFAULT, async (c) => {
  const socket = await c.ws();
  socket.send("40", '42["too early"]');
  await socket.next().catch(() => {});
  await c.heard();
});

overEach(sio, "a CONNECT_ERROR from a client ends the connection", "§2 row 83", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  await session.send('44{"message":"x"}');
  await session.ended();
  await c.line("disconnect", { sid });
});

overEach(
  sio,
  "a client that joins nothing is let go",
  "§1.10 connectTimeout; §2 rows 79, 80",
  { options: { connectTimeout: 150 }, timed: true },
  async (c, session) => {
    await session.ended();
  },
);

sio(
  "a client that is refused everywhere is let go",
  "§2 row 79",
  { options: { connectTimeout: 300 }, timed: true },
  async (c) => {
    const socket = await c.ws();
    socket.send("40/nothing,");
    await socket.next();
    await socket.ended();
  },
);

sio(
  "a client that has joined something is not let go",
  "§1.10 connectTimeout",
  { options: { connectTimeout: 150 }, timed: true },
  async (c) => {
    const socket = await c.joined();
    socket.send("41");
    await c.line("disconnect");
    await new Promise((resolve) => setTimeout(resolve, 300));
    socket.send("40");
    await socket.next();
    await c.line("connection");
  },
);

sio(
  "a client whose middleware takes too long is let go",
  "§2 rows 80, 120",
  { options: { connectTimeout: 300 }, timed: true },
  async (c) => {
    c.say({ op: "use", nsp: "/" });
    await c.obeyed();
    const socket = await c.ws();
    socket.send("40");
    const { n } = await c.line("ask");
    await socket.ended();
    c.say({ op: "answer", n });
    await c.obeyed();
  },
);

sio("what a socket knows of its client", "§1.13 handshake; §2 rows 123, 124", DEFAULT, async (c) => {
  const query = { token: "abc", a: "1 2" };
  const headers = ["X-Mine: One", "Origin: http://a.example", "X-Forwarded-For: 1.2.3.4", "Cookie: a=b"];
  const session = await c.polling(query, { headers });
  await c.join(session, "/", { user: "me", list: [1, 2] });
  const socket = await c.ws(query, { headers });
  await c.join(socket);
});

sio("a socket keeps its first request when it is upgraded", "§2 row 59; §1.13", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/later" });
  await c.obeyed();
  const session = await c.polling({ first: "yes" });
  const sid = await c.join(session);
  const socket = await session.upgraded();
  await c.line("upgrade", { sid });
  await c.join(socket, "/later");
});
