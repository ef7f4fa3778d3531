// How the official clients come, move and go.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { acknowledged, connected, echo, happened, inbox, upgraded, withEachClient } from "../../lib/clients.mjs";
import { timed as test } from "../../lib/timed.mjs";
import { within } from "../../lib/wait.mjs";

withEachClient(({ beside, connect, open, transports, upgrades }) => {
  test("a client is connected by the transport that it begins with", async () => {
    const socket = open();
    const opened = new Promise((resolve) => {
      socket.io.once("open", () => resolve(socket.io.engine.transport.name));
    });
    assert.equal(await within(opened, "the connection"), transports[0]);
    await connected(socket);
    assert.match(socket.id, /^[\w-]{20,}$/);
    assert.notEqual(socket.id, socket.io.engine.id);
  });

  if (upgrades) {
    describe("the upgrade", () => {
      test("happens, and the socket stays the same", async () => {
        const socket = await connect();
        const { id } = socket;
        await upgraded(socket);
        assert.equal(socket.io.engine.transport.name, "websocket");
        assert.deepEqual(await echo(socket, "hello", Buffer.of(1)), ["hello", Buffer.of(1)]);
        assert.deepEqual([socket.id, socket.connected], [id, true]);
      });

      test("loses, doubles and swaps nothing of what is said meanwhile", async () => {
        const socket = open();
        const answers = inbox(socket, "message-back");
        let sent = 0;
        const say = () => socket.emit("message", (sent += 1), sent % 3 ? "text" : Buffer.of(sent % 256));
        for (let count = 0; count < 20; count += 1) say();
        // one answer, one message: it goes on until the upgrade is over, and then a little
        let last = Infinity;
        for (let number = 1; number <= last; number += 1) {
          const [answered, data] = await answers.next();
          assert.equal(answered, number);
          assert.deepEqual(data, number % 3 ? "text" : Buffer.of(number % 256));
          if (last === Infinity && socket.io.engine.transport.name === "websocket") last = sent + 20;
          if (sent < last) say();
        }
        assert.deepEqual(await acknowledged(socket, "marker"), ["marker"]);
        assert.equal(answers.size, 0);
      });

      test("loses no acknowledgement that is asked for meanwhile", async () => {
        const socket = open();
        const answers = [];
        await connected(socket);
        do answers.push(await acknowledged(socket, answers.length));
        while (socket.io.engine.transport.name !== "websocket");
        assert.deepEqual(answers, answers.map((_, index) => [index]));
      });

      test("may be left out", async () => {
        const socket = await connect("/", { upgrade: false });
        assert.deepEqual(await echo(socket, "hello"), ["hello"]);
        assert.equal(socket.io.engine.transport.name, "polling");
      });
    });
  }

  test("a client stays as long as it answers pings", async () => {
    const socket = await connect();
    const packets = inbox(socket.io.engine, "packet");
    for (let pings = 0; pings < 3; ) {
      const [{ type }] = await packets.next();
      if (type === "ping") pings += 1;
    }
    assert.ok(socket.connected);
    assert.deepEqual(await echo(socket, "hello"), ["hello"]);
  });

  test("a client that loses its connection comes back as another, and what it says meanwhile arrives", async () => {
    const socket = await connect();
    const { id } = socket;
    const { id: sid } = socket.io.engine;
    const lost = happened(socket, "disconnect");
    socket.io.engine.close();
    await lost;
    assert.ok(!socket.connected);
    assert.deepEqual(await echo(socket, "said meanwhile"), ["said meanwhile"]);
    assert.notEqual(socket.id, id);
    assert.notEqual(socket.io.engine.id, sid);
  });

  test("a client that loses its connection comes back to all its namespaces", async () => {
    const main = await connect();
    const custom = beside(main, "/custom");
    await connected(custom);
    const lost = Promise.all([happened(main, "disconnect"), happened(custom, "disconnect")]);
    main.io.engine.close();
    await lost;
    await Promise.all([connected(main), connected(custom)]);
    assert.deepEqual(await echo(main, 1), [1]);
    assert.deepEqual(await echo(custom, 2), [2]);
  });

  test("a client may leave and come back", async () => {
    const socket = await connect();
    const { id } = socket;
    const left = happened(socket, "disconnect");
    socket.disconnect();
    assert.equal((await left)[0], "io client disconnect");
    assert.equal(socket.connected, false);
    socket.connect();
    await connected(socket);
    assert.notEqual(socket.id, id);
    assert.deepEqual(await echo(socket, "again"), ["again"]);
  });

  test("a client that leaves before it is connected is no harm", async () => {
    const socket = open();
    socket.disconnect();
    socket.connect();
    await connected(socket);
    assert.deepEqual(await echo(socket, "hello"), ["hello"]);
  });

  test("a client that breaks the protocol is disconnected, and comes back", async () => {
    const socket = await connect();
    const { id } = socket;
    const lost = happened(socket, "disconnect");
    socket.io.engine.write("nonsense");
    assert.match((await lost)[0], /^transport (close|error)$/);
    await connected(socket);
    assert.notEqual(socket.id, id);
  });

  describe("namespaces", () => {
    test("are joined on one connection", async () => {
      const main = await connect();
      const custom = beside(main, "/custom", { auth: { token: "123" } });
      const auth = happened(custom, "auth");
      await connected(custom);
      assert.equal(custom.io.engine, main.io.engine);
      assert.notEqual(custom.id, main.id);
      assert.deepEqual(await auth, [{ token: "123" }]);
      const answers = await Promise.all([echo(main, "main"), echo(custom, "custom"), acknowledged(custom, 1)]);
      assert.deepEqual(answers, [["main"], ["custom"], [1]]);
    });

    test("are joined without the main one", async () => {
      const custom = await connect("/custom", { auth: { token: "123" } });
      assert.deepEqual(await echo(custom, "custom"), ["custom"]);
    });

    test("are joined all at once", async () => {
      const main = open();
      const custom = beside(main, "/custom");
      await Promise.all([connected(main), connected(custom)]);
      const answers = [inbox(main, "message-back"), inbox(custom, "message-back")];
      for (let number = 0; number < 50; number += 1) {
        main.emit("message", number);
        custom.emit("message", number, Buffer.of(number));
      }
      for (let number = 0; number < 50; number += 1) {
        assert.deepEqual(await answers[0].next(), [number]);
        assert.deepEqual(await answers[1].next(), [number, Buffer.of(number)]);
      }
    });

    test("that a pattern allows come with their first client, and again when all have left", async () => {
      const first = await connect("/room-1");
      const second = beside(first, "/room-2");
      await connected(second);
      const all = [inbox(first, "message-to-all"), inbox(second, "message-to-all")];
      first.emit("message-to-all", 1);
      second.emit("message-to-all", 2, Buffer.of(2));
      assert.deepEqual(await all[0].next(), [1]);
      assert.deepEqual(await all[1].next(), [2, Buffer.of(2)]);
      first.disconnect();
      assert.deepEqual(await echo(second, "still here"), ["still here"]);
      first.connect();
      await connected(first);
      assert.deepEqual(await acknowledged(first, "back"), ["back"]);
      const none = beside(first, "/room-");
      assert.equal((await happened(none, "connect_error"))[0].message, "Invalid namespace");
    });

    test("that do not exist are refused, and the others are not touched", async () => {
      const main = await connect();
      for (const name of ["/unknown", "/Custom", "/custom/"]) {
        const unknown = beside(main, name);
        const refused = happened(unknown, "connect_error");
        const [error] = await refused;
        assert.ok(error instanceof Error);
        assert.equal(error.message, "Invalid namespace");
        assert.equal(unknown.connected, false);
      }
      assert.deepEqual(await echo(main, "hello"), ["hello"]);
    });

    test("are left one by one", async () => {
      const main = await connect();
      const custom = beside(main, "/custom");
      await connected(custom);
      main.disconnect();
      assert.deepEqual(await echo(custom, "still here"), ["still here"]);
      main.connect();
      await connected(main);
      assert.deepEqual(await echo(main, "back"), ["back"]);
    });
  });
});
