// How large a POST may be, and in which pieces it may come.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { assertRefused, exists, get, gone, Polling } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertEchoes } from "../../lib/sessions.mjs";
import { head, Tcp } from "../../lib/tcp.mjs";
import { timed } from "../../lib/timed.mjs";

const LIMIT = 1_000_000;

/** Starts a POST of that session with these headers, and leaves its body to be written. */
function startPost(session, ...headers) {
  return new Tcp().write(head(`POST ${session.address}`, ...headers));
}

/** Encodes a body, or a piece of it, as a chunk. */
function chunk(text) {
  const data = Buffer.from(text);
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from("\r\n")]);
}

/** Waits until the server has certainly read what was sent before: it has answered somebody else since. */
const readByNow = (session) => exists(session);

describe("a body", () => {
  test("may be as large as announced in the handshake", async () => {
    const session = await Polling.open();
    assert.equal(session.handshake.maxPayload, LIMIT);
    const text = `4${"x".repeat(LIMIT - 1)}`;
    await session.send(text);
    assert.equal(await session.next(), text);
  });

  test("that is larger is refused, and the session goes on", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Transfer-Encoding: chunked");
    tcp.write(chunk(`4${"x".repeat(LIMIT)}`)).write("0\r\n\r\n");
    const answer = await tcp.answer();
    assert.deepEqual([answer.status, answer.body], [413, ""]);
    tcp.close();
    await assertEchoes(session);
  });

  test("is measured in bytes, not in characters", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Transfer-Encoding: chunked");
    tcp.write(chunk(`4${"é".repeat(LIMIT / 2)}`)).write("0\r\n\r\n");
    assert.equal((await tcp.answer()).status, 413);
    tcp.close();
    await assertEchoes(session);
  });

  ours("that is announced as larger is refused before it comes", async () => {
    const session = await Polling.open();
    for (const length of [LIMIT + 1, 1e12, Number.MAX_SAFE_INTEGER]) {
      const tcp = startPost(session, `Content-Length: ${length}`);
      const answer = await tcp.answer();
      assert.deepEqual([answer.status, answer.body], [413, ""]);
      tcp.close();
    }
    await assertEchoes(session);
  });

  test("may come in pieces, cut anywhere", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Transfer-Encoding: chunked");
    for (const byte of Buffer.from("4€\x1e4😀")) tcp.write(chunk(Buffer.of(byte)));
    tcp.write("0\r\n\r\n");
    assert.equal((await tcp.answer()).body, "ok");
    tcp.close();
    assert.equal(await session.next(), "4€");
    assert.equal(await session.next(), "4😀");
  });

  timed("is processed when it is complete, not before", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Content-Length: 8").write("4hello\x1e");
    assert.equal((await session.poll()).body, "2");
    tcp.write("3");
    assert.equal((await tcp.answer()).body, "ok");
    assert.equal(await session.next(), "4hello");
    tcp.close();
  });

  test("whose client goes away before its end ends the session", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Content-Length: 100").write("4hello");
    await readByNow(session);
    tcp.close();
    await gone(session, "polling", 250);
  });

  test("follows the permission to send it, where the client asks for that", async () => {
    const session = await Polling.open();
    const tcp = startPost(session, "Content-Length: 6", "Expect: 100-continue");
    assert.equal((await tcp.answer()).status, 100);
    tcp.write("4hello");
    assert.equal((await tcp.answer()).body, "ok");
    tcp.close();
    assert.equal(await session.next(), "4hello");
  });
});

describe("two POSTs at once", () => {
  async function overlap() {
    const session = await Polling.open();
    const first = startPost(session, "Content-Length: 6").write("4");
    await readByNow(session);
    const second = await session.post("4second");
    return { session, first, second };
  }

  test("end the session", async () => {
    const { session, first, second } = await overlap();
    assert.deepEqual([second.status, second.body], [400, ""]);
    assertRefused(await session.poll(), 1, "Session ID unknown");
    await first.ended;
  });

  ours("are both refused", async () => {
    const { first } = await overlap();
    const answer = await first.answer();
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.connection, "close");
    await first.ended;
  });

  test("of two sessions do not meet", async () => {
    const [one, other] = [await Polling.open(), await Polling.open()];
    const post = startPost(one, "Content-Length: 4").write("4");
    await readByNow(one);
    await assertEchoes(other);
    post.write("one");
    assert.equal((await post.answer()).body, "ok");
    assert.equal((await get(one.address)).body, "4one");
    post.close();
  });
});
