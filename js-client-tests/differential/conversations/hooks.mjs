// What an application decides: who may come in, and under which id.

import { eio, sio } from "../conversation.mjs";

const ASKED = { options: { allowRequest: "remote" } };
const POLLING = { transport: "polling" };

/** Answers the next question of that name. */
async function decide(c, name, ...a) {
  const { n } = await c.line("ask", { name });
  c.say({ op: "answer", n, a });
}

for (const [way, open] of [
  ["a request", "request"],
  ["a WebSocket", "socket"],
]) {
  const ask = (c, transport) => {
    const url = c.url({ transport });
    return open === "socket" ? c.socket(url, { headers: ["X-Mine: yes"] }) : c.get(url, { headers: ["X-Mine: yes"] });
  };
  const transport = open === "socket" ? "websocket" : "polling";

  eio(`${way} that is allowed opens a session`, "§1.1 allowRequest", ASKED, async (c) => {
    const asked = ask(c, transport);
    await decide(c, "allowRequest", null, true);
    await asked;
    await c.line("connection");
  });

  eio(`${way} that is not allowed is refused with code 4`, "§1.3 code 4; §2 rows 5, 6", ASKED, async (c) => {
    for (const answer of [[null, false], ["because", false], [null], ['with "quotes" and é', false]]) {
      const asked = ask(c, transport);
      await decide(c, "allowRequest", ...answer);
      await asked;
      await c.line("connection_error", { code: 4 });
    }
  });
}

eio("an error does not matter to one who is allowed", "§1.1 allowRequest", ASKED, async (c) => {
  const asked = c.get(c.url(POLLING));
  await decide(c, "allowRequest", "but", true);
  await asked;
  await c.line("connection");
});

eio("only who opens a session is asked about", "§1.1 allowRequest; §2 row 12", ASKED, async (c) => {
  const asked = c.polling();
  await decide(c, "allowRequest", null, true);
  const session = await asked;
  await session.post("4a");
  const socket = await session.upgraded();
  await c.line("upgrade");
  socket.send("4b");
  await c.line("message", { t: "b" });
});

eio("who is refused anyway is not asked about", "§2 row 1", ASKED, async (c) => {
  await c.get(c.url({ transport: "abc" }));
  await c.request("POST", c.url(POLLING)).answer;
  await c.get(c.url({ transport: "websocket" }));
  await c.get(c.url({ ...POLLING, sid: "unknown" }));
});

eio("who is of another protocol is asked about first", "§2 row 1", ASKED, async (c) => {
  const asked = c.get(c.url({ ...POLLING, EIO: 3 }));
  await decide(c, "allowRequest", null, true);
  await asked;
  const refused = c.get(c.url({ ...POLLING, EIO: 3 }));
  await decide(c, "allowRequest", null, false);
  await refused;
});

sio("a socket's client is refused with code 4", "§1.3 code 4", ASKED, async (c) => {
  const asked = c.get(c.url(POLLING));
  await decide(c, "allowRequest", "no", false);
  await asked;
});

/** Has the ids chosen by the script from now on. */
async function chooseIds(c) {
  const session = await c.polling();
  c.say({ op: "set", generateId: "remote" }, { op: "send", id: session.sid, t: "from now on" });
  await c.obeyed();
  await session.poll();
}

eio("an application chooses the id of a session", "§1.2 generateId", {}, async (c) => {
  await chooseIds(c);
  const asked = c.polling();
  await decide(c, "generateId", null, "my-id");
  const session = await asked;
  await session.post("4a");
  await c.line("message", { id: "my-id" });
  const socket = c.ws();
  await decide(c, "generateId", null, "other");
  (await socket).send("4b");
  await c.line("message", { id: "other" });
});

eio("without an id there is no session over polling", "§1.3 code 3 ID_GENERATION_ERROR; §2 row 7", {}, async (c) => {
  await chooseIds(c);
  const asked = c.get(c.url(POLLING));
  await decide(c, "generateId", "no id");
  await asked;
  await c.line("connection_error", { code: 3 });
});

eio("without an id there is no session over WebSocket", "§1.3 code 3 ID_GENERATION_ERROR; §2 row 7", {}, async (c) => {
  await chooseIds(c);
  const asked = c.socket(c.url({ transport: "websocket" }));
  await decide(c, "generateId", "no id");
  await (await asked).ended();
  await c.line("connection_error", { code: 3 });
});
