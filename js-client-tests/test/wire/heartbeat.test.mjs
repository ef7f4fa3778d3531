// Who pings whom, when, and what happens if nobody answers. The server pings after 300 ms and waits for 200 ms.

import assert from "node:assert/strict";
import { setTimeout as silence } from "node:timers/promises";
import { describe, test } from "node:test";

import { assertRefused, gone, Polling } from "../../lib/http.mjs";
import { assertEchoes, overEachTransport } from "../../lib/sessions.mjs";
import { timed } from "../../lib/timed.mjs";
import { Ws } from "../../lib/ws.mjs";

const INTERVAL = 300;
const TIMEOUT = 200;
/** What a busy machine may add. Nothing may be early, but a server may send its first pings a little apart. */
const LATE = 1_000;
const EARLY = INTERVAL / 10;

const silent = { silent: true };
/** These tests mostly wait: they may do so together. */
const together = { concurrency: 8 };

/** Starts a clock; what it returns asserts that so much time has passed, and not much more. */
function clock() {
  const start = performance.now();
  return (expected) => {
    const elapsed = performance.now() - start;
    const about = elapsed > expected - EARLY && elapsed < expected + LATE;
    assert.ok(about, `took ${elapsed.toFixed()} ms instead of ${expected} ms`);
  };
}

/** Opens a session and waits for its first ping. */
async function pinged(Session) {
  const session = await Session.open("/engine.io/", silent);
  assert.equal(await session.next(), "2");
  return session;
}

overEachTransport((Session) => {
  test("the first ping follows the handshake after an interval", async () => {
    const assertPassed = clock();
    await pinged(Session);
    assertPassed(INTERVAL);
  });

  timed("the next ping follows the answer, not the last ping, after an interval", async () => {
    const session = await pinged(Session);
    await silence(TIMEOUT / 2);
    const assertPassed = clock();
    await session.send("3");
    assert.equal(await session.next(), "2");
    assertPassed(INTERVAL);
  });

  timed("a client that answers is kept", async () => {
    const session = await Session.open("/engine.io/", silent);
    for (let count = 0; count < 4; count += 1) {
      assert.equal(await session.next(), "2");
      await session.send("3");
    }
    await assertEchoes(session);
  });

  test("a client that does not answer is lost after the timeout", async () => {
    const assertPassed = clock();
    const session = await pinged(Session);
    await session.ended(LATE);
    assertPassed(INTERVAL + TIMEOUT);
  });

  timed("whatever begins with a 3 is an answer", async () => {
    const session = await Session.open("/engine.io/", silent);
    for (const pong of ["3", "3probe", "3 and more"]) {
      assert.equal(await session.next(), "2");
      await session.send(pong);
    }
    assert.equal(await session.next(), "2");
  });

  timed("an answer to no ping puts the next ping off", async () => {
    const session = await Session.open("/engine.io/", silent);
    await silence(INTERVAL / 2);
    const assertPassed = clock();
    await session.send("3");
    assert.equal(await session.next(), "2");
    assertPassed(INTERVAL);
  });

  timed("another packet gives the client the timeout once more", async () => {
    const session = await pinged(Session);
    await silence(TIMEOUT / 2);
    const assertPassed = clock();
    await session.send("6");
    await session.ended(LATE);
    assertPassed(TIMEOUT);
  });

  timed("another packet gives the client more time for one ping, and for the next ping again", async () => {
    const session = await pinged(Session);
    for (let count = 0; count < 2; count += 1) {
      await silence(TIMEOUT * 0.6);
      await session.send("6");
      await silence(TIMEOUT * 0.6);
      await session.send("3");
      assert.equal(await session.next(), "2");
    }
  });

  test("a client that talks and never answers is lost all the same", async () => {
    const session = await pinged(Session);
    let talking = true;
    const lost = session.ended(LATE).finally(() => (talking = false));
    while (talking) {
      await Promise.resolve(session.send("6")).catch(() => {}); // refused as soon as the session is lost
      await silence(10);
    }
    await lost;
  });

  for (const ping of ["2", "2probe", "2hello"]) {
    test(`a client must not ping: ${ping} closes the session`, async () => {
      const session = await Session.open();
      await session.send(ping);
      await session.ended();
    });
  }
}, together);

describe("over polling", together, () => {
  test("a client that never asks for its ping is lost after interval and timeout", async () => {
    const assertPassed = clock();
    const session = await Polling.open();
    await gone(session);
    assertPassed(INTERVAL + TIMEOUT);
  });

  timed("a GET that waits when the session is lost is told so", async () => {
    const session = await pinged(Polling);
    assert.equal((await session.poll()).body, "1");
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  test("a client's ping is answered by the end of the session", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    await session.send("2");
    assert.equal((await poll.answer).body, "1");
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });
});

describe("over WebSocket", together, () => {
  test("a session that is lost is closed without a code", async () => {
    const session = await pinged(Ws);
    assert.equal(await session.ended(LATE), 1005);
  });

  test("a client's ping is answered by a close without a code", async () => {
    const session = await Ws.open();
    session.send("2");
    await assert.rejects(session.next());
    assert.equal(await session.ended(), 1005);
  });
});
