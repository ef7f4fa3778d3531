// How a Socket.IO client joins namespaces and leaves them.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Polling } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertAnswers, assertCloses, assertServes, join, joined, overEachTransport } from "../../lib/sessions.mjs";
import { timed } from "../../lib/timed.mjs";

const INVALID = '{"message":"Invalid namespace"}';

/** Opens a session, sends packets and asserts that the server closes it. */
async function assertClosesBeforeJoining(Session, ...packets) {
  const session = await Session.open("/socket.io/");
  await session.send(...packets);
  await session.ended();
}

overEachTransport((Session) => {
  const open = () => Session.open("/socket.io/");

  describe("joining", () => {
    test("is the client's part: before it, the server says nothing but its pings", async () => {
      const session = await Session.open("/socket.io/", { silent: true });
      assert.equal(await session.next(), "2");
    });

    test("gives the socket an id, then what the server has to say", async () => {
      const session = await open();
      await session.send("40");
      const { groups } = /^40(?<json>\{.*\})$/.exec(await session.next());
      const { sid, ...rest } = JSON.parse(groups.json);
      assert.match(sid, /^[\w-]{20,}$/);
      assert.deepEqual(rest, {});
      assert.equal(await session.next(), '42["auth",{}]');
      await assertAnswers(session);
    });

    test("gives an id that is neither the session's nor that of another namespace", async () => {
      const session = await open();
      const ids = [session.sid, await join(session, "/"), await join(session, "/custom")];
      assert.equal(new Set(ids).size, 3);
    });

    test("may bring data", async () => {
      const session = await open();
      for (const [namespace, auth] of [["/", { token: "123" }], ["/custom", { a: [null, 1.5, "€😀"], b: { c: true } }]]) {
        await join(session, namespace, auth);
      }
    });

    for (const packet of ["40", "40{}", "40/,", "40/,{}", "40/", "4012{}", "400", "40/,7{}"]) {
      test(`the main namespace is possible with ${packet}`, async () => {
        const session = await open();
        await session.send(packet);
        assert.match(await session.next(), /^40\{"sid":"[^"]+"\}$/);
        assert.equal(await session.next(), '42["auth",{}]');
        await assertAnswers(session);
      });
    }

    for (const packet of ["40/custom", "40/custom,", "40/custom,{}", "40/custom,12{}"]) {
      test(`another namespace is possible with ${packet}`, async () => {
        const session = await open();
        await session.send(packet);
        assert.match(await session.next(), /^40\/custom,\{"sid":"[^"]+"\}$/);
        assert.equal(await session.next(), '42/custom,["auth",{}]');
        await assertAnswers(session, "/custom");
      });
    }

    test("several namespaces at once answers for each", async () => {
      const session = await open();
      await session.send("40", "40/custom,", "40/random,");
      const answers = [];
      for (let count = 0; count < 5; count += 1) answers.push((await session.next()).replace(/"sid":"[^"]+"/, '"sid":""'));
      const expected = ['40{"sid":""}', '42["auth",{}]', '40/custom,{"sid":""}', '42/custom,["auth",{}]', `44/random,${INVALID}`];
      assert.deepEqual(answers.sort(), expected.sort());
    });

    for (const namespace of ["/random", "/Custom", "/custom/", "//", "/%63ustom", "/custom?x=1", "/a/../custom", "/é", "/ custom", "/__proto__"]) {
      test(`${namespace} is refused, and the session stays`, async () => {
        const session = await open();
        await session.send(`40${namespace},{"token":"123"}`);
        assert.equal(await session.next(), `44${namespace},${INVALID}`);
        await join(session);
        await assertAnswers(session);
      });
    }

    test("is refused without a comma too", async () => {
      const session = await open();
      await session.send("40/random");
      assert.equal(await session.next(), `44/random,${INVALID}`);
    });

    for (const payload of ["null", "[]", '["a"]', '"text"', "true", "{", "{} x", "{}{}", "nonsense"]) {
      test(`with ${payload} closes the session`, () => assertClosesBeforeJoining(Session, `40${payload}`));
    }

    test("with a name that does not begin with a slash closes the session", async () => {
      await assertClosesBeforeJoining(Session, "40admin,");
      await assertClosesBeforeJoining(Session, "40custom,{}");
    });

    test("twice closes the session", async () => {
      await assertCloses(Session, "40");
      await assertCloses(Session, '40{"token":"123"}');
      const session = await joined(Session, "/custom");
      await session.send("40/custom,");
      await session.ended();
    });
  });

  describe("who has not joined", () => {
    for (const packet of [
      "4",
      "41",
      "41/custom,",
      '42["message"]',
      '42/custom,["message"]',
      '421["message-with-ack"]',
      "430[]",
      '44{"message":"no"}',
      '44/custom,{"message":"no"}',
      "4abc",
      "47",
    ]) {
      test(`may not send ${packet}`, () => assertClosesBeforeJoining(Session, packet));
    }

    test("may not send an event with bytes", async () => {
      await assertClosesBeforeJoining(Session, '451-["message",{"_placeholder":true,"num":0}]', Buffer.of(1));
    });

    test("may not send bytes", () => assertClosesBeforeJoining(Session, Buffer.of(1)));

    test("must answer pings all the same", async () => {
      const session = await Session.open("/socket.io/", { silent: true });
      assert.equal(await session.next(), "2");
      await session.ended();
    });

    timed("is closed after a second, whatever it has been refused", async () => {
      const session = await open();
      const start = performance.now();
      await session.send("40/random,");
      assert.equal(await session.next(), `44/random,${INVALID}`);
      await session.ended(2_000);
      const elapsed = performance.now() - start;
      assert.ok(elapsed > 900 && elapsed < 1_500, `closed after ${elapsed.toFixed()} ms`);
    });
  });

  describe("who has joined", () => {
    test("stays, whatever else it is refused", async () => {
      const session = await joined(Session);
      await session.send("40/random,");
      assert.equal(await session.next(), `44/random,${INVALID}`);
      await assertAnswers(session);
    });

    timed("stays beyond the second that it had to join", async () => {
      const session = await Session.open("/socket.io/", { silent: true });
      await join(session);
      for (let count = 0; count < 4; count += 1) {
        assert.equal(await session.next(), "2");
        await session.send("3");
      }
      await assertAnswers(session);
    });

    test("may not speak in another namespace", async () => {
      await assertCloses(Session, '42/custom,["message","hello"]');
      await assertCloses(Session, "41/custom,");
      await assertCloses(Session, '42/random,["message","hello"]');
    });

    timed("may speak as soon as it is told so", async () => {
      const speak = async (namespace) => {
        const session = await open();
        await session.send(`40${namespace}`);
        assert.match(await session.next(), /^40/);
        await session.send(`42${namespace}["message",1]`);
        assert.equal(await session.next(), `42${namespace}["auth",{}]`);
        assert.equal(await session.next(), `42${namespace}["message-back",1]`);
      };
      for (let round = 0; round < 20; round += 1) {
        await Promise.all(Array.from({ length: 10 }, (_, index) => speak(index % 2 ? "/custom," : "")));
      }
    });

    test("may not refuse the server", async () => {
      await assertCloses(Session, '44{"message":"no"}');
      await assertCloses(Session, '44"no"');
    });

    test("speaks in each namespace on its own", async () => {
      const session = await joined(Session, "/", "/custom");
      await session.send('42["message",1]', '42/custom,["message",2]', '42["message",3]');
      const answers = [await session.next(), await session.next(), await session.next()];
      assert.deepEqual(answers, ['42["message-back",1]', '42/custom,["message-back",2]', '42["message-back",3]']);
    });
  });

  describe("leaving", () => {
    test("a namespace leaves the others", async () => {
      const session = await joined(Session, "/", "/custom");
      await session.send("41/custom,");
      await assertAnswers(session);
    });

    test("the main namespace leaves the others", async () => {
      const session = await joined(Session, "/", "/custom");
      await session.send("41");
      await assertAnswers(session, "/custom");
    });

    timed("the last namespace keeps the session, and one may come back", async () => {
      const session = await Session.open("/socket.io/", { silent: true });
      const first = await join(session);
      await session.send("41");
      assert.equal(await session.next(), "2");
      await session.send("3");
      assert.notEqual(await join(session), first);
      await assertAnswers(session);
    });

    test("a namespace ends the right to speak in it", async () => {
      for (const packet of ['42/custom,["message","hello"]', "41/custom,"]) {
        const session = await joined(Session, "/", "/custom");
        await session.send("41/custom,");
        await assertAnswers(session);
        await session.send(packet);
        await session.ended();
      }
    });

    test("needs no comma", async () => {
      const session = await joined(Session, "/", "/custom");
      await session.send("41/custom");
      await assertAnswers(session);
      await join(session, "/custom");
    });

    test("takes no data", async () => {
      await assertCloses(Session, '41{"a":1}');
      await assertCloses(Session, "41[]");
    });
  });
});

describe("in one payload", () => {
  test("who joins may not send an event in the same breath, before it is told", async () => {
    await assertClosesBeforeJoining(Polling, "40", '42["message","too early"]');
  });

  ours("who joins twice has one socket", async () => {
    const session = await Polling.open("/socket.io/");
    await session.send("40", "40{}", "40/custom,", "40/custom,");
    for (const prefix of ["", "/custom,"]) {
      assert.match(await session.next(), new RegExp(`^40${prefix}\\{"sid":"[^"]+"\\}$`));
      assert.equal(await session.next(), `42${prefix}["auth",{}]`);
    }
    await assertAnswers(session, "/custom");
    await assertAnswers(session);
  });

  ours("an event that came before leaving is heard", async () => {
    const session = await joined(Polling, "/", "/custom");
    await session.send('42["message","in time"]', "41");
    assert.equal(await session.next(), '42["message-back","in time"]');
    await assertAnswers(session, "/custom");
  });
});

test("all these clients leave the server as it was", assertServes);
