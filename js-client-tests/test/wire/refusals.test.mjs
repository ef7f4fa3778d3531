// What the server refuses, with which code, and in which order it looks.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { address, assertRefused, get, Polling, send } from "../../lib/http.mjs";
import { ours } from "../../lib/ours.mjs";
import { assertEchoes } from "../../lib/sessions.mjs";
import { exchange, head, Tcp } from "../../lib/tcp.mjs";
import { upgradeHead } from "../../lib/frames.mjs";
import { refusal, Ws } from "../../lib/ws.mjs";

const UNKNOWN_TRANSPORT = [0, "Transport unknown"];
const UNKNOWN_SESSION = [1, "Session ID unknown"];
const BAD_METHOD = [2, "Bad handshake method"];
const BAD_REQUEST = [3, "Bad request"];
const UNSUPPORTED_VERSION = [5, "Unsupported protocol version"];

const PATHS = ["/engine.io/", "/socket.io/"];

/** Asserts that the answer to a WebSocket request is the plain message. */
function assertNoWebSocket(answer, [, message]) {
  assert.equal(answer.status, 400);
  assert.equal(answer.body, message);
  assert.match(answer.headers["content-type"], /^text\/html\b/);
  assert.equal(answer.headers.connection.toLowerCase(), "close");
  assert.equal(answer.headers["content-length"], String(message.length));
}

for (const path of PATHS) {
  describe(`at ${path}`, () => {
    for (const transport of ["", "abc", "Polling", "webtransport", "constructor", "__proto__"]) {
      test(`the transport ${JSON.stringify(transport)} is unknown`, async () => {
        assertRefused(await get(`${path}?EIO=4&transport=${transport}`), ...UNKNOWN_TRANSPORT);
        assertNoWebSocket(await refusal(`${path}?EIO=4&transport=${transport}`), UNKNOWN_TRANSPORT);
      });
    }

    test("a request must name its transport", async () => {
      assertRefused(await get(`${path}?EIO=4`), ...UNKNOWN_TRANSPORT);
      assertRefused(await get(path), ...UNKNOWN_TRANSPORT);
      assertNoWebSocket(await refusal(`${path}?EIO=4`), UNKNOWN_TRANSPORT);
    });

    for (const query of ["EIO=3", "EIO=04", "EIO=4.0", "EIO=5", "EIO=abc", "EIO=", ""]) {
      test(`${query || "no version"} is not the protocol version 4`, async () => {
        assertRefused(await get(`${path}?${query}&transport=polling`), ...UNSUPPORTED_VERSION);
        await assert.rejects(Ws.connect(`${path}?${query}&transport=websocket`).then((client) => client.next()));
      });

      ours(`a WebSocket with ${query || "no version"} is refused before it opens`, async () => {
        assertNoWebSocket(await refusal(`${path}?${query}&transport=websocket`), UNSUPPORTED_VERSION);
      });
    }

    for (const sid of ["unknown", "__proto__", "constructor", "hasOwnProperty"]) {
      test(`the session ${sid} is unknown`, async () => {
        for (const method of ["GET", "POST", "PUT"]) {
          assertRefused(await send(method, address(path, { transport: "polling", sid })), ...UNKNOWN_SESSION);
        }
        assertRefused(await get(address(path, { transport: "websocket", sid })), ...UNKNOWN_SESSION);
        assertNoWebSocket(await refusal(address(path, { transport: "websocket", sid })), UNKNOWN_SESSION);
      });
    }

    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      test(`${method} opens no session`, async () => {
        assertRefused(await send(method, address(path, { transport: "polling" })), ...BAD_METHOD);
        assertRefused(await send(method, address(path, { transport: "websocket" })), ...BAD_METHOD);
      });
    }

    test("HEAD opens no session", async () => {
      const answer = await send("HEAD", address(path, { transport: "polling" }));
      assert.equal(answer.status, 400);
    });

    test("the transport websocket needs an upgrade", async () => {
      assertRefused(await get(address(path, { transport: "websocket" })), ...BAD_REQUEST);
    });
  });
}

