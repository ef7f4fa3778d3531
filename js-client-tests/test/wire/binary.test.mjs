// Events and acknowledgements with bytes: a header, then its attachments.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Polling } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertAnswer, assertAnswers, assertCloses, assertServes, joined, overEachTransport } from "../../lib/sessions.mjs";
import { timed } from "../../lib/timed.mjs";

/** The place of an attachment in the JSON of a header. */
const place = (num) => `{"_placeholder":true,"num":${num}}`;
const PLACE = place(0);
const BYTES = Buffer.of(1, 2, 3);

overEachTransport((Session) => {
  describe("an event with bytes", () => {
    test("goes back as header and attachment", async () => {
      const session = await joined(Session);
      await assertAnswer(session, [`451-["message",${PLACE}]`, BYTES], `451-["message-back",${PLACE}]`, BYTES);
    });

    test("may have no bytes in its attachment", async () => {
      const session = await joined(Session);
      const empty = Buffer.of();
      await assertAnswer(session, [`451-["message",${PLACE}]`, empty], `451-["message-back",${PLACE}]`, empty);
    });

    test("may have all bytes in its attachment", async () => {
      const session = await joined(Session);
      const all = Buffer.from(Array.from({ length: 1_024 }, (_, index) => index % 256));
      await assertAnswer(session, [`451-["message",${PLACE}]`, all], `451-["message-back",${PLACE}]`, all);
    });

    test("may have several attachments, deep in what it carries, numbered in order", async () => {
      const session = await joined(Session);
      const json = `1,${PLACE},{"a":[${place(1)},{"b":${place(2)}}],"c":"text"},${place(3)}`;
      const attachments = [1, 2, 3, 4].map((byte) => Buffer.of(byte));
      await assertAnswer(
        session,
        [`454-["message",${json}]`, ...attachments],
        `454-["message-back",${json}]`,
        ...attachments,
      );
    });

    test("has its attachments where it says, in whatever order", async () => {
      const session = await joined(Session);
      const [first, second] = [Buffer.of(1), Buffer.of(2)];
      await assertAnswer(
        session,
        [`452-["message",${place(1)},${place(0)}]`, first, second],
        `452-["message-back",${place(0)},${place(1)}]`,
        second,
        first,
      );
    });

    test("may have ten attachments", async () => {
      const session = await joined(Session);
      const places = Array.from({ length: 10 }, (_, num) => place(num)).join();
      const attachments = Array.from({ length: 10 }, (_, num) => Buffer.of(num));
      await assertAnswer(
        session,
        [`4510-["message",${places}]`, ...attachments],
        `4510-["message-back",${places}]`,
        ...attachments,
      );
    });

    test("may name its namespace", async () => {
      const session = await joined(Session, "/", "/custom");
      const answer = [`451-/custom,["message-back",${PLACE}]`, BYTES];
      await assertAnswer(session, [`451-/custom,["message",${PLACE}]`, BYTES], ...answer);
    });

    test("may ask for an acknowledgement", async () => {
      const session = await joined(Session, "/", "/custom");
      const [one, two] = [Buffer.of(1), Buffer.of(2)];
      await assertAnswer(
        session,
        [`452-789["message-with-ack",${place(0)},${place(1)}]`, one, two],
        `462-789[${place(0)},${place(1)}]`,
        one,
        two,
      );
      await assertAnswer(
        session,
        [`451-/custom,0["message-with-ack",${PLACE}]`, BYTES],
        `461-/custom,0[${PLACE}]`,
        BYTES,
      );
    });

    test("that nobody listens to is ignored, with its attachments", async () => {
      await assertAnswer(await joined(Session), [`452-["unknown",${place(0)},${place(1)}]`, BYTES, BYTES]);
    });

    test("may be answered without bytes, and the other way round", async () => {
      const session = await joined(Session);
      await session.send(`451-["emit-with-ack",${PLACE}]`, BYTES);
      const { groups } = /^451-(?<id>\d+)\["emit-with-ack",(?<place>.*)\]$/.exec(await session.next());
      assert.equal(groups.place, PLACE);
      assert.deepEqual(await session.next(), BYTES);
      await assertAnswer(session, `43${groups.id}["text"]`, '42["emit-with-ack","text"]');
    });

    test("may be waited for with bytes", async () => {
      const session = await joined(Session);
      await session.send('42["emit-with-ack",1]');
      const { groups } = /^42(?<id>\d+)\["emit-with-ack",1\]$/.exec(await session.next());
      const other = Buffer.of(4);
      await assertAnswer(
        session,
        [`462-${groups.id}[${place(0)},"text",${place(1)}]`, BYTES, other],
        `452-["emit-with-ack",${place(0)},"text",${place(1)}]`,
        BYTES,
        other,
      );
    });

    test("keeps header and attachments together, whatever else is said", async () => {
      const session = await joined(Session, "/", "/custom");
      const packets = Array.from({ length: 60 }, (_, index) => {
        const prefix = index % 2 ? "/custom," : "";
        const places = [place(0), place(1)].join();
        return [`452-${prefix}["message",${index},${places}]`, Buffer.of(index), Buffer.of(index), `42${prefix}["message",${index}]`];
      });
      await session.send(...packets.flat());
      for (const [header, ...rest] of packets) {
        assert.equal(await session.next(), header.replace("message", "message-back"));
        for (const packet of rest.slice(0, 2)) assert.deepEqual(await session.next(), packet);
        assert.equal(await session.next(), rest[2].replace("message", "message-back"));
      }
    });

    timed("may be interrupted by a heartbeat", async () => {
      const session = await Session.open("/socket.io/", { silent: true });
      await session.send("40");
      await session.next();
      await session.next();
      await session.send(`451-["message",${PLACE}]`);
      assert.equal(await session.next(), "2");
      await session.send("3", "6");
      await assertAnswer(session, [BYTES], `451-["message-back",${PLACE}]`, BYTES);
    });

    test("may end with its session halfway", async () => {
      const session = await joined(Session);
      await session.send(`452-["message",${place(0)},${place(1)}]`, BYTES);
      await (session.close?.() ?? session.send("1"));
      await assertServes();
    });
  });

  describe("an event without bytes", () => {
    test("may carry what looks like the place of an attachment", async () => {
      const session = await joined(Session);
      const json = `${PLACE},{"_placeholder":true,"num":"splice"},{"_placeholder":false}`;
      await assertAnswer(session, `42["message",${json}]`, `42["message-back",${json}]`);
      await assertAnswer(session, `421["message-with-ack",${PLACE}]`, `431[${PLACE}]`);
    });
  });

  describe("the header of an event with bytes", () => {
    const header = (count) => `45${count}["message",${PLACE}]`;

    for (const count of ["", "-", "1", "0-", "-1-", "11-", "100-", "599999-", "1.5-", "x-", "1x-", "0x-", "1-1-", "/custom,1-"]) {
      test(`must not begin with 5${count}`, () => assertCloses(Session, header(count), BYTES));
    }

    ours("must count its attachments in digits alone", async () => {
      for (const count of ["1e0-", "0x1-", "1.0-", " 1-", "1 -", "+1-"]) {
        await assertCloses(Session, header(count), BYTES);
      }
    });

    for (const payload of ["[]", "{}", '"message"', "null", '["message"', `[${PLACE}]`, `["connect",${PLACE}]`]) {
      test(`must not have the payload ${JSON.stringify(payload)}`, () => {
        return assertCloses(Session, `451-${payload}`, BYTES);
      });
    }

    ours("must have a payload", () => assertCloses(Session, "451-", BYTES));

    test("is not complete without its attachments, and takes no text for one", async () => {
      for (const text of ['42["message",1]', "41", "40/custom,", header("1-"), "4"]) {
        await assertCloses(Session, header("1-"), text);
      }
    });

    for (const num of ['"splice"', "-1", "1", "1e9", "null", '"0"', "{}"]) {
      test(`must not put an attachment at ${num}`, async () => {
        await assertCloses(Session, `451-["message",${place(num)}]`, BYTES);
      });
    }

    test("must say which attachment it puts somewhere", async () => {
      await assertCloses(Session, '451-["message",{"_placeholder":true}]', BYTES);
    });

    ours("must not put a part of an attachment anywhere", async () => {
      await assertCloses(Session, `451-["message",${place("0.5")}]`, BYTES);
    });
  });

  describe("bytes", () => {
    test("without a header close the session", async () => {
      await assertCloses(Session, BYTES);
      await assertCloses(Session, Buffer.of());
    });

    test("beyond the number of a header close the session", async () => {
      await assertCloses(Session, `451-["message",${PLACE}]`, BYTES, BYTES);
    });

    test("as answer to what asked for no bytes must have a header of their own", async () => {
      await assertCloses(Session, "431[]", BYTES);
    });
  });
});

test("an attachment may come in a request of its own", async () => {
  const session = await joined(Polling);
  await session.send(`452-["message",${place(0)},${place(1)}]`);
  await session.send(Buffer.of(1));
  await assertAnswer(
    session,
    [Buffer.of(2)],
    `452-["message-back",${place(0)},${place(1)}]`,
    Buffer.of(1),
    Buffer.of(2),
  );
});

test("all these clients leave the server as it was", async () => {
  await assertServes();
  await assertAnswers(await joined(Polling, "/custom"), "/custom");
});
