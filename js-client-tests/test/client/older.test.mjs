// The official clients of Socket.IO 1 and 2, in every way in which they connect.

import "../../lib/eio3.mjs";

import assert from "node:assert/strict";
import { afterEach, before, describe } from "node:test";

import client1 from "socket.io-client-1";
import client2 from "socket.io-client-2";

import { acknowledged, connected, echo, happened, inbox, upgraded } from "../../lib/clients.mjs";
import { openPage } from "../../lib/page.mjs";
import { origin } from "../../lib/server.mjs";
import { timed as test } from "../../lib/timed.mjs";

const CLIENTS = { "1.7": client1, "2.5": client2 };

const WAYS = {
  "by polling": { transports: ["polling"] },
  "by WebSocket": { transports: ["websocket"] },
  "by WebSocket without bytes": { transports: ["websocket"], forceBase64: true },
  "by polling, then WebSocket": { transports: ["polling", "websocket"] },
  "by JSONP": { transports: ["polling"], forceJSONP: true },
  "by JSONP, then WebSocket": { transports: ["polling", "websocket"], forceJSONP: true },
};

const VALUES = [
  null,
  true,
  -1.5,
  "",
  "text",
  "€ and 😀 \u0000 \u2028 \u2029 \\ \\n \\\\n \" \n \r \x1e ' & = + %",
  [],
  { a: { b: [{ c: null }], d: "é" }, "": "empty" },
];

for (const [version, io] of Object.entries(CLIENTS)) {
  for (const [way, options] of Object.entries(WAYS)) {
    describe(`socket.io-client ${version} ${way}`, () => define(version, io, options));
  }
}

