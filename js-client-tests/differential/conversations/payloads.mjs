// What may be in a POST.

import { eio } from "../conversation.mjs";

const DEFAULT = {};

/** A conversation in which a POST is the last of a session. */
function ends(name, row, body) {
  eio(`${name} ends the session`, row, DEFAULT, async (c) => {
    const session = await c.polling();
    await session.post(body);
    await c.line("close");
    await session.poll();
  });
}

ends("an empty POST", "§2 row 21", "");
ends("a separator behind the last packet", "§2 row 21", "4one\x1e");
ends("a separator before the first packet", "§2 row 21", "\x1e4one");
ends("an unknown type between good packets", "§2 row 20", "4one\x1e9two\x1e4three");
ends("an unknown type alone", "§2 row 20", "abc");
ends("a ping", "§2 row 64", "4one\x1e2\x1e4three");

eio("a bad packet ends the session while a GET waits", "§2 row 20", DEFAULT, async (c) => {
  const session = await c.polling();
  const get = await session.waitingPoll();
  await session.post("4one\x1ex");
  await get.answer;
  await c.line("close");
});

eio("base64 in a POST is read leniently", "§1.8; §2 rows 18, 19", DEFAULT, async (c) => {
  const session = await c.polling();
  const spellings = [
    "bAQIDBA==",
    "bAQIDBA",
    "bAQIDBA=",
    "b-_-_",
    "b+/+/",
    "b",
    "bA",
    "b====",
    "b!A!Q!",
    "bAQ==ID",
    "bAQ ID",
    "bAQ\nID",
  ];
  for (const packet of spellings) {
    await session.post(packet);
    await c.line("message");
  }
});

eio("packets that mean nothing to an open session are ignored in a POST", "§1.4 other packets", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post("0\x1e5\x1e6\x1e3\x1e3abc\x1e4still there");
  await c.line("message");
});

eio("text comes as it is, whatever is in it", "§1.8", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post(`4é€😀\u0000\u2028"\\\n\x1e4 \x1e4`);
  await c.line("message", { t: "" });
  const get = await session.waitingPoll();
  c.say({ op: "send", id: session.sid, t: 'é€😀\u0000\u2028"\\\n' });
  await get.answer;
});

eio("a POST that is not UTF-8", "§1.5 polling POST", DEFAULT, async (c) => {
  const session = await c.polling();
  await session.post(Buffer.from([0x34, 0x61, 0xff, 0x62]));
  await c.request("POST", session.url(), { body: "4after" }).answer;
});

eio("a character that is cut in two by a chunk is whole", "§1.5 polling POST", DEFAULT, async (c) => {
  const session = await c.polling();
  const post = c.request("POST", session.url(), { headers: ["Transfer-Encoding: chunked"], whole: false });
  await c.heard();
  post.write(Buffer.from("33 0d0a 34e282 0d0a".replaceAll(" ", ""), "hex"));
  await c.heard();
  post.write(Buffer.from("31 0d0a ac 0d0a 30 0d0a 0d0a".replaceAll(" ", ""), "hex"));
  await post.answer;
  await c.line("message");
});

eio(
  "all that happens to packets is told in its order, over polling",
  "§1.4 events",
  { hears: ["packet", "packetCreate", "heartbeat", "flush", "drain"] },
  async (c) => {
    const session = await c.polling();
    await session.post("4one\x1ebAQID\x1e3");
    await c.line("heartbeat");
    c.say({ op: "send", id: session.sid, t: "two" }, { op: "send", id: session.sid, b: "AQID", cb: 1 });
    await c.obeyed();
    await session.poll();
    await c.line("sent");
  },
);

eio(
  "all that happens to packets is told in its order, over WebSocket",
  "§1.4 events",
  { hears: ["packet", "packetCreate", "heartbeat", "flush", "drain"] },
  async (c) => {
    const socket = await c.ws();
    socket.send("4one", Buffer.from([1, 2, 3]), "3");
    await c.line("heartbeat");
    c.say({ op: "send", id: socket.sid, t: "two", cb: 1 });
    await socket.next();
    await c.line("sent");
  },
);
