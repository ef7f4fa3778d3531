// What is asked of a session in the same words over both transports.

import assert from "node:assert/strict";
import { describe } from "node:test";

import { Polling } from "./http.mjs";
import { Ws } from "./ws.mjs";

/** Defines the same tests over polling and over WebSocket. `define` is given the kind of session to open. */
export function overEachTransport(define, options = {}) {
  describe("over polling", options, () => define(Polling));
  describe("over WebSocket", options, () => define(Ws));
}

/** Asserts that an Engine.IO session has nothing else to say, and echoes. */
export async function assertEchoes(session) {
  await session.send("4marker");
  assert.equal(await session.next(), "4marker");
}

/** Sends the CONNECT packet of a namespace and returns the id that the socket got there. */
export async function join(session, namespace = "/", auth) {
  const prefix = namespace === "/" ? "" : `${namespace},`;
  await session.send(`40${prefix}${auth ? JSON.stringify(auth) : ""}`);
  const connect = await session.next();
  assert.equal(connect.slice(0, 2 + prefix.length), `40${prefix}`);
  assertSame(await session.next(), `42${prefix}["auth",${JSON.stringify(auth ?? {})}]`);
  return JSON.parse(connect.slice(2 + prefix.length)).sid;
}

/** Opens a session that has joined these namespaces. */
export async function joined(Session, ...namespaces) {
  const session = await Session.open("/socket.io/");
  for (const namespace of namespaces.length > 0 ? namespaces : ["/"]) await join(session, namespace);
  return session;
}

/** Asserts that a session has nothing else to say, and that its namespace answers. */
export async function assertAnswers(session, namespace = "/") {
  const prefix = namespace === "/" ? "" : `${namespace},`;
  await session.send(`42${prefix}["message","marker"]`);
  assert.equal(await session.next(), `42${prefix}["message-back","marker"]`);
}

/** Asserts that two packets, or the bytes of two messages, are the same, in whatever way their JSON is written. */
export function assertSame(actual, expected) {
  const [head, json] = split(actual);
  const [expectedHead, expectedJson] = split(expected);
  assert.deepEqual(head, expectedHead);
  assert.deepEqual(json, expectedJson);
}

function split(packet) {
  const start = typeof packet === "string" ? packet.search(/[[{]/) : -1;
  return start < 0 ? [packet] : [packet.slice(0, start), JSON.parse(packet.slice(start))];
}

/** Sends packets and asserts that the next ones are `answers`, and that nothing follows them. */
export async function assertAnswer(session, packets, ...answers) {
  await session.send(...[packets].flat());
  for (const answer of answers) assertSame(await session.next(), answer);
  await assertAnswers(session);
}

/** Sends packets to a session that has joined `/`, and asserts that the server closes it. */
export async function assertCloses(Session, ...packets) {
  const session = await joined(Session);
  await session.send(...packets);
  await session.ended();
}

/** Asserts that the server serves new clients as if nothing had happened, be it busy for a moment. */
export async function assertServes(attempts = 3) {
  try {
    for (const Session of [Polling, Ws]) {
      await assertEchoes(await Session.open());
      await assertAnswers(await joined(Session));
    }
  } catch (error) {
    if (attempts === 1) throw error;
    await assertServes(attempts - 1);
  }
}
