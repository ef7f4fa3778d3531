// What is on the wire where clients of Engine.IO 3 are let in.

import "../../lib/eio3.mjs";

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ours } from "../../lib/ours.mjs";
import { origin } from "../../lib/server.mjs";
import { within } from "../../lib/wait.mjs";
import { Ws } from "../../lib/ws.mjs";

const BYTES = { "content-type": "application/octet-stream" };

/** A session that polls, by whatever parameters. */
class Session {
  static async open(query, path = "/engine.io/") {
    const address = `${origin}${path}?transport=polling&${query}`;
    const opened = await within(fetch(address), "the session to open");
    const body = await opened.text();
    assert.equal(opened.status, 200, body);
    const [, sid] = /sid\\?":\\?"([\w-]{20})/.exec(body);
    const session = new Session();
    Object.assign(session, { sid, opened: body, address: `${address}&sid=${sid}` });
    return session;
  }

  /** Polls, and returns the content type and the body as one character a byte. */
  async poll() {
    const answer = await within(fetch(this.address), "the answer to a poll");
    assert.equal(answer.status, 200);
    const body = Buffer.from(await answer.arrayBuffer());
    return { type: answer.headers.get("content-type"), body: body.toString("latin1"), text: body.toString() };
  }

  async post(body, headers) {
    const answer = await within(fetch(this.address, { method: "POST", body, headers }), "the answer to a post");
    assert.deepEqual([answer.status, await answer.text()], [200, "ok"]);
  }

  websocket(query) {
    return Ws.connect(`/engine.io/?transport=websocket&sid=${this.sid}&${query}`);
  }
}

const bytes = (text) => Buffer.from(text, "latin1");

describe("a body of text", () => {
  test("begins with the open packet and its length", async () => {
    const { opened } = await Session.open("EIO=3");
    const [, length, packet] = /^(\d+):(.*)$/.exec(opened);
    assert.equal(packet.length, Number(length));
    assert.deepEqual(Object.keys(JSON.parse(packet.slice(1))), [
      "sid",
      "upgrades",
      "pingInterval",
      "pingTimeout",
      "maxPayload",
    ]);
  });

  test("counts UTF-16 code units", async () => {
    const session = await Session.open("EIO=3");
    await session.post("6:4hello2:4€3:4😀1:4");
    const { type, text } = await session.poll();
    assert.deepEqual([type, text], ["text/plain; charset=UTF-8", "6:4hello2:4€3:4😀1:4"]);
  });

  test("has bytes as base64 for who asks for it at first", async () => {
    const session = await Session.open("EIO=3&b64=1");
    session.address = session.address.replace("&b64=1", "");
    await session.post("2:4a6:b4AQID");
    assert.equal((await session.poll()).text, "2:4a6:b4AQID");
  });
});

describe("a body with bytes", () => {
  test("is for who can read it, and only if there are some", async () => {
    const session = await Session.open("EIO=3");
    await session.post(bytes("\x00\x04\xff4\xe2\x82\xac\x01\x04\xff\x04\x01\x02\x03"), BYTES);
    const { type, body } = await session.poll();
    assert.equal(type, "application/octet-stream");
    assert.equal(body, "\x00\x04\xff4\xe2\x82\xac\x01\x04\xff\x04\x01\x02\x03");
    await session.post(bytes("\x00\x04\xff4\xe2\x82\xac"), BYTES);
    assert.equal((await session.poll()).text, "2:4€");
  });
});

