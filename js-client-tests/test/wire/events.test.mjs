// Events as text, and their acknowledgements.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ours } from "../../lib/ours.mjs";
import {
  assertAnswer,
  assertAnswers,
  assertCloses,
  assertServes,
  joined,
  overEachTransport,
} from "../../lib/sessions.mjs";

/** JSON as a peer may write it that is also what JavaScript writes. */
const JSON_VALUES = [
  "null",
  "true",
  "0",
  "-1.5",
  "1e+21",
  "9007199254740991",
  '""',
  '"€ and 😀"',
  '"\\u0000 \\\\ \\" \\n"',
  '"\u2028\ufeff\u007f"',
  "[]",
  "{}",
  '[[[["deep"]]]]',
  '{"a":{"b":[{"c":null}]},"":"","0":1}',
  '{"toString":"foo","constructor":1,"__proto__":{"polluted":true}}',
  '{"_placeholder":true,"num":0}',
];

overEachTransport((Session) => {
  describe("an event", () => {
    for (const json of JSON_VALUES) {
      test(`may carry ${json.slice(0, 60)}`, async () => {
        await assertAnswer(await joined(Session), `42["message",${json}]`, `42["message-back",${json}]`);
      });
    }

    test("may carry nothing, or many values", async () => {
      const session = await joined(Session);
      await assertAnswer(session, '42["message"]', '42["message-back"]');
      const values = JSON.stringify(Array.from({ length: 100 }, (_, index) => index)).slice(1);
      await assertAnswer(session, `42["message",${values}`, `42["message-back",${values}`);
    });

    test("may be written with spaces", async () => {
      const session = await joined(Session);
      await assertAnswer(session, '42[ "message" , 1 ,\t{ "a" : [ ] }\n] ', '42["message-back",1,{"a":[]}]');
    });

    test("may have its name escaped", async () => {
      const session = await joined(Session);
      await assertAnswer(session, '42["m\\u0065ss\\u0061ge",1]', '42["message-back",1]');
      await assertAnswer(session, '42["\\u00e9t\\u00e9",1]', '42["été",1]');
      await assertAnswer(session, '42["\\u00e7a",1]'); // which nobody handles
    });

    test("may name its namespace", async () => {
      const session = await joined(Session, "/", "/custom");
      await assertAnswer(session, '42/custom,["message",1]', '42/custom,["message-back",1]');
      await assertAnswer(session, '42/,["message",1]', '42["message-back",1]');
    });

    test("that nobody listens to is ignored", async () => {
      const session = await joined(Session);
      for (const name of ["unknown", "", " ", "Message", "error", "connection", "upgrade", "__proto__", "x".repeat(10_000)]) {
        await assertAnswer(session, `42[${JSON.stringify(name)},1]`);
        await assertAnswer(session, `421[${JSON.stringify(name)},1]`);
      }
    });

    test("may have a number for a name", async () => {
      await assertAnswer(await joined(Session), ['42[1,"hello"]', "42[0]", "42[-1.5]"]);
    });

    test("follows the one before it", async () => {
      const session = await joined(Session);
      const numbers = Array.from({ length: 300 }, (_, index) => index);
      await session.send(...numbers.map((number) => `42["message",${number}]`));
      for (const number of numbers) assert.equal(await session.next(), `42["message-back",${number}]`);
    });

    test("may be as large as announced in the handshake", async () => {
      const session = await joined(Session);
      const text = "x".repeat(1_000_000 - '42["message",""]'.length);
      await assertAnswer(session, `42["message","${text}"]`, `42["message-back","${text}"]`);
    });

    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      test(`must not have the reserved name ${name}`, async () => {
        await assertCloses(Session, `42["${name}"]`);
        await assertCloses(Session, `421["${name}","spoof"]`);
        await assertCloses(Session, `451-["${name}",{"_placeholder":true,"num":0}]`, Buffer.of(1));
      });
    }

    test("must not have a reserved name in disguise", () => assertCloses(Session, '42["disc\\u006fnnect","spoof"]'));

    for (const payload of [
      "[]",
      "{}",
      '"message"',
      "null",
      "true",
      "1,",
      "[null]",
      "[true]",
      "[[]]",
      "[{}]",
      '[{"toString":"foo"}]',
      '["message"',
      '["message",]',
      '["message",undefined]',
      '["message",01]',
      "['message']",
      '["message"] trailing',
      '["message"][]',
      '["message\n"]',
    ]) {
      test(`must not be ${JSON.stringify(payload)}`, () => assertCloses(Session, `42${payload}`));
    }

    ours("must have a payload", async () => {
      await assertCloses(Session, "42");
      await assertCloses(Session, "42/,");
      await assertCloses(Session, "421");
    });

    test("must not have a payload before its acknowledgement id", () => assertCloses(Session, '42["message-with-ack"]1'));
  });

  describe("a packet", () => {
    for (const packet of ["4", "4abc", "47", "48", "4-1", "4 2", '4é["message"]', "4/", "4,", "4[]"]) {
      test(`${JSON.stringify(packet)} closes the session`, () => assertCloses(Session, packet));
    }

    test("that is broken takes all namespaces of the session with it, and no other session", async () => {
      const neighbour = await joined(Session);
      const session = await joined(Session, "/", "/custom");
      await session.send("42/custom,{}");
      await session.ended();
      await assertAnswers(neighbour);
    });
  });

  describe("an event that asks for an acknowledgement", () => {
    test("gets its arguments back", async () => {
      const session = await joined(Session);
      await assertAnswer(session, '42456["message-with-ack",1,"2",{"3":[false]}]', '43456[1,"2",{"3":[false]}]');
      await assertAnswer(session, '421["message-with-ack"]', "431[]");
    });

    test("gets it in its own namespace", async () => {
      const session = await joined(Session, "/", "/custom");
      await assertAnswer(session, '42/custom,456["message-with-ack",1]', '43/custom,456[1]');
    });

    for (const id of ["0", "7", "10", "4294967296", "9007199254740991"]) {
      test(`may have the id ${id}`, async () => {
        await assertAnswer(await joined(Session), `42${id}["message-with-ack",1]`, `43${id}[1]`);
      });
    }

    test("may use an id again", async () => {
      const session = await joined(Session);
      for (let count = 0; count < 3; count += 1) {
        await assertAnswer(session, '421["message-with-ack",1]', "431[1]");
      }
    });

    test("may write zeros before its id", async () => {
      await assertAnswer(await joined(Session), '42007["message-with-ack",1]', "437[1]");
    });

    test("must have a number for an id", async () => {
      await assertCloses(Session, '42abc["message-with-ack",1]');
      await assertCloses(Session, '42-1["message-with-ack",1]');
      await assertCloses(Session, '421.5["message-with-ack",1]');
      await assertCloses(Session, '421e3["message-with-ack",1]');
      await assertCloses(Session, '42٣["message-with-ack",1]');
    });

    ours("must have an id of digits alone", async () => {
      await assertCloses(Session, '42 ["message-with-ack",1]');
      await assertCloses(Session, '421 ["message-with-ack",1]');
      await assertCloses(Session, '42 1["message-with-ack",1]');
      await assertCloses(Session, '42\t["message-with-ack",1]');
    });

    ours("must have an id that can be given back as it came", async () => {
      await assertCloses(Session, '42100000000000000000000["message-with-ack",1]');
      await assertCloses(Session, `42${"9".repeat(400)}["message-with-ack",1]`);
    });
  });

  describe("an event of the server that asks for an acknowledgement", () => {
    /** Makes the server emit such an event with this argument, and returns the id to answer with. */
    async function asked(session, argument) {
      await session.send(`42["emit-with-ack",${argument}]`);
      const { groups } = /^42(?<id>\d+)\["emit-with-ack",(?<rest>.*)\]$/.exec(await session.next());
      assert.equal(groups.rest, String(argument));
      return Number(groups.id);
    }

    test("is told the answer", async () => {
      const session = await joined(Session);
      const id = await asked(session, 1);
      await assertAnswer(session, `43${id}["one",null,{"three":3}]`, '42["emit-with-ack","one",null,{"three":3}]');
    });

    test("is told an empty answer", async () => {
      const session = await joined(Session);
      for (const payload of ["[]", ""]) {
        await assertAnswer(session, `43${await asked(session, 1)}${payload}`, '42["emit-with-ack"]');
      }
    });

    test("is answered in its own namespace", async () => {
      const session = await joined(Session, "/custom");
      await session.send('42/custom,["emit-with-ack",1]');
      const { groups } = /^42\/custom,(?<id>\d+)\["emit-with-ack",1\]$/.exec(await session.next());
      await session.send(`43/custom,${groups.id}["answer"]`);
      assert.equal(await session.next(), '42/custom,["emit-with-ack","answer"]');
    });

    test("has an id of its own", async () => {
      const session = await joined(Session);
      const ids = [await asked(session, 1), await asked(session, 2), await asked(session, 3)];
      assert.equal(new Set(ids).size, 3);
      for (const index of [2, 0, 1]) {
        await assertAnswer(session, `43${ids[index]}["answer ${index}"]`, `42["emit-with-ack","answer ${index}"]`);
      }
    });

    test("is told the first answer only", async () => {
      const session = await joined(Session);
      const id = await asked(session, 1);
      await session.send(`43${id}["first"]`, `43${id}["second"]`);
      assert.equal(await session.next(), '42["emit-with-ack","first"]');
      await assertAnswer(session, `43${id}["third"]`);
    });

    test("is not told an answer with another id, or with none", async () => {
      const session = await joined(Session);
      const id = await asked(session, 1);
      await assertAnswer(session, [`43${id + 1_000}["wrong"]`, '43["wrong"]', "43[]"]);
      await assertAnswer(session, `43${id}["right"]`, '42["emit-with-ack","right"]');
    });

    test("is not told the answer of another socket", async () => {
      const session = await joined(Session);
      const stranger = await joined(Session);
      const id = await asked(session, 1);
      await assertAnswer(stranger, `43${id}["stranger"]`);
      await assertAnswer(session, `43${id}["right"]`, '42["emit-with-ack","right"]');
    });

    for (const payload of ["{}", '"text"', "null", "[", "[] trailing"]) {
      test(`must not be answered with ${payload}`, async () => {
        const session = await joined(Session);
        await session.send(`43${await asked(session, 1)}${payload}`);
        await session.ended();
      });
    }
  });
});

test("all these clients leave the server as it was", assertServes);
