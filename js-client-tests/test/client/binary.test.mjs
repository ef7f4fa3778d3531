// Bytes, as the official clients send and receive them.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { acknowledged, echo, inbox, withEachClient } from "../../lib/clients.mjs";
import { timed as test } from "../../lib/timed.mjs";

const BYTES = Buffer.of(0, 1, 2, 253, 254, 255);

/** The same bytes in every way in which JavaScript holds them. */
const HOLDERS = {
  "a Buffer": () => Buffer.from(BYTES),
  "a Uint8Array": () => new Uint8Array(BYTES),
  "an ArrayBuffer": () => new Uint8Array(BYTES).buffer,
  "a view of a larger buffer": () => new Uint8Array([9, ...BYTES, 9]).subarray(1, BYTES.length + 1),
};

withEachClient(({ connect }) => {
  describe("bytes go both ways", () => {
    for (const [holder, make] of Object.entries(HOLDERS)) {
      test(`in ${holder}`, async () => {
        assert.deepEqual(await echo(await connect(), make()), [BYTES]);
      });
    }

    test("be they none, or many", async () => {
      const socket = await connect();
      for (const bytes of [Buffer.alloc(0), Buffer.alloc(1, 7), Buffer.alloc(200_000, 7)]) {
        assert.deepEqual(await echo(socket, bytes), [bytes]);
      }
    });

    test("deep in other values, and in several places", async () => {
      const value = {
        a: [BYTES, { b: Buffer.of(1), c: [null, "text", { d: Buffer.alloc(0) }] }],
        e: "€",
        f: Buffer.from("text"),
        _placeholder: false,
      };
      assert.deepEqual(await echo(await connect(), value, "between", BYTES), [value, "between", BYTES]);
    });

    test("in ten attachments", async () => {
      const parts = Array.from({ length: 10 }, (_, index) => Buffer.alloc(index, index));
      assert.deepEqual(await echo(await connect(), ...parts), parts);
    });

    test("in order, among other events", async () => {
      const socket = await connect();
      const answers = inbox(socket, "message-back");
      for (let number = 0; number < 100; number += 1) {
        socket.emit("message", number, Buffer.of(number), { bytes: Buffer.of(number, number) });
        socket.emit("message", number);
      }
      for (let number = 0; number < 100; number += 1) {
        assert.deepEqual(await answers.next(), [number, Buffer.of(number), { bytes: Buffer.of(number, number) }]);
        assert.deepEqual(await answers.next(), [number]);
      }
    });

    test("in an event almost as large as the server allows", async () => {
      // base64 over polling takes four bytes for three
      const bytes = Buffer.alloc(740_000, 7);
      assert.deepEqual(await echo(await connect(), bytes), [bytes]);
    });

    test("in acknowledgements of the server", async () => {
      const socket = await connect();
      assert.deepEqual(await acknowledged(socket, BYTES), [BYTES]);
      assert.deepEqual(await acknowledged(socket, 1, { deep: [BYTES] }, BYTES, "end"), [1, { deep: [BYTES] }, BYTES, "end"]);
    });

    test("in acknowledgements of the client", async () => {
      const socket = await connect();
      const calls = inbox(socket, "emit-with-ack");
      socket.emit("emit-with-ack", BYTES, { deep: BYTES });
      const asked = await calls.next();
      const acknowledge = asked.pop();
      assert.deepEqual(asked, [BYTES, { deep: BYTES }]);
      acknowledge("answer", BYTES, [BYTES]);
      assert.deepEqual(await calls.next(), ["answer", BYTES, [BYTES]]);
    });

    test("in another namespace", async () => {
      const socket = await connect("/custom");
      assert.deepEqual(await echo(socket, BYTES), [BYTES]);
      assert.deepEqual(await acknowledged(socket, BYTES), [BYTES]);
    });
  });

  test("what looks like the place of bytes, but is none, is kept", async () => {
    const value = { _placeholder: true, num: 0 };
    assert.deepEqual(await echo(await connect(), value), [value]);
  });
});
