// What has brought such servers down. Whatever happens to the sender, the others must not notice.

import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";

import { CONTINUATION, frame, FrameClient, PING, PONG, TEXT, upgradeHead } from "../../lib/frames.mjs";
import { address, get, Polling, post } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertEchoes, assertServes, joined, overEachTransport } from "../../lib/sessions.mjs";
import { head, Tcp } from "../../lib/tcp.mjs";
import { timed } from "../../lib/timed.mjs";
import { within } from "../../lib/wait.mjs";
import { Ws } from "../../lib/ws.mjs";

const HANDSHAKE = address("/engine.io/", { transport: "polling" });
const WEBSOCKET = address("/engine.io/", { transport: "websocket" });
const MARKER = '["message","marker"]';

afterEach(assertServes);

/** Waits until the server has dealt with all that a session sent: it has closed it, or it answers again. */
async function settled(session) {
  try {
    await session.send(`42${MARKER}`);
    while ((await session.next()) !== '42["message-back","marker"]');
  } catch {
    await session.ended(2_000);
  }
}

overEachTransport((Session) => {
  const digits = "1".repeat(500_000);
  const letters = "a".repeat(500_000);

  for (const [what, packet] of [
    ["a number of attachments with half a million digits", `45${digits}-["message"]`],
    ["an acknowledgement id with half a million digits", `42${digits}["message-with-ack"]`],
    ["half a million digits and nothing else", `4${"2".repeat(500_000)}`],
    ["an answer with half a million digits", `43${digits}[]`],
    ["a namespace of half a million letters", `40/${letters},`],
    ["an event name of half a million letters", `42["${letters}",1]`],
    ["half a million commas", `42["message"${",".repeat(500_000)}]`],
    ["half a million escapes", `42["message","${"\\u0061".repeat(150_000)}"]`],
    ["a number with half a million digits", `42["message",${digits}]`],
    ["a number beyond all numbers", '42["message",1e999,-1e999,1e-999]'],
    ["half a character", '42["message","\\ud800","\\udc00\\ud800"]'],
    ["keys that JavaScript objects are born with", '42["message",{"__proto__":{"a":1},"constructor":{"prototype":{"a":1}}}]'],
    ["an object that cannot be written as a string", '42["message",{"toString":null,"toJSON":1,"valueOf":[]}]'],
    ["the same key ten thousand times", `42["message",{${'"a":1,'.repeat(10_000)}"a":2}]`],
  ]) {
    test(`${what}`, async () => {
      const session = await joined(Session);
      await session.send(packet);
      await settled(session);
    });
  }

  ours("JSON nested a hundred thousand times", async () => {
    const depth = 100_000;
    for (const [open, close] of [["[", "]"], ['{"a":', "}"]]) {
      for (const prefix of ['42["message",', '421["message-with-ack",', '42["unknown",', '40{"token":']) {
        const session = prefix[1] === "0" ? await Session.open("/socket.io/") : await joined(Session);
        const nested = open.repeat(depth) + 1 + close.repeat(depth);
        await session.send(prefix + nested + (prefix[1] === "0" ? "}" : "]"));
        await settled(session);
      }
    }
  });

  test("more attachments than a header may announce", async () => {
    const session = await joined(Session);
    await session.send('4599999-["message",{"_placeholder":true,"num":0}]', ...Array.from({ length: 100 }, () => Buffer.of(1)));
    await session.ended();
  });

  test("attachments for a header that announces none", async () => {
    const session = await joined(Session);
    await session.send('450-["message"]', ...Array.from({ length: 100 }, () => Buffer.of(1)));
    await session.ended();
  });

  test("a flood of answers to pings that nobody sent", async () => {
    const session = await joined(Session);
    await session.send(...Array.from({ length: 20_000 }, () => "3"));
    await settled(session);
  });

  test("a flood of namespaces that do not exist", async () => {
    const session = await joined(Session);
    await session.send(...Array.from({ length: 500 }, (_, index) => `40/random${index},`));
    await settled(session);
  });

  test("a flood of acknowledgements that nobody asked for", async () => {
    const session = await joined(Session);
    await session.send(...Array.from({ length: 900 }, (_, index) => `43${index}[]`));
    await settled(session);
  });
});

