// What goes over a session on a WebSocket.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import * as frames from "../../lib/frames.mjs";
import { address, exists, gone } from "../../lib/http.mjs";
import { assertEchoes, assertServes } from "../../lib/sessions.mjs";
import { Ws } from "../../lib/ws.mjs";

const { BINARY, CLOSE, CONTINUATION, FrameClient, PING, PONG, TEXT } = frames;
const LIMIT = 1_000_000;
const PATH = address("/engine.io/", { transport: "websocket" });

/** Opens a session frame by frame, past its open packet. */
async function openFrames(early) {
  const client = await FrameClient.open(PATH, early);
  const { opcode, payload } = await client.next();
  assert.equal(opcode, TEXT);
  assert.equal(payload.toString()[0], "0");
  return client;
}

describe("a message", () => {
  test("of text is a text frame", async () => {
    const session = await Ws.open();
    for (const text of ["4hello", "4", "4€ and 😀", "4\u0000\u2028\ufeff", "4a\x1e4b", "44hello"]) {
      session.send(text);
      assert.equal(await session.next(), text);
    }
  });

  test("of bytes is a binary frame, without a type", async () => {
    const session = await Ws.open();
    for (const bytes of [Buffer.of(1, 2, 3, 4), Buffer.of(), Buffer.from("2"), Buffer.from("4hello"), Buffer.alloc(70_000, 7)]) {
      session.send(bytes);
      assert.deepEqual(await session.next(), bytes);
    }
  });

  test("may come as base64 in a text frame, and goes back as bytes", async () => {
    const session = await Ws.open();
    for (const [text, bytes] of [["bAQIDBA==", [1, 2, 3, 4]], ["bAQIDBA", [1, 2, 3, 4]], ["b", []]]) {
      session.send(text);
      assert.deepEqual(await session.next(), Buffer.from(bytes));
    }
  });

  test("follows the one before it", async () => {
    const session = await Ws.open();
    const messages = Array.from({ length: 500 }, (_, index) => (index % 3 ? `4${index}` : Buffer.from(String(index))));
    session.send(...messages);
    for (const message of messages) assert.deepEqual(await session.next(), message);
  });

  test("may be as large as announced in the handshake", async () => {
    const session = await Ws.open();
    assert.equal(session.handshake.maxPayload, LIMIT);
    for (const message of [`4${"x".repeat(LIMIT - 1)}`, Buffer.alloc(LIMIT, 1)]) {
      session.send(message);
      assert.deepEqual(await session.next(), message);
    }
  });

  test("that is larger closes the session with the code 1009", async () => {
    for (const message of [`4${"x".repeat(LIMIT)}`, Buffer.alloc(LIMIT + 1), `4${"é".repeat(LIMIT / 2)}`]) {
      const session = await Ws.open();
      session.send(message);
      assert.equal(await session.ended(), 1009);
    }
    await assertServes();
  });

  test("that is larger in its fragments together closes the session with the code 1009", async () => {
    const client = await openFrames();
    client.send(TEXT, `4${"x".repeat(LIMIT / 2)}`, { fin: false });
    client.send(CONTINUATION, "x".repeat(LIMIT / 2));
    assert.equal(await client.closeCode(), 1009);
  });

  test("that says it will be larger closes the session before it comes", async () => {
    for (const length of [LIMIT + 1, 2 ** 32, 2 ** 53]) {
      const client = await openFrames();
      client.send(BINARY, "", { length });
      assert.equal(await client.closeCode(), 1009);
    }
  });

  test("may come in fragments, with a ping between them", async () => {
    const client = await openFrames();
    client.send(TEXT, "4he", { fin: false });
    client.send(PING, "in between");
    client.send(CONTINUATION, "", { fin: false });
    client.send(CONTINUATION, "llo");
    const pong = await client.nextOf(PONG);
    assert.equal(pong.payload.toString(), "in between");
    const echo = await client.nextOf(TEXT);
    assert.equal(echo.payload.toString(), "4hello");
    client.close();
  });

  test("may be cut in the middle of a character", async () => {
    const client = await openFrames();
    const text = Buffer.from("4€");
    client.send(TEXT, text.subarray(0, 2), { fin: false });
    client.send(CONTINUATION, text.subarray(2));
    assert.equal((await client.nextOf(TEXT)).payload.toString(), "4€");
    client.close();
  });

  test("may come with the request that opens the WebSocket", async () => {
    const client = await openFrames(frames.frame(TEXT, "4early"));
    assert.equal((await client.nextOf(TEXT)).payload.toString(), "4early");
    client.close();
  });
});

describe("a packet", () => {
  for (const packet of ["", "abc", "7", "8", "9hello", "éabcd", " 4", "\x1e4hello"]) {
    test(`${JSON.stringify(packet)} closes the session, without a code`, async () => {
      const session = await Ws.open();
      session.send(packet);
      assert.equal(await session.ended(), 1005);
    });
  }

  for (const packet of ["0", "0{}", "1", "1abc", "5", "6", "6noop"]) {
    test(`${packet} changes nothing`, async () => {
      const session = await Ws.open();
      session.send(packet);
      await assertEchoes(session);
    });
  }
});

