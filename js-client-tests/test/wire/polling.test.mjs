// What goes over a session that is polled.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { assertRefused, get, gone, Polling, post } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertEchoes, assertServes } from "../../lib/sessions.mjs";

const bytes = (...values) => Buffer.from(values);

/** Opens a session and asserts that it is closed once `body` is posted, which is accepted. */
async function assertClosedBy(body, options) {
  const session = await Polling.open();
  const { status, body: text } = await session.post(body, options);
  assert.deepEqual([status, text], [200, "ok"]);
  assertRefused(await session.poll(), 1, "Session ID unknown");
}

describe("a POST", () => {
  test("is answered ok, in a way that no browser takes for a page to show", async () => {
    const session = await Polling.open();
    const { status, headers, body } = await session.post("4hello");
    assert.equal(status, 200);
    assert.equal(body, "ok");
    assert.match(headers["content-type"], /^text\/html\b/);
    assert.equal(headers["content-length"], "2");
    assert.equal(headers["cache-control"], "no-store");
  });

  test("brings a text", async () => {
    const session = await Polling.open();
    for (const text of ["4hello", "4", "4 ", "4€ and 😀", "4\u2028\u0000\ufeff", "4\n\r\n\\n", "44hello"]) {
      await session.send(text);
      assert.equal(await session.next(), text);
    }
  });

  test("brings several packets, in order", async () => {
    const session = await Polling.open();
    await session.send("4test1", "4test2", "4test3");
    for (const text of ["4test1", "4test2", "4test3"]) assert.equal(await session.next(), text);
  });

  test("brings bytes in base64", async () => {
    const session = await Polling.open();
    await session.send("4hello", bytes(1, 2, 3, 4), bytes(), "4bye");
    for (const message of ["4hello", bytes(1, 2, 3, 4), bytes(), "4bye"]) {
      assert.deepEqual(await session.next(), message);
    }
  });

  for (const [what, packet, decoded] of [
    ["without padding", "bAQIDBA", bytes(1, 2, 3, 4)],
    ["in the alphabet of addresses", "b-_-_", bytes(0xfb, 0xff, 0xbf)],
    ["with characters that mean nothing", "bAQ!ID\r\n BA==", bytes(1, 2, 3, 4)],
    ["of nothing", "b", bytes()],
  ]) {
    test(`may bring base64 ${what}`, async () => {
      const session = await Polling.open();
      await session.send(packet);
      assert.deepEqual(await session.next(), decoded);
    });
  }

  test("is read as UTF-8 whatever type it names", async () => {
    const session = await Polling.open();
    for (const type of ["text/plain", "application/json", "text/plain;charset=latin1", "application/octet-stream; charset=x"]) {
      const answer = await session.post("4€", { headers: { "Content-Type": type } });
      assert.equal(answer.body, "ok", type);
      assert.equal(await session.next(), "4€", type);
    }
  });

  test("of bytes that are not text is refused and ends the session", async () => {
    const session = await Polling.open();
    const answer = await session.post(bytes(1, 2, 3), { headers: { "Content-Type": "application/octet-stream" } });
    assert.deepEqual([answer.status, answer.body], [400, ""]);
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  ours("that is not UTF-8 is refused and ends the session", async () => {
    for (const body of [bytes(0x34, 0xff), bytes(0x34, 0xe2, 0x82), bytes(0x34, 0xed, 0xa0, 0x80)]) {
      const session = await Polling.open();
      assert.equal((await session.post(body)).status, 400);
      assertRefused(await session.poll(), 1, "Session ID unknown");
    }
  });

  for (const [what, body] of [
    ["of an unknown type", "abc"],
    ["of a type that is no digit but begins with several bytes", "éabcd"],
    ["of the type 7", "7"],
    ["of no bytes", ""],
    ["of a separator alone", "\x1e"],
    ["of a separator too much", "6\x1e"],
  ]) {
    test(`with a packet ${what} ends the session`, () => assertClosedBy(body));
  }

  test("is processed up to its first bad packet", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    await session.send("4first", "abc", "4second");
    const packets = (await poll.answer).body.split("\x1e");
    assert.equal(packets[0], "4first");
    assert.ok(!packets.includes("4second"));
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  for (const packet of ["0", "0{}", "5", "6", "6noop"]) {
    test(`with the packet ${packet} changes nothing`, async () => {
      const session = await Polling.open();
      await session.send(packet);
      await assertEchoes(session);
    });
  }
});

describe("a GET", () => {
  test("waits for something to say", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    await session.send("4hello");
    assert.equal((await poll.answer).body, "4hello");
  });

  test("is answered as plain text that must not be stored", async () => {
    const session = await Polling.open();
    await session.send("4€");
    const { status, headers, body } = await session.poll();
    assert.deepEqual([status, body], [200, "4€"]);
    assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
    assert.equal(headers["content-length"], "4");
    assert.equal(headers["cache-control"], "no-store");
  });

  test("takes everything that waits, bytes with their padding, no separator at the end", async () => {
    const session = await Polling.open();
    await session.send("4one", "bAQIDBA", "b", "b-w", "4two");
    assert.equal((await session.poll()).body, ["4one", "bAQIDBA==", "b", "b+w==", "4two"].join("\x1e"));
  });

  test("takes more at once than a client may send", async () => {
    const session = await Polling.open();
    const text = `4${"x".repeat(700_000)}`;
    for (let count = 0; count < 3; count += 1) await session.send(text);
    assert.equal((await session.poll()).body, [text, text, text].join("\x1e"));
    await assertEchoes(session);
  });

  test("may come on a connection of its own, or say that it closes it", async () => {
    const session = await Polling.open();
    for (const text of ["4one", "4two"]) {
      const options = { headers: { Connection: "close" } };
      await post(session.address, text, options);
      const answer = await get(session.address, options);
      assert.equal(answer.body, text);
      assert.equal(answer.headers.connection, "close");
    }
  });

  test("of an old Internet Explorer gets its filter against scripts turned off", async () => {
    const agents = {
      "Mozilla/4.0 (compatible;MSIE 8.0; Windows NT 6.0)": "0",
      "Mozilla/5.0 (Windows NT 6.3; Trident/7.0; rv:11.0) like Gecko": "0",
      "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": undefined,
    };
    for (const [agent, filter] of Object.entries(agents)) {
      const session = await Polling.open();
      const options = { headers: { "User-Agent": agent } };
      const posted = await session.post("4hello", options);
      assert.equal(posted.headers["x-xss-protection"], filter, agent);
      const polled = await get(session.address, options);
      assert.equal(polled.headers["x-xss-protection"], filter, agent);
    }
  });
});

describe("two requests at once:", () => {
  test("a second GET ends the session; the first is told so", async () => {
    const session = await Polling.open();
    const answers = await Promise.all([session.poll(), session.poll()]);
    const [told, refused] = answers.sort((a, b) => a.status - b.status);
    assert.deepEqual([told.status, told.body], [200, "1"]);
    assert.deepEqual([refused.status, refused.body], [400, ""]);
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  test("a GET and a POST go together", async () => {
    const session = await Polling.open();
    const [polled] = await Promise.all([session.poll(), session.send("4hello")]);
    assert.equal(polled.body, "4hello");
  });

  test("a GET whose client goes away ends the session", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    poll.abort();
    await gone(session, "polling", 250);
  });
});

describe("a session is closed", () => {
  for (const path of ["/engine.io/", "/socket.io/"]) {
    test(`by the client at ${path}: the GET that waits is let go`, async () => {
      const session = await Polling.open(path);
      const poll = await session.waitingPoll();
      await session.send("1");
      assert.equal((await poll.answer).body, "6");
      assertRefused(await session.poll(), 1, "Session ID unknown");
    });
  }

  test("by the client, with no GET waiting", async () => {
    const session = await Polling.open();
    await session.send("1");
    assertRefused(await session.poll(), 1, "Session ID unknown");
    assertRefused(await session.post("4hello"), 1, "Session ID unknown");
  });

  test("by the client: what comes after it in the payload is lost", async () => {
    const session = await Polling.open();
    const poll = await session.waitingPoll();
    await session.send("1", "4hello");
    assert.equal((await poll.answer).body, "6");
  });

  test("by the server: the GET that waits is told at once", async () => {
    const session = await Polling.open("/socket.io/");
    const poll = await session.waitingPoll();
    await session.send("4abc");
    assert.equal((await poll.answer).body, "1");
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  test("by the server: the next GET is told, and nothing is heard until then", async () => {
    const session = await Polling.open("/socket.io/");
    await session.send("4abc");
    await session.send("40");
    assert.ok(await session.exists());
    assert.equal((await session.poll()).body, "6\x1e1");
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });

  test("by the server: the next GET gets what was to be said before", async () => {
    const session = await Polling.open("/socket.io/");
    await session.send("40/unknown,");
    await session.send("4abc");
    assert.equal(await session.next(), '44/unknown,{"message":"Invalid namespace"}');
    await session.ended();
    assertRefused(await session.poll(), 1, "Session ID unknown");
  });
});

test("a session that has ended cannot be taken up again", async () => {
  const session = await Polling.open();
  await session.send("1");
  for (const transport of ["polling", "websocket"]) {
    assertRefused(await get(session.addressOf({ transport })), 1, "Session ID unknown");
  }
  await assertServes();
});
