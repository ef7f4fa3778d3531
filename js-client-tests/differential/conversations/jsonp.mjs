// Polling by script tags.

import { eio, sio } from "../conversation.mjs";

const DEFAULT = {};
const FORM = { headers: ["Content-Type: application/x-www-form-urlencoded"] };

eio("a handshake by script calls a function", "§1.5 JSONP; §2 row 37", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  await c.line("connection");
  c.say({ op: "send", id: session.sid, t: "hello" }, { op: "send", id: session.sid, b: "AQID" });
  await c.obeyed();
  await session.poll();
});

for (const j of ["", "12", "1a2;alert(3)//", "abc"]) {
  eio(`of the name of the function only digits are taken: "${j}"`, "§1.5 JSONP; §2 row 37", DEFAULT, async (c) => {
    await c.polling({ j });
    await c.line("connection");
  });
}

eio("what is no script is escaped", "§2 row 37", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  c.say({ op: "send", id: session.sid, t: 'a\u2028b\u2029c"d\\e\nf</script>é😀\u0000' });
  await c.obeyed();
  await session.poll();
});

eio("a form brings packets", "§1.5 JSONP; §2 row 37", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  const form = (packets) => `d=${encodeURIComponent(packets)}`;
  await session.post(form("4hello"), FORM);
  await session.post(form("4one\x1e4two"), FORM);
  await session.post(form("4line\\nbreak"), FORM);
  await session.post(form("4not a\\\\nbreak"), FORM);
  await session.post(form("4a real\nbreak"), FORM);
  await session.post("d=4plus+is%20space", FORM);
  await session.post("d=4no+type&e=5");
  await session.post("e=5&d=4last", FORM);
  await c.line("message", { t: "last" });
});

eio("a form without packets is answered, and says nothing", "§1.5 JSONP", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  await session.post("e=4a", FORM);
  await session.post("d=4a&d=4b", FORM);
  await session.post("", FORM);
  await session.post("d=4last", FORM);
  await c.line("message", { t: "last" });
});

eio("a form with an empty packet ends the session", "§1.5 JSONP", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  await session.post("d=", FORM);
  await c.line("close");
});

eio("a session by script that the server closes is told", "§1.5 JSONP", DEFAULT, async (c) => {
  const session = await c.polling({ j: "3" });
  const get = await session.waitingPoll();
  c.say({ op: "close", id: session.sid });
  await get.answer;
  await c.line("close");
});

eio("a client of protocol 3 uses scripts too", "§1.5 JSONP; §1.9", { options: { allowEIO3: true } }, async (c) => {
  const session = await c.polling({ EIO: 3, j: "1", b64: "1" });
  await session.post(`d=${encodeURIComponent("6:4hello")}`, FORM);
  await c.line("message");
  c.say({ op: "send", id: session.sid, t: "€" }, { op: "send", id: session.sid, b: "AQID" });
  await c.obeyed();
  await session.poll();
});

sio("a socket may be connected by script", "§1.5 JSONP", DEFAULT, async (c) => {
  const session = await c.polling({ j: "0" });
  await session.post(`d=${encodeURIComponent('40{"token":1}')}`, FORM);
  const { sid } = await c.line("connection");
  await session.poll();
  c.say({ op: "emit", nsp: "/", sid, args: ["hello", 'say "hi"'] });
  await c.obeyed();
  await session.poll();
});
