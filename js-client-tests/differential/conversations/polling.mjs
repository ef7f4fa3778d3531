// Long-polling: GETs that wait, POSTs that are processed, and how they get into each other's way.

import { eio } from "../conversation.mjs";

const DEFAULT = {};

eio("a waiting GET is answered when there is something to say", "§1.5 polling GET", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll({ framing: true });
  c.say({ op: "send", id: session.sid, t: "hello" });
  await get.answer;
});

eio("all that waits comes in one answer", "§2 rows 18, 33", DEFAULT, async (c) => {
  const session = await c.polling();
  const send = (fields) => ({ op: "send", id: session.sid, ...fields });
  c.say(
    send({ t: "one" }),
    send({ b: "AQIDBA==" }),
    send({ t: "" }),
    send({ b: "" }),
    send({ t: "é€😀" }),
    send({ n: 5 }),
  );
  await c.obeyed();
  c.say(send({ t: "last", cb: 1 }));
  await c.obeyed();
  await session.poll({ framing: true });
  await c.line("sent");
});

eio(
  "a waiting GET takes only the first of what is sent at once",
  "§1.5 polling GET; §1.2 flush",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    const get = await session.waitingPoll();
    c.say(...["one", "two", "three"].map((t) => ({ op: "send", id: session.sid, t })));
    await get.answer; // the rest comes with the next GET, if there is any
  },
);

eio("there is no limit to what one answer holds", "§2 row 33", { options: { maxHttpBufferSize: 100 } }, async (c) => {
  const session = await c.polling();
  for (const t of ["a".repeat(90), "b".repeat(300)]) c.say({ op: "send", id: session.sid, t });
  await c.obeyed();
  await session.poll();
});

eio("a POST is processed before it is answered", "§1.5 polling POST; §2 row 22", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post("4hello", { framing: true });
  await c.line("message");
  await session.post("4one\x1e4two\x1ebAQIDBA==");
  await c.line("message", { t: "two" });
});

eio("a second GET ends the session, and both are answered", "§1.5 overlap; §2 row 23", DEFAULT, async (c) => {
  const session = await c.polling();
  const first = await session.waitingPoll();
  await session.poll({ framing: true });
  await first.answer;
  await c.line("close");
  await session.poll();
});

eio("a second POST ends the session", "§1.5 POST overlap; §2 row 24", DEFAULT, async (c) => {
  const session = await c.polling();
  const first = c.request("POST", session.url(), { body: "4a", whole: false, headers: ["Content-Length: 10"] });
  await c.heard();
  await session.post("4second");
  await first.answer;
  await c.line("close");
  await session.poll();
});

eio("a second POST ends the session while a GET waits", "§1.5 POST overlap; §2 row 24", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  const first = c.request("POST", session.url(), { body: "4a", whole: false, headers: ["Content-Length: 10"] });
  await c.heard();
  await session.post("4second");
  await first.answer;
  await get.answer;
  await c.line("close");
});

eio(
  "a POST that is too large is answered 413, and the session lives on",
  "§1.5 too large; §2 rows 25, 26",
  { options: { maxHttpBufferSize: 10 } },
  async (c) => {
    const session = await c.polling();
    await session.post("4123456789");
    await c.line("message");
    await session.post("41234567890", { framing: true });
    await session.post("4still there".slice(0, 10));
    await c.line("message");
  },
);

eio("the size of a POST is counted in bytes", "§2 row 26", { options: { maxHttpBufferSize: 10 } }, async (c) => {
  const session = await c.polling();
  await session.post("4ééé€");
  await c.line("message");
  await session.post("4ééé€1");
  await session.post("4ok");
  await c.line("message");
});

eio(
  "a POST in pieces is counted as a whole",
  "§1.5 too large; §2 row 26",
  { options: { maxHttpBufferSize: 10 } },
  async (c) => {
    const session = await c.polling();
    const chunked = { headers: ["Transfer-Encoding: chunked"], whole: false };
    await c.request("POST", session.url(), { ...chunked, body: "3\r\n4ab\r\n2\r\ncd\r\n0\r\n\r\n" }).answer;
    await c.line("message");
    await c.request("POST", session.url(), { ...chunked, body: "6\r\n4abcde\r\n5\r\nfghij\r\n0\r\n\r\n" }).answer;
    await session.post("4ok");
    await c.line("message", { t: "ok" });
  },
);

eio("bytes as a POST end a session of protocol 4", "§1.5 octet-stream; §2 row 27", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post("4a", { headers: ["Content-Type: application/octet-stream"], framing: true });
  await c.line("close");
  await session.poll();
});

