// The official client with its parser for MessagePack, against a server that speaks it.

import "../../lib/msgpack.mjs";

import assert from "node:assert/strict";

import parser from "socket.io-msgpack-parser";

import { acknowledged, connected, echo, happened, inbox, withEachClient } from "../../lib/clients.mjs";
import { timed as test } from "../../lib/timed.mjs";

const BYTES = Buffer.of(0, 1, 2, 253, 254, 255);

withEachClient(({ beside, open }) => {
  const speaking = (namespace, options) => open(namespace, { parser, ...options });
  const connect = async (...args) => {
    const socket = speaking(...args);
    await connected(socket);
    return socket;
  };

  test("a client says who it is and is told so", async () => {
    const auth = { token: "é", deep: [1, { a: null }] };
    const socket = speaking("/", { auth });
    assert.deepEqual(await happened(socket, "auth"), [auth]);
    assert.match(socket.id, /^[\w-]{20}$/);
  });

  test("a namespace that does not exist is refused, and the others are not touched", async () => {
    const socket = await connect();
    const other = beside(socket, "/nowhere");
    const [error] = await happened(other, "connect_error");
    assert.equal(error.message, "Invalid namespace");
    assert.deepEqual(await echo(socket, "still"), ["still"]);
  });

  test("all kinds of values go both ways", async () => {
    const socket = await connect();
    const values = [
      null, true, false, 0, 127, 128, -1, -33, 65_536, 2 ** 32, 2 ** 53 - 1, -(2 ** 53 - 1), 1.5, -0.1, 1e-300,
      "", "é€😀\u0000\"\\", "a".repeat(300), "b".repeat(70_000), [], {}, [[[{ a: [{ "": {} }] }]]],
      Array.from({ length: 2_000 }, (_, index) => index),
      Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`key ${index}`, index])),
      { _placeholder: true, num: 0 },
    ];
    assert.deepEqual(await echo(socket, ...values), values);
    assert.deepEqual(await acknowledged(socket, ...values), values);
    assert.deepEqual(await echo(socket), []);
  });

  test("what JSON cannot say goes as JSON has it", async () => {
    const socket = await connect();
    const date = new Date("2024-02-29T12:34:56.789Z");
    const sent = [undefined, { a: undefined, b: 1 }, date, NaN, Infinity];
    assert.deepEqual(await echo(socket, ...sent), [null, { b: 1 }, date.toJSON(), null, null]);
  });

  test("bytes go both ways at any depth, as many as there are", async () => {
    const socket = await connect();
    const value = { a: [BYTES, { b: Buffer.of(1), c: [null, "text", { d: Buffer.alloc(0) }] }], place: { _placeholder: true, num: 0 } };
    assert.deepEqual(await echo(socket, value, "between", BYTES), [value, "between", BYTES]);
    assert.deepEqual(await echo(socket, new Uint8Array(BYTES).buffer), [BYTES]);
    assert.deepEqual(await acknowledged(socket, value, BYTES), [value, BYTES]);
    const many = Array.from({ length: 100 }, (_, index) => Buffer.alloc(index * 10, index));
    assert.deepEqual(await echo(socket, ...many), many);
    const large = Buffer.alloc(200_000, 7);
    assert.deepEqual(await echo(socket, large), [large]);
  });

  test("the server is acknowledged by the client", async () => {
    const socket = await connect();
    const calls = inbox(socket, "emit-with-ack");
    socket.emit("emit-with-ack", BYTES, { deep: BYTES });
    const asked = await calls.next();
    const acknowledge = asked.pop();
    assert.deepEqual(asked, [BYTES, { deep: BYTES }]);
    acknowledge("answer", BYTES, [BYTES]);
    assert.deepEqual(await calls.next(), ["answer", BYTES, [BYTES]]);
  });

  test("an event for all reaches all, also in another namespace", async () => {
    for (const namespace of ["/", "/custom"]) {
      const sockets = await Promise.all([connect(namespace), connect(namespace)]);
      const heard = sockets.map((socket) => happened(socket, "message-to-all"));
      sockets[0].emit("message-to-all", namespace, BYTES, { a: [1] });
      for (const arguments_ of await Promise.all(heard)) assert.deepEqual(arguments_, [namespace, BYTES, { a: [1] }]);
    }
  });

  test("two hundred events arrive once each, in order", async () => {
    const socket = await connect();
    const answers = inbox(socket, "message-back");
    for (let number = 0; number < 200; number += 1) socket.emit("message", number, Buffer.of(number));
    for (let number = 0; number < 200; number += 1) {
      assert.deepEqual(await answers.next(), [number, Buffer.of(number)]);
    }
  });

  test("an event that the parser lets pass, and no server may hear, disconnects the client", async () => {
    for (const data of [["disconnect", "spoof"], [{ toString: "foo" }], [], [null]]) {
      const socket = await connect("/", { reconnection: false });
      const left = happened(socket, "disconnect");
      socket.packet({ type: 2, data });
      const [reason] = await left;
      assert.match(reason, /transport close|io server disconnect/);
    }
    assert.deepEqual(await echo(await connect(), "still"), ["still"]);
  });

  test("a client with the default parser is disconnected", async () => {
    const socket = open("/", { reconnection: false });
    const failed = new Promise((resolve) => socket.io.engine.once("close", resolve));
    await failed;
    assert.equal(socket.connected, false);
  });
});
