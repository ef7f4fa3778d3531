// Cookies, CORS, compression, and what an application may change of an answer.

import { eio, sio } from "../conversation.mjs";

const ORIGIN = "Origin: http://a.example";
const PREFLIGHT = [
  ORIGIN,
  "Access-Control-Request-Method: POST",
  "Access-Control-Request-Headers: x-one, content-type",
];

for (const [name, cookie] of [
  ["by default", true],
  ["with a name and a path", { name: "session", path: "/io" }],
  ["without a path", { name: "io", path: false }],
  ["that scripts may read", { name: "io", httpOnly: false, sameSite: "strict" }],
  [
    "with all that a cookie may have",
    { name: "io", domain: "a.example", maxAge: 60, secure: true, sameSite: "none", path: "/x", httpOnly: true },
  ],
  ["without SameSite", { name: "io", sameSite: false }],
]) {
  eio(
    `a cookie ${name} comes with the first answer alone`,
    "§1.1 cookie; §1.7 cookie; §2 row 46",
    { options: { cookie } },
    async (c) => {
      const session = await c.polling();
      await session.post("4a");
      await c.ws();
      await c.line("message");
      c.say({ op: "send", id: session.sid, t: "a" });
      await c.obeyed();
      await session.poll();
    },
  );
}

/** A conversation of the requests that a page of another origin makes. */
function cors(name, options, ...more) {
  eio(`CORS: ${name}`, "§1.7 CORS; §1.1 cors", { options: { cors: options } }, async (c) => {
    const url = c.url({ transport: "polling" });
    await c.request("OPTIONS", url, { headers: PREFLIGHT, framing: true }).answer;
    const session = await c.polling(undefined, { headers: [ORIGIN] });
    await session.post("4a", { headers: [ORIGIN] });
    await c.get(c.url({ transport: "abc" }), { headers: [ORIGIN] });
    await c.request("OPTIONS", session.url(), { headers: PREFLIGHT }).answer;
    for (const header of more) await c.get(url, { headers: [header] });
    await c.get(url);
    await c.line("message");
  });
}

cors("the origin of the request", { origin: true });
cors("any origin", { origin: "*" });
cors("one origin, and this is it", { origin: "http://a.example" });
cors("one origin, and it is another", { origin: "http://b.example" });
cors(
  "a list of origins",
  { origin: ["http://a.example", "http://b.example"] },
  "Origin: http://b.example",
  "Origin: http://c.example",
);
cors("credentials", { origin: "http://a.example", credentials: true });
cors("methods and headers", { origin: true, methods: ["GET", "POST"], allowedHeaders: ["x-mine", "x-yours"] });
cors("methods and headers as text", {
  origin: true,
  methods: "GET,POST",
  allowedHeaders: "x-mine",
  exposedHeaders: "x-shown",
});
cors("exposed headers and an age", { origin: true, exposedHeaders: ["x-a", "x-b"], maxAge: 600 });
cors("another status for preflights", { origin: true, optionsSuccessStatus: 200 });

eio("without CORS no header of it is sent", "§1.7 CORS disabled", {}, async (c) => {
  const session = await c.polling(undefined, { headers: [ORIGIN] });
  await c.request("OPTIONS", c.url({ transport: "polling" }), { headers: PREFLIGHT }).answer;
  await c.request("OPTIONS", session.url(), { headers: PREFLIGHT }).answer;
});

sio(
  "CORS headers come with refusals and with the client's files",
  "§1.7 CORS on errors & static",
  { options: { cors: { origin: "http://a.example" } } },
  async (c) => {
    await c.get(c.url({ transport: "abc" }), { headers: [ORIGIN] });
    await c.get("/socket.io/socket.io.js", { headers: [ORIGIN] });
    await c.request("OPTIONS", "/socket.io/socket.io.js", { headers: PREFLIGHT }).answer;
  },
);

/** A conversation in which a long and a short text are polled by clients of these wishes. */
function compressed(name, options, accepts, messages) {
  eio(`compression: ${name}`, "§1.7 http compression; §1.1 httpCompression; §2 row 35", { options }, async (c) => {
    for (const accept of accepts) {
      const session = await c.polling();
      for (const message of messages) {
        c.say({ op: "send", id: session.sid, ...message });
        await c.obeyed();
        await session.poll({ headers: accept ? [`Accept-Encoding: ${accept}`] : [], framing: true });
      }
    }
  });
}