describe("a ping frame", () => {
  test("is answered with its own bytes", async () => {
    const session = await Ws.open();
    for (const data of ["", "hello", "x".repeat(125)]) {
      assert.equal((await session.ping(data)).toString(), data);
    }
    await assertEchoes(session);
  });

  test("is no heartbeat: a client that sends only these is lost", async () => {
    const session = await Ws.open("/engine.io/", { silent: true });
    assert.equal(await session.next(), "2");
    let code;
    session.closed.then((value) => (code = value));
    while (code === undefined) await Promise.race([session.ping(), session.closed]);
    assert.equal(code, 1005);
  });

  test("is not needed for a pong", async () => {
    const client = await openFrames();
    client.send(PONG, "unasked").send(PONG).send(TEXT, "4hello");
    assert.equal((await client.nextOf(TEXT)).payload.toString(), "4hello");
    client.close();
  });
});

describe("a close frame", () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    test(`with the code ${code} is answered with it`, async () => {
      const client = await openFrames();
      client.send(CLOSE, Buffer.of(code >> 8, code & 0xff));
      assert.equal(await client.closeCode(), code);
      await client.ended;
    });
  }

  test("without a code is answered", async () => {
    const client = await openFrames();
    client.send(CLOSE);
    const { opcode } = await client.next();
    assert.equal(opcode, CLOSE);
    await client.ended;
  });
});

const PROTOCOL_ERROR = 1002;
const INVALID_TEXT = 1007;

/** Frames that break the rules, and the code with which the connection is closed, if it is closed with one. */
const BROKEN = [
  ["a frame with a reserved bit", [TEXT, "4hello", { reserved: 1 }], PROTOCOL_ERROR],
  ["a frame that says it is compressed", [TEXT, "4hello", { reserved: 4 }], PROTOCOL_ERROR],
  ["a frame with all reserved bits", [TEXT, "4hello", { reserved: 7 }], PROTOCOL_ERROR],
  ["a frame without a mask", [TEXT, "4hello", { masked: false }], PROTOCOL_ERROR],
  ["a frame of an unknown kind", [0x3, "4hello"], PROTOCOL_ERROR],
  ["a control frame of an unknown kind", [0xb, ""], PROTOCOL_ERROR],
  ["a continuation of nothing", [CONTINUATION, "4hello"], PROTOCOL_ERROR],
  ["a ping in fragments", [PING, "", { fin: false }], PROTOCOL_ERROR],
  ["a ping that is too long", [PING, "x".repeat(126)], PROTOCOL_ERROR],
  ["a close frame with half a code", [CLOSE, Buffer.of(3)], PROTOCOL_ERROR],
  ["a close frame with the code 1005", [CLOSE, Buffer.of(3, 237)], PROTOCOL_ERROR],
  ["a close frame with the code 0", [CLOSE, Buffer.of(0, 0)], PROTOCOL_ERROR],
  ["a text that is not UTF-8", [TEXT, Buffer.of(0x34, 0xff)], INVALID_TEXT],
  ["a text that holds a surrogate", [TEXT, Buffer.of(0x34, 0xed, 0xa0, 0x80)], INVALID_TEXT],
  ["a text that ends in the middle of a character", [TEXT, Buffer.of(0x34, 0xe2, 0x82)], INVALID_TEXT],
  ["a close frame whose reason is not UTF-8", [CLOSE, Buffer.of(3, 232, 0xff)], INVALID_TEXT],
];

describe("what is no WebSocket frame closes the connection:", () => {
  for (const [what, args, code] of BROKEN) {
    test(what, async () => {
      const client = await openFrames();
      client.send(...args);
      const closed = await client.closeCode();
      assert.ok([code, 1006].includes(closed), `got ${closed}`);
      await client.ended;
    });
  }

  test("a message that begins inside another", async () => {
    const client = await openFrames();
    client.send(TEXT, "4one", { fin: false }).send(TEXT, "4two");
    assert.ok([PROTOCOL_ERROR, 1006].includes(await client.closeCode()));
  });

  test("one that comes with the request", async () => {
    const client = await FrameClient.open(PATH, frames.frame(TEXT, "4hello", { reserved: 7 }));
    assert.ok([PROTOCOL_ERROR, 1006].includes(await client.closeCode()));
  });

  test("HTTP", async () => {
    const client = await openFrames();
    client.write("GET / HTTP/1.1\r\n\r\n");
    assert.ok([PROTOCOL_ERROR, 1006].includes(await client.closeCode()));
  });

  test("and the server goes on", assertServes);
});

test("a session ends with its WebSocket, in whatever way that ends", async () => {
  const ends = [(client) => client.send(CLOSE, Buffer.of(3, 232)), (client) => client.close(), (client) => client.reset()];
  for (const end of ends) {
    const client = await FrameClient.open(PATH);
    const { sid } = JSON.parse((await client.next()).payload.toString().slice(1));
    const session = { path: "/engine.io/", sid };
    assert.ok(await exists(session, "websocket"));
    end(client);
    await client.ended;
    await gone(session, "websocket");
  }
});
