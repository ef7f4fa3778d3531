// What the official clients say, and hear again.

import assert from "node:assert/strict";

import { acknowledged, connected, echo, happened, inbox, upgraded, withEachClient } from "../../lib/clients.mjs";
import { timed as test } from "../../lib/timed.mjs";
import { eventually } from "../../lib/wait.mjs";

const VALUES = [
  null,
  true,
  false,
  0,
  -1.5,
  1e21,
  Number.MAX_SAFE_INTEGER,
  "",
  "text",
  "€ and 😀 \u0000 \u2028 \\ \" \n \x1e",
  [],
  {},
  [1, [2, [3, [null]]]],
  { a: { b: [{ c: null }], d: "é" }, "": "empty", __proto: 1, toString: "no function" },
];

withEachClient(({ connect, open, version, upgrades }) => {
  test("a client says who it is and is told so", async () => {
    const nobody = open();
    assert.deepEqual(await happened(nobody, "auth"), [{}]);
    const somebody = open("/", { auth: { token: "123", nested: { list: [1, null, "€"] } } });
    assert.deepEqual(await happened(somebody, "auth"), [{ token: "123", nested: { list: [1, null, "€"] } }]);
    const asked = open("/", { auth: (answer) => answer({ token: "456" }) });
    assert.deepEqual(await happened(asked, "auth"), [{ token: "456" }]);
  });

  test("all kinds of values go both ways", async () => {
    const socket = await connect();
    assert.deepEqual(await echo(socket), []);
    for (const value of VALUES) assert.deepEqual(await echo(socket, value), [value]);
    assert.deepEqual(await echo(socket, ...VALUES), VALUES);
  });

  test("what JSON cannot say goes as JavaScript says it in JSON", async () => {
    const socket = await connect();
    const date = new Date(0);
    assert.deepEqual(await echo(socket, undefined, NaN, date, { a: undefined }), [null, null, date.toISOString(), {}]);
  });

  test("an event of a strange name is sent and ignored", async () => {
    const socket = await connect();
    for (const name of ["unknown", "été", "error", "", "__proto__", 'with "quotes"']) socket.emit(name, 1);
    assert.deepEqual(await echo(socket, "marker"), ["marker"]);
  });

  test("send is an event named message", async () => {
    const socket = await connect();
    const answer = happened(socket, "message-back");
    socket.send("hello", 1);
    assert.deepEqual(await answer, ["hello", 1]);
  });

  test("an event waits until the client is connected", async () => {
    const socket = open();
    assert.deepEqual(await echo(socket, "early"), ["early"]);
  });

  test("a thousand events arrive once each, in order", async () => {
    const socket = await connect();
    const answers = inbox(socket, "message-back");
    for (let number = 0; number < 1_000; number += 1) socket.emit("message", number);
    for (let number = 0; number < 1_000; number += 1) assert.deepEqual(await answers.next(), [number]);
    assert.deepEqual(await acknowledged(socket, "marker"), ["marker"]);
    assert.equal(answers.size, 0);
  });

  test("an event may be almost as large as the server allows", async () => {
    const socket = await connect();
    const text = "x".repeat(999_900);
    assert.deepEqual(await echo(socket, text), [text]);
    const letters = "é".repeat(499_900);
    assert.deepEqual(await echo(socket, letters), [letters]);
  });

  test("several clients hear their own events", async () => {
    const sockets = await Promise.all([connect(), connect(), connect()]);
    const answers = await Promise.all(sockets.map((socket, index) => echo(socket, index)));
    assert.deepEqual(answers, [[0], [1], [2]]);
    assert.equal(new Set(sockets.map(({ id }) => id)).size, 3);
  });

  test("a volatile event arrives if the client can send it at once", async () => {
    const socket = await connect();
    if (upgrades) await upgraded(socket);
    await eventually(() => socket.io.engine.transport.writable, "the transport to be free");
    const answer = happened(socket, "message-back");
    socket.volatile.emit("message", "now");
    assert.deepEqual(await answer, ["now"]);
  });

  test("a volatile event is lost if the client is not connected", async () => {
    const socket = open();
    const answers = inbox(socket, "message-back");
    socket.volatile.emit("message", "lost");
    socket.emit("message", "kept");
    await connected(socket);
    assert.deepEqual(await answers.next(), ["kept"]);
  });

  test("an acknowledgement brings back what it is asked for", async () => {
    const socket = await connect();
    assert.deepEqual(await acknowledged(socket), []);
    assert.deepEqual(await acknowledged(socket, 1, "2", { 3: [false] }, null), [1, "2", { 3: [false] }, null]);
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => acknowledged(socket, index)));
    assert.deepEqual(answers, Array.from({ length: 100 }, (_, index) => [index]));
  });

  test("the server is acknowledged by the client", async () => {
    const socket = await connect();
    for (const answer of [[], ["one"], [1, "2", { 3: [false] }, null]]) {
      const calls = inbox(socket, "emit-with-ack");
      socket.emit("emit-with-ack", "question", 42);
      const asked = await calls.next();
      const acknowledge = asked.pop();
      assert.deepEqual(asked, ["question", 42]);
      acknowledge(...answer);
      assert.deepEqual(await calls.next(), answer);
      socket.off("emit-with-ack");
    }
  });

  if (version >= 4.8) {
    test("an acknowledgement that does not come in time is an error", async () => {
      const socket = await connect();
      await assert.rejects(socket.timeout(50).emitWithAck("unknown"), /operation has timed out/);
      assert.deepEqual(await socket.timeout(1_000).emitWithAck("message-with-ack", "in time"), "in time");
    });

    test("an event is sent again until it is acknowledged", async () => {
      const socket = await connect("/", { retries: 3, ackTimeout: 1_000 });
      const calls = await Promise.all([1, 2, 3].map((number) => socket.emitWithAck("message-with-ack", number)));
      assert.deepEqual(calls, [1, 2, 3]);
    });
  }
});
