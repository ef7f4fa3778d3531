// How a session moves from polling to a WebSocket.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { frame, FrameClient, TEXT } from "../../lib/frames.mjs";
import { assertRefused, get, gone, Polling } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertAnswers, assertEchoes, joined } from "../../lib/sessions.mjs";
import { timed } from "../../lib/timed.mjs";
import { Ws } from "../../lib/ws.mjs";

/** Opens the WebSocket of an upgrade and lets it be probed. */
async function probe(session) {
  const ws = await Ws.upgrade(session);
  ws.send("2probe");
  assert.equal(await ws.next(), "3probe");
  return ws;
}

/** Upgrades a session as an official client does. */
async function upgrade(session) {
  const ws = await probe(session);
  ws.send("5");
  return ws;
}

describe("an upgrade", () => {
  test("takes a probe, its answer, and the packet that completes it", async () => {
    const ws = await upgrade(await Polling.open());
    await assertEchoes(ws);
    ws.send(Buffer.of(1, 2, 3));
    assert.deepEqual(await ws.next(), Buffer.of(1, 2, 3));
  });

  test("is possible without a probe", async () => {
    const ws = await Ws.upgrade(await Polling.open());
    ws.send("5");
    await assertEchoes(ws);
  });

  test("is possible with more than one probe", async () => {
    const ws = await probe(await Polling.open());
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    ws.send("5");
    await assertEchoes(ws);
  });

  test("may send all that it has to say at once", async () => {
    const ws = await Ws.upgrade(await Polling.open());
    ws.send("2probe", "5", "4hello", Buffer.of(1), "4bye");
    for (const packet of ["3probe", "4hello", Buffer.of(1), "4bye"]) assert.deepEqual(await ws.next(), packet);
  });

  test("may send all that it has to say with its request", async () => {
    const session = await Polling.open();
    const early = ["2probe", "5", "4hello"].map((packet) => frame(TEXT, packet));
    const client = await FrameClient.open(session.addressOf({ transport: "websocket" }), Buffer.concat(early));
    for (const packet of ["3probe", "4hello"]) assert.equal((await client.next()).payload.toString(), packet);
    client.close();
  });

  timed("lets every waiting GET go, so that the client can stop polling", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    const ws = await probe(session);
    assert.equal((await poll.answer).body, "6");
    assert.equal((await session.poll()).body, "6");
    ws.send("5");
    await assertEchoes(ws);
  });

  timed("tells a GET that still waits at its end that polling is closed", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    const poll = await session.waitingPoll();
    ws.send("5");
    assert.equal((await poll.answer).body, "1");
    await assertEchoes(ws);
  });

  test("keeps what was said to nobody, in order", async () => {
    const session = await Polling.open();
    await session.send("4one");
    const ws = await probe(session);
    await session.send("4two", Buffer.of(3));
    ws.send("5", "4four");
    for (const packet of ["4one", "4two", Buffer.of(3), "4four"]) assert.deepEqual(await ws.next(), packet);
    await assertEchoes(ws);
  });

  test("leaves what is said before its end to polling, if a GET waits", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    const poll = await session.waitingPoll();
    await session.send("4hello");
    assert.equal((await poll.answer).body, "4hello");
    ws.send("5");
    await assertEchoes(ws);
  });

  test("ends polling: its requests are bad from then on, and disturb nothing", async () => {
    const session = await Polling.open();
    const ws = await upgrade(session);
    await assertEchoes(ws);
    assertRefused(await session.poll(), 3, "Bad request");
    assertRefused(await session.post("4lost"), 3, "Bad request");
    await assertEchoes(ws);
  });

  test("is possible once: another WebSocket is closed without a code", async () => {
    const session = await Polling.open();
    const ws = await upgrade(session);
    await assertEchoes(ws);
    const other = await Ws.upgrade(session);
    assert.equal(await other.ended(), 1005);
    await assertEchoes(ws);
  });

  test("is tried once at a time: another WebSocket is closed without a code", async () => {
    const session = await Polling.open();
    const ws = await probe(session);
    const other = await Ws.upgrade(session);
    assert.equal(await other.ended(), 1005);
    ws.send("5");
    await assertEchoes(ws);
  });

  test("makes the session end with its WebSocket", async () => {
    const session = await Polling.open();
    const ws = await upgrade(session);
    await assertEchoes(ws);
    ws.close();
    await ws.ended();
    await gone(session, "websocket");
  });

  ours("is not for a session that was opened by WebSocket", async () => {
    const session = await Ws.open();
    const other = await Ws.upgrade({ path: "/engine.io/", sid: session.sid });
    assert.equal(await other.ended(), 1005);
    await assertEchoes(session);
  });

  test("is not for a session that has ended", async () => {
    const session = await Polling.open();
    await session.send("1");
    await assert.rejects(Ws.upgrade(session), /400/);
  });
});

