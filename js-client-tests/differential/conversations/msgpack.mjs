// The parser that packs whole packets.

import parser from "socket.io-msgpack-parser";

import { BINARY, TEXT } from "../../lib/frame.mjs";
import { sio } from "../conversation.mjs";

const PACKED = { options: { parser: "msgpack" } };
const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = [0, 1, 2, 3, 4];

const pack = (packet) => Buffer.from(new parser.Encoder().encode(packet)[0]);
const event = (...data) => pack({ type: EVENT, nsp: "/", data });
const hex = (text) => Buffer.from(text.replaceAll(" ", ""), "hex");

/** A WebSocket that has joined the main namespace, and the socket's id. */
async function joined(c) {
  const socket = await c.ws();
  socket.send(pack({ type: CONNECT, nsp: "/" }));
  await socket.next();
  const { sid } = await c.line("connection");
  return [socket, sid];
}

/** A conversation in which a packet ends the connection. */
function ends(name, row, packet) {
  sio(`MessagePack: ${name} ends the connection`, row, PACKED, async (c) => {
    const [socket] = await joined(c);
    socket.sendFrame(typeof packet === "string" ? TEXT : BINARY, packet);
    await socket.ended();
    await c.line("disconnect");
  });
}

sio("MessagePack: a CONNECT and its answer", "§1.8b msgpack wire; §2 row 126", PACKED, async (c) => {
  c.say({ op: "of", nsp: "/admin" });
  await c.obeyed();
  await joined(c);
  const socket = await c.ws();
  socket.send(pack({ type: CONNECT, nsp: "/admin", data: { token: "x" } }));
  await socket.next();
  await c.line("connection", { nsp: "/admin" });
  socket.send(pack({ type: CONNECT, nsp: "/nothing" }));
  await socket.next();
});

sio("MessagePack: a CONNECT with undefined data, and without any", "§2 row 126", PACKED, async (c) => {
  for (const packet of [
    hex("83 a474797065 00 a464617461 d40000 a36e7370 a12f"),
    hex("82 a474797065 00 a36e7370 a12f"),
  ]) {
    const socket = await c.ws();
    socket.send(packet);
    await socket.next();
    await c.line("connection");
  }
});

for (const [name, data] of [
  ["null", null],
  ["text", "x"],
  ["a number", 1],
]) {
  sio(
    `MessagePack: a CONNECT with ${name} for data ends the connection`,
    "§1.8b validation; §2 row 126",
    PACKED,
    async (c) => {
      const socket = await c.ws();
      socket.send(pack({ type: CONNECT, nsp: "/", data }));
      await socket.ended();
    },
  );
}

sio("MessagePack: events with all kinds of values come", "§1.8b msgpack wire", PACKED, async (c) => {
  const [socket] = await joined(c);
  socket.send(
    event(
      "all",
      null,
      true,
      -1,
      1.5,
      70_000,
      -70_000,
      2 ** 40,
      "é€😀",
      [1, [2]],
      { a: { b: null } },
      Buffer.from([1, 2]),
    ),
  );
  await c.line("event");
  socket.send(
    event(
      "a".repeat(300),
      "b".repeat(70_000),
      Array.from({ length: 20 }, (_, n) => n),
      Buffer.alloc(300),
    ),
  );
  await c.line("event");
});

sio("MessagePack: events with all kinds of values go", "§1.8b msgpack wire", PACKED, async (c) => {
  const [socket, sid] = await joined(c);
  const args = [
    "all",
    null,
    true,
    -1,
    1.5,
    70_000,
    -70_000,
    1_099_511_627_776,
    "é€😀",
    [1, [2]],
    { b: { a: null } },
    { $b: "AQI=" },
  ];
  c.say({ op: "emit", nsp: "/", sid, args }, { op: "emit", nsp: "/", args: ["to all", { $b: "Aw==" }] });
  await socket.next();
  await socket.next();
  c.say({
    op: "emit",
    nsp: "/",
    sid,
    args: ["lengths", "b".repeat(31), "b".repeat(32), "b".repeat(256), "b".repeat(70_000)],
  });
  await socket.next();
  c.say({
    op: "emit",
    nsp: "/",
    sid,
    args: [
      "numbers",
      127,
      128,
      255,
      256,
      65_535,
      65_536,
      4_294_967_295,
      4_294_967_296,
      -32,
      -33,
      -128,
      -129,
      -32_768,
      -32_769,
    ],
  });
  await socket.next();
});

