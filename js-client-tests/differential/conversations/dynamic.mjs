// Namespaces that come into being when somebody asks for them, and middlewares.

import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};
const FAMILY = { op: "of", key: "family", regex: "^/family-\\d+$" };

async function ask(c, name, answer) {
  const { n } = await c.line("ask", { name });
  c.say({ op: "answer", n, a: answer });
}

overEach(
  sio,
  "a namespace that fits a pattern is made when it is asked for",
  "§1.12 dynamic",
  DEFAULT,
  async (c, session) => {
    c.say(FAMILY);
    await c.obeyed();
    await c.join(session, "/family-1");
    await c.join(session, "/family-22");
    await session.send('42/family-1,["hello"]');
    await c.line("event");
    await session.send("40/family-x,");
    await session.next();
    await session.send("40/my/family-1,");
    await session.next();
  },
);

sio("an application decides about each name", "§1.12 dynamic", DEFAULT, async (c) => {
  c.say({ op: "of", key: "asked", dyn: true });
  await c.obeyed();
  const socket = await c.ws();
  socket.send('40/yes,{"token":1}');
  await ask(c, "dyn", [null, true]);
  await socket.next();
  await c.line("connection");
  socket.send("40/no,");
  await ask(c, "dyn", [null, false]);
  await socket.next();
});

sio("an error about a name is a no", "§2 row 118", DEFAULT, async (c) => {
  c.say({ op: "of", key: "asked", dyn: true });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40/no,");
  await ask(c, "dyn", ["failed", true]);
  await socket.next();
});

sio(
  "patterns are tried in their order, and the first that fits makes the namespace",
  "§1.12 dynamic; §2 row 118",
  DEFAULT,
  async (c) => {
    c.say({ op: "of", key: "first", dyn: true }, { op: "of", key: "second", regex: "^/x" });
    await c.obeyed();
    const socket = await c.ws();
    socket.send("40/x1,");
    await ask(c, "dyn", [null, false]);
    await socket.next();
    await c.line("connection");
    socket.send("40/x2,");
    await ask(c, "dyn", [null, true]);
    await socket.next();
    await c.line("connection");
    const other = await c.ws();
    other.send("40/x1,");
    await other.next();
    await c.line("connection");
  },
);

sio("a namespace that is there is not asked about", "§1.12 dynamic", DEFAULT, async (c) => {
  c.say({ op: "of", key: "asked", dyn: true }, { op: "of", nsp: "/there" });
  await c.obeyed();
  await c.joined("/there");
});

sio("an emit to a family reaches all its namespaces", "§1.12 ParentNamespace", DEFAULT, async (c) => {
  c.say(FAMILY);
  await c.obeyed();
  const [one, two, main] = [await c.joined("/family-1"), await c.joined("/family-2"), await c.joined("/")];
  c.say({ op: "emit", nsp: "family", args: ["to all", 1] }, { op: "emit", nsp: "/", args: ["to the main one"] });
  await Promise.all([one.next(), two.next(), main.next()]);
});

sio("the sockets of a family cannot be fetched", "§1.12 ParentNamespace", DEFAULT, async (c) => {
  c.say(FAMILY);
  await c.obeyed();
  await c.joined("/family-1");
  c.say({ op: "fetch", nsp: "family", reqN: 1 });
  await c.line("res", { n: 1 });
});

sio("middlewares of a family guard its namespaces", "§1.12 ParentNamespace", DEFAULT, async (c) => {
  c.say(FAMILY, { op: "use", nsp: "family" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40/family-1,");
  await ask(c, "mw", [{ message: "not in this family" }]);
  await socket.next();
  socket.send("40/family-2,");
  await ask(c, "mw", []);
  await socket.next();
  await c.line("connection");
});

const TIDY = { options: { cleanupEmptyChildNamespaces: true } };

sio(
  "an empty namespace of a family is removed where that is wished",
  "§1.10 cleanupEmptyChildNamespaces; §1.12 cleanup",
  TIDY,
  async (c) => {
    c.say(FAMILY, { op: "of", nsp: "/plain" });
    await c.obeyed();
    const [one, two] = [await c.joined("/family-1"), await c.joined("/family-1")];
    await c.join(one, "/plain");
    one.send("41/family-1,", "41/plain,");
    await c.line("disconnect", { nsp: "/plain" });
    two.send("41/family-1,");
    await c.line("del_namespace");
    await c.join(two, "/family-1");
  },
);

sio("a namespace whose only guest was refused is removed", "§1.12 cleanup", TIDY, async (c) => {
  c.say(FAMILY, { op: "use", nsp: "family" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40/family-1,");
  await ask(c, "mw", [{ message: "no" }]);
  await socket.next();
  await c.line("del_namespace");
});

sio("an empty namespace stays by default", "§1.10 cleanupEmptyChildNamespaces", DEFAULT, async (c) => {
  c.say(FAMILY);
  await c.obeyed();
  const socket = await c.joined("/family-1");
  socket.send("41/family-1,");
  await c.line("disconnect");
  await c.join(socket, "/family-1");
});

overEach(sio, "a middleware lets in", "§1.12 use", DEFAULT, async (c, session) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  await session.send('40{"token":"x"}');
  await ask(c, "mw", []);
  await session.next();
  await c.line("connection");
});

overEach(sio, "a middleware refuses, in words and data", "§1.12 use; §2 rows 79, 119", DEFAULT, async (c, session) => {
  c.say({ op: "use", nsp: "/" }, { op: "of", nsp: "/admin" }, { op: "use", nsp: "/admin" });
  await c.obeyed();
  const refusals = [
    { message: "no" },
    { message: "no", data: { code: 7 } },
    { message: "no", data: null },
    { message: "no", data: "text" },
    { message: "" },
  ];
  for (const [index, refusal] of refusals.entries()) {
    await session.send(index % 2 === 0 ? "40" : "40/admin,");
    await ask(c, "mw", [refusal]);
    await session.next();
  }
  await session.send("40");
  await ask(c, "mw", []);
  await session.next();
  await c.line("connection");
});

sio("a refusal that is no error", "§2 row 119", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  for (const refusal of ["text", 1, {}]) {
    socket.send("40");
    await ask(c, "mw", [refusal]);
    await socket.next();
  }
});

sio("middlewares are asked one after the other, until one refuses", "§1.12 use", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" }, { op: "use", nsp: "/" }, { op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40");
  await ask(c, "mw", []);
  await ask(c, "mw", [{ message: "the second" }]);
  await socket.next();
});

sio("who leaves before a middleware answers is never connected", "§2 row 120", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40");
  const { n } = await c.line("ask");
  socket.close();
  await socket.ended();
  c.say({ op: "answer", n });
  await c.obeyed();
});

sio("what a client sends before a middleware answers ends the connection", "§2 row 82", DEFAULT, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  socket.send("40");
  await c.line("ask");
  socket.send('42["too early"]');
  await socket.next().catch(() => {});
});

sio("a middleware of one namespace does not guard another", "§1.12 use", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/guarded" }, { op: "use", nsp: "/guarded" });
  await c.obeyed();
  await c.joined("/");
});
