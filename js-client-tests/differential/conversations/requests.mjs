// Paths, methods, and the options that a handshake tells of.

import { eio, sio } from "../conversation.mjs";

const DEFAULT = {};

eio("a handshake tells the defaults", "§1.1; §1.4 open packet; §2 row 45", DEFAULT, async (c) => {
  await c.polling(undefined, { framing: true });
  await c.ws();
  await c.line("connection", { transport: "polling" });
  await c.line("connection", { transport: "websocket" });
});

eio(
  "a handshake tells the options",
  "§1.1 pingInterval, pingTimeout, maxHttpBufferSize",
  { options: { pingInterval: 12_345, pingTimeout: 6_789, maxHttpBufferSize: 4_321, upgradeTimeout: 1_000 } },
  async (c) => {
    await c.polling();
    await c.ws();
  },
);

eio(
  "without upgrades none is announced, and one that comes is taken",
  "§1.1 allowUpgrades",
  { options: { allowUpgrades: false } },
  async (c) => {
    const session = await c.polling();
    const socket = await session.upgraded();
    await c.line("upgrade");
    socket.send("4over");
    await c.line("message");
  },
);

eio(
  "where there is only polling, a WebSocket is refused",
  "§1.1 transports",
  { options: { transports: ["polling"] } },
  async (c) => {
    await c.polling();
    await c.get(c.url({ transport: "websocket" }));
  },
);

eio(
  "where there is only WebSocket, polling is refused",
  "§1.1 transports",
  { options: { transports: ["websocket"] } },
  async (c) => {
    await c.get(c.url({ transport: "polling" }));
    await c.ws();
  },
);

eio(
  "an order of transports that is turned around changes nothing",
  "§1.6 announce",
  { options: { transports: ["websocket", "polling"] } },
  async (c) => {
    await c.polling();
    await c.ws();
  },
);

eio(
  "a packet of the application comes with the first",
  "§1.1 initialPacket; §2 row 17",
  { options: { initialPacket: "hello" } },
  async (c) => {
    const session = await c.polling();
    const socket = await c.ws();
    await socket.next();
    await session.send("4a");
  },
);

eio(
  "the path is compared as a prefix, as it is written",
  "§1.1 path; §2 row 13",
  { options: { path: "/io" } },
  async (c) => {
    const query = "?EIO=4&transport=polling";
    await c.get(`/io/${query}`);
    await c.get(`/io/and/more${query}`);
    await c.get(`/io${query}`);
    await c.get(`/IO/${query}`);
    await c.get(`/%69o/${query}`);
    await c.get(`//io/${query}`);
    await c.get(`/other/${query}`);
    await c.get(`/ioo/${query}`);
  },
);

eio("a path may be given with its slash", "§1.1 path", { options: { path: "/with/slash/" } }, async (c) => {
  await c.polling();
  await c.get("/with/slash?EIO=4&transport=polling");
});

eio(
  "without the slash at its end a path is a prefix of more",
  "§1.1 addTrailingSlash",
  { options: { path: "/io", addTrailingSlash: false } },
  async (c) => {
    const query = "?EIO=4&transport=polling";
    await c.get(`/io${query}`);
    await c.get(`/io/${query}`);
    await c.get(`/iox${query}`);
    await c.ws();
  },
);

eio("without a slash at its end /engine.io is the path", "§1.1 path", DEFAULT, async (c) => {
  await c.get("/engine.io?EIO=4&transport=polling");
  await c.get("/");
  await c.request("POST", "/", { body: "x" }).answer;
});

eio(
  "a WebSocket that is for nobody is ended after a second",
  "§1.1 destroyUpgrade; §2 row 15",
  { timed: true },
  async (c) => {
    const started = performance.now();
    await c.socket("/other/?EIO=4&transport=websocket");
    c.note(performance.now() - started > 900 ? "after a second" : "at once");
  },
);

sio("the path of Socket.IO is /socket.io with a slash, and a prefix", "§1.10 path; §2 row 13", DEFAULT, async (c) => {
  const query = "?EIO=4&transport=polling";
  await c.get(`/socket.io/${query}`);
  await c.get(`/socket.io/foo/bar${query}`);
  await c.get(`/socket.io${query}`);
  await c.get("/");
  await c.get("/socket.io/");
});

sio("Socket.IO takes another path", "§1.10 path", { options: { path: "/my/own/" } }, async (c) => {
  const session = await c.polling();
  await c.join(session);
  await c.get("/socket.io/?EIO=4&transport=polling");
  await c.get("/my/own/socket.io.js", { headers: ["Accept-Encoding: identity"] });
});

sio("a Socket.IO handshake has no CONNECT", "§2 rows 17, 76", DEFAULT, async (c) => {
  const session = await c.polling();
  const socket = await c.ws();
  await session.send("40");
  await session.poll();
  socket.send("40");
  await socket.next();
  await c.line("connection");
  await c.line("connection");
});

eio(
  "with a session PUT, DELETE, PATCH, OPTIONS and HEAD are answered 500",
  "§1.5 other method; §2 row 10",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    for (const method of ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]) await c.request(method, session.url()).answer;
    await session.send("4still there");
    await c.line("message");
  },
);

eio(
  "what the driver is told of a session is what its first request said",
  "§1.4 properties; §2 row 59",
  DEFAULT,
  async (c) => {
    const session = await c.polling(
      { token: "abc", "a b": "c&d" },
      { headers: ["X-Mine: One", "Cookie: a=b", "User-Agent: test"] },
    );
    await c.line("connection");
    await session.upgraded();
    await c.line("upgrade");
    await c.ws({ token: "def" }, { headers: ["X-Mine: Two"] });
    await c.line("connection");
  },
);