eio("bytes as a POST end a session while a GET waits", "§1.5 octet-stream; §2 row 27", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  await session.post("4a", { headers: ["Content-Type: application/octet-stream"] });
  await get.answer;
  await c.line("close");
});

eio("no other type of a POST matters", "§1.5 octet-stream; §2 row 27", DEFAULT, async (c) => {
  const session = await c.polling();
  const types = [
    "application/octet-stream; charset=x",
    "application/json",
    "text/plain;charset=UTF-8",
    "Application/Octet-Stream",
  ];
  for (const type of types) await session.post(`4${type}`, { headers: [`Content-Type: ${type}`] });
  await c.line("message", { t: types[3] });
});

eio("a GET that is dropped ends the session", "§1.5 premature abort; §2 row 28", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  get.abort();
  await c.line("close");
  await session.poll();
});

eio("a POST that is dropped ends the session", "§1.5 premature abort", DEFAULT, async (c) => {
  const session = await c.polling();
  const post = c.request("POST", session.url(), { body: "4a", whole: false, headers: ["Content-Length: 10"] });
  await c.heard();
  post.abort();
  await c.line("close");
  await session.poll();
});

eio("a request with Connection: close is like any other", "§2 row 29", DEFAULT, async (c) => {
  const session = await c.polling(undefined, { headers: ["Connection: close"] });
  await session.post("4a", { headers: ["Connection: close"] });
  await c.line("message");
  c.say({ op: "send", id: session.sid, t: "b" });
  await c.obeyed();
  await session.poll({ headers: ["Connection: close"] });
});

eio(
  "a client that says it leaves is let go, and its GET is answered",
  "§1.5 client `1`; §2 row 30",
  DEFAULT,
  async (c) => {
    const session = await c.polling();
    const get = await session.waitingPoll();
    await session.post("4before\x1e1\x1e4after");
    await get.answer;
    await c.line("close");
    await session.poll();
  },
);

eio("a client that says it leaves is let go without a GET", "§1.5 client `1`", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post("1");
  await c.line("close");
  await session.poll();
});

eio("when the server closes, a waiting GET is told", "§1.5 server close; §2 row 31", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  c.say({ op: "close", id: session.sid });
  await get.answer;
  await c.line("close");
  await session.poll();
});

eio("when the server closes, the next GET is told", "§1.5 server close; §2 row 31", DEFAULT, async (c) => {
  const session = await c.polling();
  c.say({ op: "close", id: session.sid });
  await c.obeyed();
  await session.post("4ignored");
  c.say({ op: "send", id: session.sid, t: "dropped" });
  await c.obeyed();
  await session.poll();
  await c.line("close");
  await session.poll();
});

eio("when the server closes, what waits is sent first", "§1.4 close; §2 row 31", DEFAULT, async (c) => {
  const session = await c.polling();
  c.say(
    { op: "send", id: session.sid, t: "one" },
    { op: "send", id: session.sid, t: "two" },
    { op: "close", id: session.sid },
  );
  await c.obeyed();
  await session.poll();
  await session.ended();
  await c.line("close");
});

eio("when the server closes with a discard, nothing that waits is sent", "§1.4 close(discard)", DEFAULT, async (c) => {
  const session = await c.polling();
  c.say({ op: "send", id: session.sid, t: "lost" }, { op: "close", id: session.sid, discard: true });
  await c.line("close");
  await session.poll();
});

eio("when the server closes with a discard, a waiting GET is told", "§1.4 close(discard)", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  c.say({ op: "close", id: session.sid, discard: true });
  await get.answer;
  await c.line("close");
});

eio("closing all sessions tells those who wait", "§1.2 close()", DEFAULT, async (c) => {
  const [waiting, other, socket] = [await c.polling(), await c.polling(), await c.ws()];
  const get = await waiting.waitingPoll();
  c.say({ op: "closeServer" });
  await get.answer;
  await socket.ended();
  for (const { sid } of [waiting, other, socket]) await c.line("close", { id: sid });
  await other.poll();
});

eio("a browser of old gets a header of its own", "§1.2 response headers; §2 row 36", DEFAULT, async (c) => {
  const agents = [
    "Mozilla/4.0 (compatible;MSIE 8.0)",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0)",
    "Mozilla/5.0 (X11) MSIE",
  ];
  for (const agent of agents) {
    const headers = [`User-Agent: ${agent}`];
    const session = await c.polling(undefined, { headers });
    await session.post("4a", { headers });
    await c.line("message");
  }
});

eio("no answer is to be stored", "§2 row 34", DEFAULT, async (c) => {
  const session = await c.polling();
  c.say({ op: "send", id: session.sid, t: "a" });
  await c.obeyed();
  await session.poll();
  await session.post("4a");
  await c.get(session.url({ sid: "unknown" }));
  await c.line("message");
});