const LONG = { t: "a".repeat(1_100) };
const WISHES = [
  "gzip",
  "deflate",
  "gzip, deflate, br",
  "deflate, gzip",
  "br",
  "identity",
  undefined,
  "*",
  "gzip;q=0, deflate",
  "gzip;q=0.1, deflate;q=0.9",
];
compressed("what the client takes", {}, WISHES, [LONG]);
compressed(
  "from 1,024 bytes on",
  {},
  ["gzip"],
  [{ t: "a".repeat(1_022) }, { t: "a".repeat(1_023) }, { t: "é".repeat(512) }],
);
compressed(
  "from another size on",
  { httpCompression: { threshold: 10 } },
  ["gzip"],
  [{ t: "12345678" }, { t: "123456789" }],
);
compressed("none", { httpCompression: false }, ["gzip"], [LONG]);
compressed(
  "not of what says no",
  {},
  ["gzip"],
  [
    { ...LONG, opts: { compress: false } },
    { ...LONG, opts: { compress: true } },
  ],
);
compressed("of bytes", {}, ["gzip"], [{ b: Buffer.alloc(1_000).toString("base64") }]);

eio("compression: of all if one of them wants it", "§2 row 35", {}, async (c) => {
  const session = await c.polling();
  const send = (compress) => ({ op: "send", id: session.sid, ...LONG, opts: { compress } });
  c.say(send(false), send(true), send(false));
  await c.obeyed();
  await session.poll({ headers: ["Accept-Encoding: gzip"] });
  c.say(send(false), send(false));
  await c.obeyed();
  await session.poll({ headers: ["Accept-Encoding: gzip"] });
});

const OFFER = ["Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover"];
const LONG_ENOUGH = "4" + "a".repeat(1_100);

for (const perMessageDeflate of [true, { threshold: 10 }]) {
  eio(
    `a WebSocket is compressed, ${JSON.stringify(perMessageDeflate)}`,
    "§1.7 ws compression; §1.1 perMessageDeflate",
    { options: { perMessageDeflate } },
    async (c) => {
      const socket = await c.ws(undefined, { headers: OFFER });
      for (const t of ["short", "longer than ten", LONG_ENOUGH]) c.say({ op: "send", id: socket.sid, t });
      for (let frames = 0; frames < 3; frames += 1) await socket.next();
      c.say({ op: "send", id: socket.sid, b: Buffer.alloc(2_000).toString("base64") });
      await socket.next();
      socket.send("4not compressed");
      await c.line("message");
    },
  );
}

eio(
  "a WebSocket whose client offers no compression is not compressed",
  "§1.7 ws compression",
  { options: { perMessageDeflate: true } },
  async (c) => {
    const socket = await c.ws();
    c.say({ op: "send", id: socket.sid, t: LONG_ENOUGH });
    await socket.next();
  },
);

eio("without compression an offer of it is left alone", "§1.1 perMessageDeflate", {}, async (c) => {
  const socket = await c.ws(undefined, { headers: OFFER });
  c.say({ op: "send", id: socket.sid, t: LONG_ENOUGH });
  await socket.next();
});

eio(
  "an offer that leaves the choice is answered",
  "§1.7 ws compression",
  { options: { perMessageDeflate: true } },
  async (c) => {
    await c.ws(undefined, { headers: ["Sec-WebSocket-Extensions: permessage-deflate"] });
    await c.ws(undefined, { headers: ["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"] });
  },
);

eio(
  "headers of an application come with the first answers alone",
  "§1.2 initial_headers; §2 row 46",
  { options: { initialHeaders: { "X-Mine": "one", "Set-Cookie": "a=b" } } },
  async (c) => {
    const session = await c.polling();
    await session.post("4a");
    await c.ws();
    await session.upgrade();
    await c.get(c.url({ transport: "abc" }));
    await c.line("message");
  },
);

sio("an emit that is not to be compressed is not", "§1.13 compress; §2 row 35", {}, async (c) => {
  const session = await c.polling();
  const sid = await c.join(session);
  for (const compress of [false, true]) {
    c.say({ op: "emit", nsp: "/", sid, args: ["a".repeat(1_100)], flags: { compress } });
    await c.obeyed();
    await session.poll({ headers: ["Accept-Encoding: gzip"] });
    c.say({ op: "emit", nsp: "/", args: ["b".repeat(1_100)], flags: { compress } });
    await c.obeyed();
    await session.poll({ headers: ["Accept-Encoding: gzip"] });
  }
});