describe("over polling", () => {
  test("half a million packets in one request do not hold up anybody else", async () => {
    const session = await Polling.open();
    const neighbour = await Ws.open();
    const flood = post(session.address, "6\x1e".repeat(499_999) + "6", { patience: 20_000 });
    await within(assertEchoes(neighbour), "the neighbour's echo", 1_000);
    assert.ok([200, 400, 413].includes((await flood).status));
    await assertEchoes(neighbour);
  });

  test("a million separators", async () => {
    const session = await Polling.open();
    const { status } = await session.post("\x1e".repeat(1_000_000));
    assert.ok([200, 400].includes(status));
    await session.ended();
  });

  for (const sid of ["%00", "%0d%0a", "../x", "%ff%fe", "x".repeat(10_000), "é😀"]) {
    test(`the session id ${JSON.stringify(sid.slice(0, 20))} opens no session`, async () => {
      const { status, body } = await get(`/engine.io/?EIO=4&transport=polling&sid=${encodeURI(sid).replaceAll("%25", "%")}`);
      assert.deepEqual([status, body], [400, '{"code":1,"message":"Session ID unknown"}']);
    });
  }

  ours("session ids do not count the sessions", async () => {
    const tails = [];
    for (let count = 0; count < 10; count += 1) {
      const { sid } = await Polling.open();
      tails.push(Buffer.from(sid, "base64url").readUIntBE(Buffer.from(sid, "base64url").length - 3, 3));
    }
    assert.ok(tails.some((tail, index) => index > 0 && Math.abs(tail - tails[index - 1]) > 100));
  });
});