sio("MessagePack: acknowledgements go both ways", "§1.8b; §1.16", PACKED, async (c) => {
  const [socket, sid] = await joined(c);
  socket.send(
    pack({ type: EVENT, nsp: "/", data: ["question"], id: 0 }),
    pack({ type: EVENT, nsp: "/", data: ["large"], id: 70_000 }),
  );
  for (const name of ["question", "large"]) {
    const { n } = await c.line("event", ({ args }) => args[0] === name);
    c.say({ op: "ack", n, args: ["answer", { $b: "AQI=" }] });
    await socket.next();
  }
  c.say({ op: "emit", nsp: "/", sid, args: ["question"], ackN: 1 });
  await socket.next();
  socket.send(pack({ type: ACK, nsp: "/", data: ["answer", Buffer.from([1])], id: 0 }));
  await c.line("res", { n: 1 });
});

sio("MessagePack: an acknowledgement id may be written as a float", "§2 row 127", PACKED, async (c) => {
  const [socket] = await joined(c);
  socket.send(hex("84 a474797065 cb4000000000000000 a464617461 91 a161 a26964 cb401c000000000000 a36e7370 a12f"));
  const { n } = await c.line("event");
  c.say({ op: "ack", n, args: [] });
  await socket.next();
});

sio("MessagePack: a date comes as a date", "§1.8b msgpack wire; §2 row 126", PACKED, async (c) => {
  const [socket] = await joined(c);
  socket.send(event("date", new Date(1_700_000_000_123)));
  await c.line("event");
});

sio("MessagePack: a disconnect, and one by the server", "§1.8b", PACKED, async (c) => {
  const [socket] = await joined(c);
  socket.send(pack({ type: DISCONNECT, nsp: "/" }));
  await c.line("disconnect");
  const [other, sid] = await joined(c);
  c.say({ op: "disconnect", nsp: "/", sid });
  await other.next();
  await c.line("disconnect", { sid });
});

sio("MessagePack: a middleware refuses", "§1.8b", PACKED, async (c) => {
  c.say({ op: "use", nsp: "/" });
  await c.obeyed();
  const socket = await c.ws();
  for (const refusal of [{ message: "no", data: { code: 1 } }, { message: "no" }]) {
    socket.send(pack({ type: CONNECT, nsp: "/" }));
    const { n } = await c.line("ask");
    c.say({ op: "answer", n, a: [refusal] });
    await socket.next();
  }
});

sio(
  "MessagePack: a POST brings packets in base64, and bytes go so",
  "§1.8b msgpack wire; §2 row 128",
  PACKED,
  async (c) => {
    const session = await c.polling();
    await session.send(pack({ type: CONNECT, nsp: "/" }), "3");
    await c.line("connection");
    await session.next();
    await session.send(event("hello"));
    const { sid } = await c.line("event");
    c.say({ op: "emit", nsp: "/", sid, args: ["back", 1] });
    await session.next();
  },
);

ends("text", "§1.8b validation", '42["a"]');
ends("nothing", "§1.8b validation", Buffer.alloc(0));
ends("a packet with bytes behind it", "§1.8b validation", Buffer.concat([event("a"), Buffer.from([1])]));
ends("a packet that is cut off", "§1.8b validation", event("a", "bcdef").subarray(0, -2));
ends("a packet that is no map", "§1.8b validation", hex("93 02 a12f 91"));
ends("a type that there is not", "§1.8b validation", pack({ type: 5, nsp: "/", data: ["a"] }));
ends("a type that is text", "§1.8b validation", pack({ type: "2", nsp: "/", data: ["a"] }));
ends("no namespace", "§1.8b validation", pack({ type: EVENT, data: ["a"] }));
ends("a namespace that is a number", "§1.8b validation", pack({ type: EVENT, nsp: 1, data: ["a"] }));
ends("an event that is no list", "§1.8b validation", pack({ type: EVENT, nsp: "/", data: { a: 1 } }));
ends("an event without data", "§1.8b validation", pack({ type: EVENT, nsp: "/" }));
ends("an id that is no integer", "§1.8b validation", pack({ type: EVENT, nsp: "/", data: ["a"], id: 1.5 }));
ends("an id that is text", "§1.8b validation", pack({ type: EVENT, nsp: "/", data: ["a"], id: "1" }));
ends("a disconnect with data", "§1.8b validation", pack({ type: DISCONNECT, nsp: "/", data: {} }));
ends("a CONNECT_ERROR", "§1.8b validation; §2 row 83", pack({ type: CONNECT_ERROR, nsp: "/", data: { message: "x" } }));
ends("a second CONNECT", "§2 row 81", pack({ type: CONNECT, nsp: "/" }));
ends("an event of a namespace that was not joined", "§2 row 82", pack({ type: EVENT, nsp: "/other", data: ["a"] }));

sio("MessagePack: the client's file of it is served", "§1.8b client bundle", PACKED, async (c) => {
  await c.get("/socket.io/socket.io.msgpack.min.js", { headers: ["Accept-Encoding: identity"] });
});
