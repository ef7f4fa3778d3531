// The same conversation with the JavaScript server and with ours, compared. See README.md.

import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { test } from "node:test";

import { inTime } from "../lib/timed.mjs";
import { Decisions, differencesBetween } from "./compare.mjs";
import { conversations, play } from "./conversation.mjs";
import "./conversations/index.mjs";
import { differences } from "./differences.mjs";
import { Driver, driverOf, NODE } from "./driver.mjs";

const itself = process.env.DIFFERENTIAL === "itself";
const command = process.env.CONFORMANCE_SERVER;
if (!itself && !command) throw new Error("CONFORMANCE_SERVER must name the driver to test: a path, or a command line");

const ours = itself ? NODE : driverOf(command);
const decisions = new Decisions(itself ? [] : differences);
const chosen = conversations.filter(({ name }) => name.includes(process.env.CONVERSATION ?? ""));

async function compare(conversation) {
  const played = await Promise.allSettled([play(conversation, NODE), play(conversation, ours)]);
  for (const { reason } of played) if (reason) throw reason;
  const [expected, actual] = played.map(({ value }) => value);
  if (expected.stopped) throw new Error("the JavaScript server does not play along", { cause: expected.stopped });
  const undecided = decisions.undecided(conversation.name, differencesBetween(expected, actual));
  if (undecided.length === 0) return;
  const said = actual.complaints ? `\nwhat was complained of:\n${actual.complaints}` : "";
  assert.fail(`${conversation.row}: - the JavaScript server, + ours\n${undecided.join("\n")}${said}`);
}

for (const mode of ["eio", "sio"]) {
  await test(`driver-${mode} ends with code 0 when it is asked to end, and with 2 at what it does not know`, async () => {
    const [asked, misled] = [await Driver.start(ours, mode, {}), await Driver.start(ours, mode, {})];
    asked.terminate();
    misled.say({ op: "fly" });
    assert.deepEqual([await asked.ended, await misled.ended], [0, 2]);
  });
}

const timed = chosen.filter((conversation) => conversation.timed);
const others = chosen.filter((conversation) => !conversation.timed);

await test("conversations go as with the JavaScript server", { concurrency: 2 * availableParallelism() }, (t) =>
  Promise.all(others.map((conversation) => t.test(conversation.name, () => compare(conversation)))),
);

await test("conversations in which time matters go as with the JavaScript server", async (t) => {
  for (const conversation of timed) await t.test(conversation.name, () => inTime(() => compare(conversation)));
});

await test("every difference that is listed is still there", (t) => {
  t.diagnostic(`${chosen.length} conversations compared, ${decisions.size} differences listed`);
  // one that was not played cannot tell
  if (chosen.length === conversations.length) assert.deepEqual(decisions.notMet(), []);
});