function define(version, io, options) {
  const upgrades = options.transports.length > 1;
  const sockets = [];
  if (options.forceJSONP) before(openPage);
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.disconnect();
  });

  const open = (namespace = "/", more) => {
    const socket = io(origin + namespace, { forceNew: true, reconnectionDelay: 1, ...options, ...more });
    sockets.push(socket);
    return socket;
  };
  const beside = (socket, namespace, more) => {
    const other = socket.io.socket(namespace, more);
    sockets.push(other);
    return other;
  };
  const connect = async (...args) => {
    const socket = open(...args);
    await connected(socket);
    return socket;
  };

  test("a client is connected by the transport that it begins with", async () => {
    const socket = open();
    const auth = happened(socket, "auth");
    await happened(socket, "connect");
    assert.equal(socket.id, socket.io.engine.id);
    assert.match(socket.id, /^[\w-]{20}$/);
    assert.deepEqual(await auth, [{}]);
    if (!upgrades) assert.equal(socket.io.engine.transport.name, options.transports[0]);
  });

  test("the server knows a client by the id that the client knows", async () => {
    const [socket, other] = await Promise.all([connect(), connect()]);
    const told = happened(other, "message-back");
    const heard = inbox(socket, "message-back");
    socket.emit("message-to", other.id, "for you alone");
    assert.deepEqual(await told, ["for you alone"]);
    const custom = beside(socket, "/custom");
    await connected(custom);
    if (version !== "1.7") {
      assert.equal(custom.id, `/custom#${socket.io.engine.id}`);
      const answer = happened(custom, "message-back");
      custom.emit("message-to", custom.id, "by its other id");
      assert.deepEqual(await answer, ["by its other id"]);
    }
    assert.equal(heard.size, 0);
  });

  test("all kinds of values go both ways", async () => {
    const socket = await connect();
    assert.deepEqual(await echo(socket), []);
    for (const value of VALUES) assert.deepEqual(await echo(socket, value), [value]);
    assert.deepEqual(await echo(socket, ...VALUES), VALUES);
  });

  test("bytes go both ways, in order, among other events", async () => {
    const socket = await connect();
    const answers = inbox(socket, "message-back");
    for (let number = 0; number < 100; number += 1) {
      socket.emit("message", number, Buffer.of(number), { bytes: Buffer.of(0, 4, 255, number) });
      socket.emit("message", number);
    }
    for (let number = 0; number < 100; number += 1) {
      const [answered, bytes, nested] = await answers.next();
      assert.deepEqual([answered, Buffer.from(bytes)], [number, Buffer.of(number)]);
      assert.deepEqual(Buffer.from(nested.bytes), Buffer.of(0, 4, 255, number));
      assert.deepEqual(await answers.next(), [number]);
    }
    const many = Buffer.alloc(200_000, 7);
    const [answer] = await echo(socket, many);
    assert.deepEqual(Buffer.from(answer), many);
  });

  test("a thousand events arrive once each, in order", async () => {
    const socket = await connect();
    const answers = inbox(socket, "message-back");
    for (let number = 0; number < 1_000; number += 1) socket.emit("message", number);
    for (let number = 0; number < 1_000; number += 1) assert.deepEqual(await answers.next(), [number]);
    assert.deepEqual(await acknowledged(socket, "marker"), ["marker"]);
    assert.equal(answers.size, 0);
  });

  test("what is emitted to all arrives, bytes included", async () => {
    const [socket, other] = await Promise.all([connect(), connect()]);
    const answers = [socket, other].map((each) => happened(each, "message-to-all"));
    // Clients of Socket.IO 1 encode text twice when they poll, and no server since then can know.
    const text = version === "1.7" ? "text" : "€";
    socket.emit("message-to-all", text, Buffer.of(1, 2, 3));
    for (const [heard, bytes] of await Promise.all(answers)) {
      assert.deepEqual([heard, Buffer.from(bytes)], [text, Buffer.of(1, 2, 3)]);
    }
  });

  test("acknowledgements go both ways", async () => {
    const socket = await connect();
    assert.deepEqual(await acknowledged(socket), []);
    const [text, bytes] = await acknowledged(socket, "1", Buffer.of(1));
    assert.deepEqual([text, Buffer.from(bytes)], ["1", Buffer.of(1)]);
    const calls = inbox(socket, "emit-with-ack");
    socket.emit("emit-with-ack", "question", 42);
    const asked = await calls.next();
    const acknowledge = asked.pop();
    assert.deepEqual(asked, ["question", 42]);
    acknowledge("answer", { 3: [false] });
    assert.deepEqual(await calls.next(), ["answer", { 3: [false] }]);
  });

  test("a namespace is joined, and its query is what the client says of itself", async () => {
    const main = await connect();
    const custom = beside(main, "/custom", { query: "token=a%20b&list=1" });
    const auth = happened(custom, "auth");
    await connected(custom);
    assert.equal(custom.io.engine, main.io.engine);
    assert.deepEqual(await auth, [{ token: "a b", list: "1" }]);
    const answers = await Promise.all([echo(main, "main"), echo(custom, "custom"), acknowledged(custom, 1)]);
    assert.deepEqual(answers, [["main"], ["custom"], [1]]);
    main.disconnect();
    assert.deepEqual(await echo(custom, "still here"), ["still here"]);
  });

  test("a namespace without a query is joined as if it were the only one", async () => {
    const custom = await connect("/custom");
    assert.deepEqual(await echo(custom, "custom", 1), ["custom", 1]);
  });

  test("a namespace that does not exist is refused, and the others are not touched", async () => {
    const main = await connect();
    const unknown = beside(main, "/unknown");
    assert.deepEqual(await happened(unknown, "error"), [{ message: "Invalid namespace" }]);
    assert.deepEqual(await echo(main, "hello"), ["hello"]);
  });

  test("a client that is refused reads why", async () => {
    const main = await connect();
    for (const [namespace, reason] of [
      ["/refused", "not you"],
      ["/refused-with-data", { code: 42 }],
    ]) {
      assert.deepEqual(await happened(beside(main, namespace), "error"), [reason]);
    }
    assert.deepEqual(await echo(main, "hello"), ["hello"]);
  });

  test("a client stays as long as it pings", async () => {
    const socket = await connect();
    if (upgrades) await upgraded(socket);
    const packets = inbox(socket.io.engine, "packet");
    for (let pongs = 0; pongs < 3; ) {
      const [{ type }] = await packets.next();
      if (type === "pong") pongs += 1;
    }
    assert.ok(socket.connected);
    assert.deepEqual(await echo(socket, "hello"), ["hello"]);
  });

  test("a client that loses its connection comes back as another, to all its namespaces", async () => {
    const main = await connect();
    const { id } = main;
    const custom = beside(main, "/custom");
    await connected(custom);
    const lost = Promise.all([happened(main, "disconnect"), happened(custom, "disconnect")]);
    main.io.engine.close();
    await lost;
    assert.deepEqual(await echo(main, "said meanwhile"), ["said meanwhile"]);
    await connected(custom);
    assert.notEqual(main.id, id);
    assert.deepEqual(await echo(custom, 2), [2]);
  });

  test("a client may leave and come back", async () => {
    const socket = await connect();
    const left = happened(socket, "disconnect");
    socket.disconnect();
    assert.equal((await left)[0], "io client disconnect");
    socket.connect();
    await connected(socket);
    assert.deepEqual(await echo(socket, "again"), ["again"]);
  });

  if (upgrades) {
    test("the upgrade loses, doubles and swaps nothing of what is said meanwhile", async () => {
      const socket = open();
      const answers = inbox(socket, "message-back");
      let sent = 0;
      const say = () => socket.emit("message", (sent += 1), sent % 3 ? "text" : Buffer.of(sent % 256));
      for (let count = 0; count < 20; count += 1) say();
      let last = Infinity;
      for (let number = 1; number <= last; number += 1) {
        const [answered, data] = await answers.next();
        assert.equal(answered, number);
        assert.deepEqual(typeof data === "string" ? data : Buffer.from(data), number % 3 ? "text" : Buffer.of(number % 256));
        if (last === Infinity && socket.io.engine.transport.name === "websocket") last = sent + 20;
        if (sent < last) say();
      }
      assert.deepEqual(await acknowledged(socket, "marker"), ["marker"]);
      assert.equal(answers.size, 0);
    });
  }
}