describe("a WebSocket", () => {
  test("has the type of a packet before its bytes", async () => {
    const socket = await Ws.connect("/engine.io/?EIO=3&transport=websocket", { silent: true });
    assert.match(await socket.next(), /^0\{/);
    socket.send("4€", bytes("\x04\x01\x02"), "b4AQI=");
    assert.equal(await socket.next(), "4€");
    for (const _ of [1, 2]) assert.deepEqual(await socket.next(), bytes("\x04\x01\x02"));
    socket.close();
  });

  test("has bytes as base64 for who asks for it", async () => {
    for (const [query, packet] of [
      ["EIO=3&b64=1", "b4AQI="],
      ["EIO=4&b64=1", "bAQI="],
    ]) {
      const socket = await Ws.connect(`/engine.io/?${query}&transport=websocket`, { silent: true });
      assert.match(await socket.next(), /^0\{/);
      socket.send(packet);
      assert.equal(await socket.next(), packet);
      socket.close();
    }
  });

  test("takes over from polling", async () => {
    const session = await Session.open("EIO=3");
    const socket = await session.websocket("EIO=3");
    const poll = session.poll();
    socket.send("2probe");
    assert.equal(await socket.next(), "3probe");
    assert.equal((await poll).text, "1:6");
    socket.send("5", "4a", "2");
    assert.equal(await socket.next(), "4a");
    assert.equal(await socket.next(), "3");
    socket.close();
  });
});

describe("the heartbeat", () => {
  test("is the client's part, and a pong says nothing but that", async () => {
    const session = await Session.open("EIO=3");
    await session.post("1:2");
    assert.equal((await session.poll()).text, "1:3");
    await session.post("6:2hello");
    assert.equal((await session.poll()).text, "1:3");
  });

  test("ends a session whose client does not ping", async () => {
    const socket = await Ws.connect("/engine.io/?EIO=3&transport=websocket", { silent: true });
    assert.match(await socket.next(), /^0\{/);
    socket.send("4a");
    assert.equal(await socket.next(), "4a");
    assert.equal(await socket.ended(), 1005);
  });

  test("is in one direction", async () => {
    const socket = await Ws.connect("/engine.io/?EIO=3&transport=websocket", { silent: true });
    assert.match(await socket.next(), /^0\{/);
    socket.send("3");
    assert.equal(await socket.ended(300), 1005);
  });
});

test("a session keeps to its revision", async () => {
  for (const [own, other] of ["34", "43"]) {
    const session = await Session.open(`EIO=${own}`);
    const answer = await fetch(session.address.replace(`EIO=${own}`, `EIO=${other}`));
    assert.deepEqual([answer.status, await answer.json()], [400, { code: 3, message: "Bad request" }]);
    await session.post(own === "3" ? "2:4a" : "4a");
    assert.equal((await session.poll()).text, own === "3" ? "2:4a" : "4a");
  }
});

describe("JSONP", () => {
  for (const [query, sent, script] of [
    ["EIO=3", "2:4\u20284:4\"\n\\", '2:4\\u20284:4\\"\\n\\\\'],
    ["EIO=4", '4\u2028\x1e4"\n\\', '4\\u2028\\u001e4\\"\\n\\\\'],
  ]) {
    test(`has scripts and forms with ${query}`, async () => {
      const session = await Session.open(`${query}&j=7`);
      assert.match(session.opened, /^___eio\[7\]\("/);
      await session.post(new URLSearchParams({ d: sent.replaceAll("\\n", "\\\n").replaceAll("\n", "\\n") }));
      assert.equal((await session.poll()).text, `___eio[7]("${script}");`);
      await session.post(new URLSearchParams({ nothing: "here" }));
      const text = query === "EIO=3" ? "3:4\\\\n" : "4\\\\n";
      await session.post(new URLSearchParams({ d: text }));
      assert.ok((await session.poll()).text.endsWith('4\\\\n");'));
    });
  }

  test("takes the digits of the callback, and nothing else", async () => {
    for (const [j, index] of [
      ["1];alert(1);[2", "112"],
      ["", ""],
    ]) {
      const { opened } = await Session.open(`EIO=3&j=${encodeURIComponent(j)}`);
      assert.ok(opened.startsWith(`___eio[${index}]("`), opened);
    }
  });

  ours("is a script, also for browsers that do not guess", async () => {
    const session = await Session.open("EIO=3&j=0");
    await session.post(new URLSearchParams({ d: "2:4a" }));
    assert.equal((await session.poll()).type, "text/javascript; charset=UTF-8");
  });

  test("has bytes as base64", async () => {
    const session = await Session.open("EIO=3&j=0&b64=1");
    await session.post(new URLSearchParams({ d: "6:b4AQID" }));
    assert.equal((await session.poll()).text, '___eio[0]("6:b4AQID");');
  });
});

describe("Socket.IO", () => {
  /** Opens a session and returns it with all that the server says at first. */
  const open = async () => {
    const session = await Session.open("EIO=3&b64=1", "/socket.io/");
    let said = session.opened.slice(session.opened.indexOf("}") + 1);
    while (!said.includes("auth")) said += (await session.poll()).text;
    return { session, said };
  };
  const packet = (text) => `${text.length}:${text}`;

  test("lets a client into the main namespace unasked", async () => {
    const { session, said } = await open();
    assert.equal(said, packet("40") + packet('42["auth",{}]'));
    await session.post(packet('42["message",1]'));
    assert.equal((await session.poll()).text, packet('42["message-back",1]'));
  });

  test("knows a client in other namespaces by the query", async () => {
    const { session } = await open();
    await session.post(packet("40/custom?token=a%20b&token=c+d,"));
    let said = "";
    while (!said.includes("auth")) said += (await session.poll()).text;
    assert.equal(said, packet("40/custom,") + packet('42/custom,["auth",{"token":"c d"}]'));
    await session.post(packet('42/custom?token=c,7["message-with-ack",1]'));
    assert.equal((await session.poll()).text, packet("43/custom,7[1]"));
  });

  test("refuses with the data, or the message", async () => {
    const { session } = await open();
    for (const [namespace, answer] of [
      ["/refused", '"not you"'],
      ["/refused-with-data", '{"code":42}'],
      ["/unknown", '{"message":"Invalid namespace"}'],
    ]) {
      await session.post(packet(`40${namespace}?a=1,`));
      assert.equal((await session.poll()).text, packet(`44${namespace},${answer}`));
    }
  });

  test("is left by a client that asks for the main namespace", async () => {
    const { session } = await open();
    const poll = session.poll();
    await session.post(packet("40"));
    assert.equal((await poll).text, "1:1");
  });
});