test("a WebSocket is opened by GET only", async () => {
  const request = upgradeHead(address("/engine.io/", { transport: "websocket" })).replace("GET", "POST");
  const tcp = new Tcp().write(request);
  assertNoWebSocket(await tcp.answer(), BAD_METHOD);
  tcp.close();
});

ours("a WebSocket for the transport polling is refused", async () => {
  assertNoWebSocket(await refusal(address("/engine.io/", { transport: "polling" })), BAD_REQUEST);
  const session = await Polling.open();
  assertNoWebSocket(await refusal(session.address), BAD_REQUEST);
  await assertEchoes(session);
});

test("a request by another transport than the session's is refused and does not disturb it", async () => {
  const session = await Polling.open();
  const byWebSocket = session.addressOf({ transport: "websocket" });
  assertRefused(await get(byWebSocket), ...BAD_REQUEST);
  assertRefused(await send("POST", byWebSocket, { body: "4lost" }), ...BAD_REQUEST);
  await assertEchoes(session);
});

test("a polling request for a session that was opened by WebSocket is refused and does not disturb it", async () => {
  const session = await Ws.open();
  const byPolling = address("/engine.io/", { transport: "polling", sid: session.sid });
  assertRefused(await get(byPolling), ...BAD_REQUEST);
  assertRefused(await send("POST", byPolling, { body: "4lost" }), ...BAD_REQUEST);
  await assertEchoes(session);
});

test("a request of another protocol version than the session's is refused and does not disturb it", async () => {
  const session = await Polling.open();
  for (const EIO of ["3", "04", ""]) {
    assertRefused(await get(session.addressOf({ EIO })), ...BAD_REQUEST);
    assertRefused(await send("POST", session.addressOf({ EIO }), { body: "4lost" }), ...BAD_REQUEST);
    assertNoWebSocket(await refusal(session.addressOf({ EIO, transport: "websocket" })), BAD_REQUEST);
  }
  await assertEchoes(session);
});

test("other methods than GET and POST fail, and do not disturb the session", async () => {
  const session = await Polling.open();
  for (const method of ["PUT", "PATCH", "DELETE", "HEAD"]) {
    const { status, body } = await send(method, session.address);
    assert.deepEqual([status, body], [500, ""], method);
  }
  await assertEchoes(session);
});

test("an origin with a control character is refused", async () => {
  for (const character of ["\x01", "\x7f"]) {
    const answer = await exchange(
      `GET ${address("/engine.io/", { transport: "polling" })}`,
      `Origin: http://example${character}.com`,
      "Connection: close",
    );
    assert.equal(answer.status, 400);
  }
});

describe("the first reason counts:", () => {
  const first = (name, method, query, refusal) =>
    test(name, async () => {
      assertRefused(await send(method, `/engine.io/?${query}`), ...refusal);
    });

  first("an unknown transport before an unknown version", "GET", "EIO=3&transport=abc", UNKNOWN_TRANSPORT);
  first("an unknown transport before an unknown session", "GET", "EIO=4&transport=abc&sid=x", UNKNOWN_TRANSPORT);
  first("an unknown transport before the method", "POST", "EIO=4&transport=abc", UNKNOWN_TRANSPORT);
  first("an unknown session before the version", "GET", "EIO=3&transport=polling&sid=x", UNKNOWN_SESSION);
  first("an unknown session before the method", "PUT", "EIO=4&transport=polling&sid=x", UNKNOWN_SESSION);
  first("the method before the version", "POST", "EIO=3&transport=polling", BAD_METHOD);
  first("the method before the missing upgrade", "POST", "EIO=4&transport=websocket", BAD_METHOD);
  first("the missing upgrade before the version", "GET", "EIO=3&transport=websocket", BAD_REQUEST);
});


test("a refused request leaves its connection usable", async () => {
  const tcp = new Tcp();
  tcp.write(head("GET /engine.io/?EIO=4&transport=abc"));
  assert.equal((await tcp.answer()).status, 400);
  tcp.write(head(`GET ${address("/engine.io/", { transport: "polling" })}`));
  assert.equal((await tcp.answer()).status, 200);
  tcp.close();
});