describe("a failed upgrade leaves polling as it was:", () => {
  /** Asserts that polling goes on, and that the session can still be upgraded. */
  async function assertUpgradable(session) {
    await assertEchoes(session);
    await assertEchoes(await upgrade(session));
  }

  for (const packet of ["4hello", "2", "2other", "3probe", "0", "1", "6", "", "abc", "bAQ==", Buffer.of(1), Buffer.from("5")]) {
    test(`${typeof packet === "string" ? JSON.stringify(packet) : `bytes (${packet})`} instead of a probe`, async () => {
      const session = await Polling.open();
      const ws = await Ws.upgrade(session);
      ws.send(packet);
      assert.equal(await ws.ended(), 1005);
      await assertUpgradable(session);
    });
  }

  test("another packet after the probe", async () => {
    const session = await Polling.open();
    const ws = await probe(session);
    ws.send("4hello");
    assert.equal(await ws.ended(), 1005);
    await assertUpgradable(session);
  });

  test("the WebSocket closes before the probe", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    ws.close();
    await ws.ended();
    await assertUpgradable(session);
  });

  test("the WebSocket closes after the probe", async () => {
    const session = await Polling.open();
    const ws = await probe(session);
    ws.close();
    await ws.ended();
    await assertUpgradable(session);
  });

  test("the WebSocket is broken with the first frame", async () => {
    const session = await Polling.open();
    const broken = frame(TEXT, "2probe", { reserved: 7 });
    const client = await FrameClient.open(session.addressOf({ transport: "websocket" }), broken);
    assert.ok([1002, 1006].includes(await client.closeCode()));
    await assertUpgradable(session);
  });

  test("the first message is too large", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    ws.send(Buffer.alloc(1_000_001));
    assert.equal(await ws.ended(), 1009);
    await assertUpgradable(session);
  });

  test("the connection is torn off", async () => {
    const session = await Polling.open();
    const client = await FrameClient.open(session.addressOf({ transport: "websocket" }), frame(TEXT, "2probe"));
    assert.equal((await client.next()).payload.toString(), "3probe");
    client.reset();
    await assertEchoes(session);
  });

  test("no WebSocket was asked for", async () => {
    const session = await Polling.open();
    assertRefused(await get(session.addressOf({ transport: "websocket" })), 3, "Bad request");
    await assertUpgradable(session);
  });
});

describe("a session that ends while it is upgraded takes the WebSocket with it:", () => {
  test("by the client's word", async () => {
    const session = await Polling.open();
    const ws = await probe(session);
    await session.send("1");
    assert.equal(await ws.ended(), 1005);
  });

  test("by a packet that is none", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade(session);
    await session.send("abc");
    assert.equal(await ws.ended(), 1005);
  });

  test("by a ping without answer", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade({ ...session, silent: true });
    assert.equal((await session.poll()).body, "2");
    assert.equal(await ws.ended(1_000), 1005);
    await gone(session);
  });
});

describe("the heartbeat survives an upgrade:", () => {
  /** Opens a session and an upgrade that is complete but for its last packet; a ping has come over polling. */
  async function pinged() {
    const session = await Polling.open("/engine.io/", { silent: true });
    assert.equal(await session.next(), "2");
    const ws = await Ws.upgrade({ ...session, silent: true });
    ws.send("2probe");
    assert.equal(await ws.next(), "3probe");
    return ws;
  }

  timed("a ping over polling may be answered on the WebSocket", async () => {
    const ws = await pinged();
    ws.send("5", "3");
    assert.equal(await ws.next(), "2");
    ws.send("3");
    assert.equal(await ws.next(), "2");
  });

  ours("a ping over polling that is not answered on the WebSocket ends the session", async () => {
    const ws = await pinged();
    ws.send("5");
    assert.equal(await ws.ended(1_000), 1005);
  });

  test("pings go on over the WebSocket, and must be answered", async () => {
    const session = await Polling.open();
    const ws = await Ws.upgrade({ ...session, silent: true });
    ws.send("2probe", "5");
    assert.equal(await ws.next(), "3probe");
    assert.equal(await ws.next(), "2");
    assert.equal(await ws.ended(1_000), 1005);
  });
});

describe("a Socket.IO client", () => {
  test("keeps its namespaces through an upgrade", async () => {
    const session = await joined(Polling, "/", "/custom");
    const ws = await upgrade(session);
    await assertAnswers(ws);
    await assertAnswers(ws, "/custom");
  });

  test("may join before the upgrade and be told after it", async () => {
    const session = await Polling.open("/socket.io/");
    const ws = await probe(session);
    await session.send("40");
    ws.send("5");
    assert.match(await ws.next(), /^40\{"sid":"/);
    assert.equal(await ws.next(), '42["auth",{}]');
    await assertAnswers(ws);
  });

  test("may send the first half of an event before the upgrade and the second after it", async () => {
    const session = await joined(Polling);
    await session.send('452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]', Buffer.of(1));
    const ws = await upgrade(session);
    ws.send(Buffer.of(2));
    assert.equal(await ws.next(), '452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]');
    for (const bytes of [Buffer.of(1), Buffer.of(2)]) assert.deepEqual(await ws.next(), bytes);
    await assertAnswers(ws);
  });

  test("may end the session on the WebSocket by breaking the protocol", async () => {
    const session = await joined(Polling);
    const ws = await upgrade(session);
    ws.send("4abc");
    assert.equal(await ws.ended(), 1005);
    await gone(session, "websocket");
  });
});
