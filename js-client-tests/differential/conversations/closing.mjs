// How a socket's time ends, and for which reason.

import { TEXT } from "../../lib/frame.mjs";
import { overEach, sio } from "../conversation.mjs";

const DEFAULT = {};

overEach(
  sio,
  "the server disconnects a socket, and the connection stays",
  "§1.13 disconnect; §2 row 108",
  DEFAULT,
  async (c, session) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const sid = await c.join(session);
    await c.join(session, "/other");
    c.say({ op: "disconnect", nsp: "/", sid });
    await session.next();
    await c.line("disconnect", { sid });
    await session.send('42/other,["still here"]');
    await c.line("event");
    await c.join(session);
  },
);

overEach(
  sio,
  "the server disconnects the last socket, and the connection stays",
  "§2 row 108",
  DEFAULT,
  async (c, session) => {
    const sid = await c.join(session);
    c.say({ op: "disconnect", nsp: "/", sid });
    await session.next();
    await c.line("disconnect", { sid });
    await session.send('42["too late"]');
    await session.ended();
  },
);

overEach(
  sio,
  "the server disconnects a client from all",
  "§1.13 disconnect(true); §2 row 32",
  DEFAULT,
  async (c, session) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const sid = await c.join(session);
    const other = await c.join(session, "/other");
    c.say({ op: "disconnect", nsp: "/other", sid: other, close: true });
    await session.ended();
    await c.line("disconnect", { sid });
    await c.line("disconnect", { sid: other });
  },
);

sio("the server disconnects a client whose GET waits", "§2 row 32", DEFAULT, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  const get = await session.waitingPoll();
  c.say({ op: "disconnect", nsp: "/", sid, close: true });
  await get.answer;
  await session.ended();
  await c.line("disconnect", { sid });
});

overEach(sio, "what was emitted before the server disconnects arrives", "§2 row 32", DEFAULT, async (c, session) => {
  const sid = await c.join(session);
  c.say({ op: "emit", nsp: "/", sid, args: ["last words"] }, { op: "disconnect", nsp: "/", sid, close: true });
  await session.ended();
  await c.line("disconnect", { sid });
});

sio("a socket that left is not emitted to", "§1.13 emit", DEFAULT, async (c) => {
  c.say({ op: "of", nsp: "/other" });
  await c.obeyed();
  const socket = await c.joined();
  await c.join(socket, "/other");
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["before"] }, { op: "disconnect", nsp: "/", sid: socket.id });
  c.say({ op: "emit", nsp: "/", args: ["to nobody"] }, { op: "emit", nsp: "/other", args: ["marker"] });
  for (let packets = 0; packets < 3; packets += 1) await socket.next();
});

const REASONS = [
  ["closes its WebSocket", (socket) => socket.close(1000)],
  ["drops its connection", (socket) => socket.abort()],
  ["leaves its namespace", (socket) => socket.send("41")],
  ["sends a packet that Engine.IO cannot read", (socket) => socket.send("9")],
  ["sends a packet that Socket.IO cannot read", (socket) => socket.send("4x")],
  ["sends a frame that is broken", (socket) => socket.sendFrame(TEXT, "4", { reserved: 7 })],
  ["pings", (socket) => socket.send("2")],
  ["connects twice", (socket) => socket.send("40")],
];
for (const [name, leave] of REASONS) {
  sio(`the reason, in all its namespaces, when a client ${name}`, "§1.18; §2 row 106", DEFAULT, async (c) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const socket = await c.joined();
    await c.join(socket, "/other");
    c.say({ op: "join", nsp: "/", sid: socket.id, arg: ["a", "b"] });
    await c.obeyed();
    leave(socket);
    await c.line("disconnect", { nsp: "/" });
    if (name !== "leaves its namespace") await c.line("disconnect", { nsp: "/other" });
  });
}

sio(
  "the reason when a message is too large",
  "§1.18 transport error",
  { options: { maxHttpBufferSize: 100 } },
  async (c) => {
    const socket = await c.joined();
    socket.send(`42["${"a".repeat(200)}"]`);
    await socket.ended();
    await c.line("disconnect");
  },
);

const POLLING_REASONS = [
  ["says that it leaves", (session) => session.post("1")],
  ["sends nothing", (session) => session.post("")],
  ["sends bytes as text", (session) => session.post("4a", { headers: ["Content-Type: application/octet-stream"] })],
  ["pings", (session) => session.post("2")],
  ["sends a CONNECT again", (session) => session.post("40")],
  ["sends what Socket.IO cannot read", (session) => session.post("4x")],
];
for (const [name, leave] of POLLING_REASONS) {
  for (const waiting of [false, true]) {
    sio(
      `the reason when a polling client ${name}${waiting ? " while a GET waits" : ""}`,
      "§1.18; §2 row 84",
      DEFAULT,
      async (c) => {
        const session = await c.polling();
        await c.join(session);
        const get = waiting ? await session.waitingPoll() : undefined;
        await leave(session);
        await (get ? get.answer : session.poll());
        await c.line("disconnect");
      },
    );
  }
}

sio("the reason when a polling client asks twice", "§1.18 transport error; §2 row 23", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  const get = await session.waitingPoll();
  await session.poll();
  await get.answer;
  await c.line("disconnect");
});

sio("the reason when a polling client drops its GET", "§1.18 transport error; §2 row 28", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  const get = await session.waitingPoll();
  get.abort();
  await c.line("disconnect");
});

sio(
  "when the server shuts down, no socket is told, and each WebSocket is closed",
  "§1.11 close; §1.18 server shutting down; §2 row 109",
  DEFAULT,
  async (c) => {
    c.say({ op: "of", nsp: "/other" });
    await c.obeyed();
    const socket = await c.joined();
    await c.join(socket, "/other");
    const idle = await c.ws();
    c.say({ op: "close" });
    await socket.ended();
    await idle.ended();
    await c.end();
  },
);

sio("when the server shuts down, a waiting GET is told", "§1.11 close; §2 row 109", DEFAULT, async (c) => {
  const session = await c.polling();
  await c.join(session);
  const get = await session.waitingPoll();
  c.say({ op: "close" });
  await get.answer;
  await c.end();
});

sio("when the server shuts down, what was emitted before is sent", "§1.11 close", DEFAULT, async (c) => {
  const socket = await c.joined();
  c.say({ op: "emit", nsp: "/", sid: socket.id, args: ["last words"] }, { op: "close" });
  await socket.ended();
  await c.end();
});
