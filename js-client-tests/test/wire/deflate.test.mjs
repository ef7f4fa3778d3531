// Compressed messages, RFC 7692, of a server that compresses.

import "../../lib/deflate.mjs";

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { deflateRawSync, inflateRawSync, constants } from "node:zlib";

import { echo, happened, withEachClient } from "../../lib/clients.mjs";
import * as frames from "../../lib/frames.mjs";
import { address } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertAnswers, assertEchoes, joined } from "../../lib/sessions.mjs";
import { refusal, Ws } from "../../lib/ws.mjs";

const { BINARY, FrameClient, PING, PONG, TEXT } = frames;
const LIMIT = 1_000_000;
const PATH = address("/engine.io/", { transport: "websocket" });
const OFFER = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits";
/** The first reserved bit, as `frame` and `next` number it: the message is compressed. */
const COMPRESSED = 4;

const json = (length) => Array.from({ length }, (_, index) => ({ id: index, name: `name ${index * 7_919 % 1_000}` }));

/** Compresses a message: what a flush ends with is left out. */
function deflate(data) {
  return deflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
}

function inflate(payload) {
  const data = Buffer.concat([payload, Buffer.of(0, 0, 0xff, 0xff)]);
  return inflateRawSync(data, { finishFlush: constants.Z_SYNC_FLUSH });
}

/** Opens a session frame by frame, past its open packet, which is short. */
async function openFrames() {
  const client = await FrameClient.open(PATH, "", OFFER);
  const { opcode, reserved } = await client.next();
  assert.deepEqual([opcode, reserved], [TEXT, 0]);
  return client;
}

withEachClient(({ connect }) => {
  test("text and bytes, large and small, come back as they were", async () => {
    const socket = await connect();
    const bytes = Buffer.from(JSON.stringify(json(5_000)));
    const noise = Buffer.from(Array.from({ length: 50_000 }, (_, index) => (index * index * 31) >> 7));
    const all = ["small", "€😀 ".repeat(20_000), json(2_000), Buffer.of(1, 2), bytes, noise];
    for (const value of all) assert.deepEqual(await echo(socket, value), [value]);
    assert.deepEqual(await echo(socket, ...all), all);
  });

  test("a broadcast reaches every client", async () => {
    const sockets = await Promise.all(Array.from({ length: 5 }, () => connect("/custom")));
    for (const value of [json(500), Buffer.from(JSON.stringify(json(500))), "small"]) {
      const all = sockets.map((socket) => happened(socket, "message-to-all"));
      sockets[0].emit("message-to-all", value, 1);
      for (const received of await Promise.all(all)) assert.deepEqual(received, [value, 1]);
    }
  });
});

describe("compression", () => {
  test("is agreed to without context takeover, if it is offered", async () => {
    for (const [perMessageDeflate, extensions] of [
      [true, "permessage-deflate; server_no_context_takeover; client_no_context_takeover"],
      [{ serverMaxWindowBits: 10 }, "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=10"],
      [false, undefined],
    ]) {
      const session = await Ws.open("/engine.io/", { perMessageDeflate });
      const expected = process.env.REFERENCE === "node" ? /^permessage-deflate|^undefined$/ : new RegExp(`^${extensions}$`);
      assert.match(`${session.extensions}`, expected);
      const long = `4${JSON.stringify(json(1_000))}`;
      session.send(long, Buffer.from(long));
      assert.equal(await session.next(), long);
      assert.deepEqual(await session.next(), Buffer.from(long));
      await assertEchoes(session);
    }
    await assertAnswers(await joined(Ws));
  });

  test("is refused when the offer is none", async () => {
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; =" };
    const { status, body } = await refusal(PATH, { perMessageDeflate: false, headers });
    assert.deepEqual([status, body], [400, "Invalid or unacceptable Sec-WebSocket-Extensions header"]);
  });

  ours("is not agreed to, but the WebSocket opens, when no offer is good", async () => {
    const headers = { "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=99" };
    const session = await Ws.open("/engine.io/", { perMessageDeflate: false, headers });
    assert.equal(session.extensions, undefined);
    await assertEchoes(session);
  });
});

describe("on the wire", () => {
  test("messages are compressed from 1,024 bytes on", async () => {
    const client = await openFrames();
    const long = Buffer.from(`4${JSON.stringify(json(100))}`.slice(0, 1_024));
    for (const opcode of [TEXT, BINARY]) {
      client.send(opcode, long.subarray(0, -1));
      assert.deepEqual(await client.next(), { final: true, opcode, reserved: 0, payload: long.subarray(0, -1) });
      client.send(opcode, long);
      const { reserved, payload, ...frame } = await client.next();
      assert.deepEqual([frame.opcode, reserved, inflate(payload)], [opcode, COMPRESSED, long]);
      assert.ok(payload.length < 512);
    }
    client.close();
  });

  test("a compressed message may be short, and in fragments with a ping between them", async () => {
    const client = await openFrames();
    const data = deflate("4hello, hello, hello");
    client.send(TEXT, data.subarray(0, 5), { reserved: COMPRESSED, fin: false });
    client.send(PING, "in between");
    client.send(frames.CONTINUATION, data.subarray(5));
    assert.equal((await client.nextOf(PONG)).payload.toString(), "in between");
    assert.equal((await client.nextOf(TEXT)).payload.toString(), "4hello, hello, hello");
    client.close();
  });

  test("a message that is too large when decompressed closes the session with the code 1009", async () => {
    for (const size of [LIMIT + 1, 100 * LIMIT]) {
      const client = await openFrames();
      client.send(BINARY, deflate(Buffer.alloc(size)), { reserved: COMPRESSED });
      assert.equal(await client.closeCode(), 1009);
    }
    await assertEchoes(await Ws.open());
  });

  test("what cannot be decompressed closes the session with the code 1007", async () => {
    const client = await openFrames();
    client.send(TEXT, Buffer.of(0xff, 0xff, 0xff), { reserved: COMPRESSED });
    assert.equal(await client.closeCode(), 1007);
  });
});