describe("an HTTP request", () => {
  /** Writes until the server answers or ends the connection, at most 8 MB; returns the answer's status. */
  async function writeWithoutEnd(start, more) {
    const tcp = new Tcp().write(start);
    const answer = tcp.answer();
    for (let written = 0; written < 8_000_000 && (await tcp.drained()); written += more.length) tcp.write(more);
    const status = (await answer)?.status;
    tcp.close();
    return status;
  }

  test("whose headers never end is cut off", async () => {
    for (const more of [`X-More: ${"x".repeat(1_000)}\r\n`, "x".repeat(10_000)]) {
      const status = await writeWithoutEnd(`GET ${HANDSHAKE} HTTP/1.1\r\nHost: x\r\nX-Start: `, more);
      assert.ok([400, 413, 431, undefined].includes(status), `got ${status}`);
    }
  });

  test("whose address never ends is cut off", async () => {
    const status = await writeWithoutEnd("GET /engine.io/?EIO=4&transport=polling&x=", "x".repeat(10_000));
    assert.ok([400, 413, 414, 431, undefined].includes(status), `got ${status}`);
  });

  test("with thousands of headers is answered somehow", async () => {
    for (const count of [99, 1_999, 5_000]) {
      const tcp = new Tcp().write(upgradeHead(WEBSOCKET, ...Array.from({ length: count }, (_, index) => `A${index}: 1`)));
      const status = (await tcp.answer())?.status;
      assert.ok([101, 400, 413, 431, undefined].includes(status), `got ${status}`);
      tcp.close();
    }
  });

  test("that states its length in two ways is not read in a third", async () => {
    const session = await Polling.open();
    const start = head(`POST ${session.address}`, "Content-Length: 3", "Transfer-Encoding: chunked");
    const tcp = new Tcp().write(`${start}6\r\n4hello\r\n0\r\n\r\n`);
    const status = (await tcp.answer())?.status;
    tcp.close();
    if (status === 200) assert.equal(await session.next(), "4hello");
    else assert.ok([400, undefined].includes(status), `got ${status}`);
  });

  for (const [what, headers, body] of [
    ["two lengths", ["Content-Length: 1", "Content-Length: 2"], "44"],
    ["a length below zero", ["Content-Length: -1"], "4"],
    ["a length that is no number", ["Content-Length: 1x"], "4"],
    ["a chunk whose length is no number", ["Transfer-Encoding: chunked"], "x\r\n4\r\n0\r\n\r\n"],
    ["a chunk whose length is beyond all numbers", ["Transfer-Encoding: chunked"], `${"f".repeat(30)}\r\n4`],
  ]) {
    test(`with ${what} is refused`, async () => {
      const session = await Polling.open();
      const tcp = new Tcp().write(head(`POST ${session.address}`, ...headers) + body);
      const status = (await tcp.answer())?.status;
      assert.ok([400, undefined].includes(status), `got ${status}`);
      tcp.close();
    });
  }

  test("that is none at all is refused", async () => {
    for (const text of ["\r\n\r\n\r\n", "nonsense\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\x00\x01", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
      const tcp = new Tcp().write(text);
      await get(HANDSHAKE);
      tcp.close();
    }
  });
});

describe("a WebSocket request", () => {
  for (const [what, header] of [
    ["an extension that objects are born with", "Sec-WebSocket-Extensions: constructor"],
    ["extensions without sense", "Sec-WebSocket-Extensions: permessage-deflate; =; ;;, \"x, a=\"b"],
    ["a compression that does not exist", "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99; x"],
    ["a subprotocol of many spaces", `Sec-WebSocket-Protocol: a${" ".repeat(8_000)}b`],
    ["many subprotocols", `Sec-WebSocket-Protocol: ${Array.from({ length: 1_000 }, (_, index) => `p${index}`)}`],
    ["a subprotocol that is none", "Sec-WebSocket-Protocol: ,,/,\"x\""],
  ]) {
    test(`with ${what} is answered at once`, async () => {
      const tcp = new Tcp().write(upgradeHead(WEBSOCKET, header));
      const { status } = await within(tcp.answer(), "the answer", 1_000);
      assert.ok([101, 400].includes(status), `got ${status}`);
      tcp.close();
    });
  }
});

describe("a WebSocket", () => {
  const open = async () => {
    const client = await FrameClient.open(WEBSOCKET);
    await client.next();
    return client;
  };

  /** Writes these bytes until the server ends the connection, at most so many times. */
  async function flood(client, bytes, times) {
    for (let count = 0; count < times && (await client.drained()); count += 1) client.write(bytes);
  }

  for (const [what, fragment] of [["empty fragments", ""], ["fragments of a byte", "x"]]) {
    test(`with a hundred thousand ${what}`, async () => {
      const client = await open();
      client.send(TEXT, "4", { fin: false });
      const fragments = Buffer.concat(Array.from({ length: 1_000 }, () => frame(CONTINUATION, fragment, { fin: false })));
      await flood(client, fragments, 100);
      client.send(CONTINUATION).send(TEXT, "4marker");
      let received;
      do received = await client.nextOf(TEXT);
      while (received && !received.payload.equals(Buffer.from("4marker")) && received.payload.toString() !== "2");
      client.close();
    });
  }

  test("with a flood of pings whose answers nobody reads", async () => {
    const client = await open();
    client.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame(PING, "x".repeat(125))));
    // the server may stop reading, so this may end only with the connection
    const flooding = flood(client, pings, 100);
    await assertServes();
    client.reset();
    await flooding;
  });

  test("with a flood of pongs that nobody asked for", async () => {
    const client = await open();
    const pongs = Buffer.concat(Array.from({ length: 1_000 }, () => frame(PONG, "x")));
    await flood(client, pongs, 50);
    client.send(TEXT, "4marker");
    let received;
    do received = await client.nextOf(TEXT);
    while (received && received.payload.toString() === "2");
    assert.ok(received === undefined || received.payload.toString() === "4marker");
    client.close();
  });

  timed("with a thousand probes", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    ws.send(...Array.from({ length: 1_000 }, () => "2probe"));
    for (let count = 0; count < 1_000; count += 1) assert.equal(await ws.next(), "3probe");
    ws.send("5");
    await assertEchoes(ws);
  });

  timed("that is opened and left fifty times for one session", async () => {
    const session = await Polling.open();
    for (let count = 0; count < 50; count += 1) {
      const client = await FrameClient.open(session.addressOf({ transport: "websocket" }), frame(TEXT, "2probe"));
      client.reset();
      await assertEchoes(session);
    }
  });
});
