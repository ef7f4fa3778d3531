// How a request is understood: its path, its query, its headers.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { KEY, UPGRADE, upgradeHead } from "../../lib/frames.mjs";
import { address, assertRefused, get, Polling, post, send } from "../../lib/http.mjs";
import { assertEchoes, assertServes } from "../../lib/sessions.mjs";
import { exchange, head, Tcp } from "../../lib/tcp.mjs";
import { refusal, Ws } from "../../lib/ws.mjs";

const HANDSHAKE = address("/engine.io/", { transport: "polling" });
const WEBSOCKET = address("/engine.io/", { transport: "websocket" });

describe("the handshake", () => {
  const expected = (sid, upgrades) =>
    JSON.stringify({ sid, upgrades, pingInterval: 300, pingTimeout: 200, maxPayload: 1_000_000 });

  for (const path of ["/engine.io/", "/socket.io/"]) {
    test(`over polling at ${path} is the open packet and nothing else`, async () => {
      const { status, headers, body } = await get(address(path, { transport: "polling" }));
      assert.equal(status, 200);
      assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
      assert.equal(headers["content-length"], String(body.length));
      assert.equal(headers["cache-control"], "no-store");
      const { sid } = JSON.parse(body.slice(1));
      assert.equal(body, `0${expected(sid, ["websocket"])}`);
    });

    test(`over WebSocket at ${path} is the open packet, without upgrades`, async () => {
      const client = await Ws.connect(address(path, { transport: "websocket" }));
      const packet = await client.next();
      const { sid } = JSON.parse(packet.slice(1));
      assert.equal(packet, `0${expected(sid, [])}`);
    });
  }

  test("gives each session a long id of its own", async () => {
    const sessions = await Promise.all(Array.from({ length: 20 }, () => Polling.open()));
    const ids = new Set(sessions.map(({ sid }) => sid));
    assert.equal(ids.size, sessions.length);
    for (const sid of ids) assert.match(sid, /^[\w-]{20,}$/);
  });
});

describe("the path", () => {
  test("may go on behind the server's own", async () => {
    for (const path of ["/engine.io/more", "/engine.io/more/and/more/", "/socket.io/more"]) {
      assert.equal((await get(address(path, { transport: "polling" }))).status, 200, path);
    }
    await assertEchoes(await Ws.open("/engine.io/more"));
  });

  for (const path of ["/engine.io", "/engine.iofoo", "/engine.io-admin/", "/Engine.IO/", "/engine%2Eio/", "/", "/other/"]) {
    test(`${path} is not the server's`, async () => {
      assert.equal((await get(address(path, { transport: "polling" }))).status, 404);
    });
  }

  test("of a client file that does not exist is taken for a request without transport", async () => {
    for (const path of ["/socket.io/nothing.js", "/socket.io/socket.io.js.txt", "/socket.io/../socket.io/nothing.js"]) {
      assertRefused(await get(path), 0, "Transport unknown");
    }
  });

  test("of somebody else's WebSocket opens none here", async () => {
    const tcp = new Tcp().write(upgradeHead(address("/elsewhere", { transport: "websocket" })));
    const answer = await tcp.answer();
    assert.notEqual(answer?.status, 101);
    tcp.close();
  });
});

describe("the query", () => {
  test("with an empty session id asks for a new session", async () => {
    assert.equal((await get(`${HANDSHAKE}&sid=`)).body[0], "0");
    const client = await Ws.connect(`${WEBSOCKET}&sid=`);
    assert.equal((await client.next())[0], "0");
  });

  test("may name a key twice: the last one counts", async () => {
    assert.equal((await get("/engine.io/?EIO=3&transport=abc&sid=x&EIO=4&transport=polling&sid=")).status, 200);
    assertRefused(await get("/engine.io/?EIO=4&transport=polling&transport=abc"), 0, "Transport unknown");
    assertRefused(await get(`${HANDSHAKE}&EIO=3`), 5, "Unsupported protocol version");
    assertRefused(await get(`${HANDSHAKE}&sid=&sid=x`), 1, "Session ID unknown");
  });

  test("may be percent-encoded", async () => {
    assert.equal((await get("/engine.io/?%45IO=%34&transport=p%6flling")).status, 200);
  });

  test("may hold anything else", async () => {
    const session = await Polling.open();
    const strange = "&t=abc123&__proto__=1&constructor&=&&a=%zz&b=%ff&c=+&d=?";
    assert.equal((await get(HANDSHAKE + strange)).status, 200);
    assert.equal((await post(session.address + strange, "4hello")).body, "ok");
    assert.equal(await session.next(), "4hello");
  });

  test("may be long", async () => {
    const keys = Array.from({ length: 1_000 }, (_, key) => `k${key}=1`).join("&");
    assert.equal((await get(`${HANDSHAKE}&${keys}`)).status, 200);
  });
});

describe("a browser of another site", () => {
  const Origin = "http://other.example";
  const allowed = ({ headers }) => assert.ok(["*", Origin].includes(headers["access-control-allow-origin"]));

  test("may read the answers of a server that allows it", async () => {
    const answer = await get(HANDSHAKE, { headers: { Origin } });
    assert.equal(answer.status, 200);
    allowed(answer);
  });

  test("may read refusals too", async () => {
    const answer = await get("/engine.io/?EIO=4&transport=abc", { headers: { Origin } });
    assertRefused(answer, 0, "Transport unknown");
    allowed(answer);
  });

  test("is told what it may send", async () => {
    const session = await Polling.open();
    for (const path of [HANDSHAKE, session.address]) {
      const answer = await send("OPTIONS", path, {
        headers: {
          Origin,
          "Access-Control-Request-Method": "POST",
          "Access-Control-Request-Headers": "content-type,x-custom",
        },
      });
      assert.ok([200, 204].includes(answer.status), `got ${answer.status}`);
      assert.equal(answer.body, "");
      allowed(answer);
      const methods = answer.headers["access-control-allow-methods"].split(/,\s*/);
      assert.ok(["GET", "POST"].every((method) => methods.includes(method)) || methods.includes("*"));
      assert.match(answer.headers["access-control-allow-headers"], /content-type.*x-custom|\*/i);
    }
    await assertEchoes(session);
  });

  test("may open a WebSocket", async () => {
    await assertEchoes(await Ws.open("/engine.io/", { headers: { Origin } }));
  });
});

describe("a WebSocket request", () => {
  test("gets the first subprotocol that it offers", async () => {
    const client = await Ws.open("/engine.io/", { protocols: ["first", "second"] });
    assert.equal(client.protocol, "first");
    assert.equal((await Ws.open()).protocol, "");
  });

  test("gets the first subprotocol for an upgrade too", async () => {
    const session = await Polling.open();
    const path = session.addressOf({ transport: "websocket" });
    assert.equal((await Ws.connect(path, { protocols: ["first", "second"] })).protocol, "first");
  });

  test("gets no cookie", async () => {
    const tcp = new Tcp().write(upgradeHead(WEBSOCKET));
    const answer = await tcp.answer();
    assert.equal(answer.status, 101);
    assert.equal(answer.headers["set-cookie"], undefined);
    assert.equal(answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    tcp.close();
  });

  const asked = (...headers) => exchange(`GET ${WEBSOCKET}`, ...headers);
  const VERSION = "Sec-WebSocket-Version: 13";

  test("needs a key", async () => {
    assert.equal((await asked(...UPGRADE, VERSION)).status, 400);
  });

  for (const key of ["", "short", `${KEY}x`, "dGhlIHNhbXBsZSBub25jZQ", "<>hlIHNhbXBsZSBub25jZQ=="]) {
    test(`needs another key than ${JSON.stringify(key)}`, async () => {
      assert.equal((await asked(...UPGRADE, VERSION, `Sec-WebSocket-Key: ${key}`)).status, 400);
    });
  }

  test("needs the version 13, and is told so", async () => {
    for (const version of ["12", "14", "abc"]) {
      const answer = await asked(...UPGRADE, `Sec-WebSocket-Version: ${version}`, `Sec-WebSocket-Key: ${KEY}`);
      assert.equal(answer.status, 400);
      assert.match(answer.headers["sec-websocket-version"], /\b13\b/);
    }
    assert.equal((await asked(...UPGRADE, `Sec-WebSocket-Key: ${KEY}`)).status, 400);
  });

  test("must ask for the upgrade to a WebSocket", async () => {
    const answer = await asked("Connection: Upgrade", "Upgrade: h2c", VERSION, `Sec-WebSocket-Key: ${KEY}`);
    assert.equal(answer.status, 400);
  });

  test("may write its headers in any case", async () => {
    const answer = await asked("connection: keep-alive, UPGRADE", "upgrade: WebSocket", VERSION, `sec-websocket-key: ${KEY}`);
    assert.equal(answer.status, 101);
  });

  test("that is refused ends its connection", async () => {
    const tcp = new Tcp().write(upgradeHead("/engine.io/?EIO=4&transport=abc"));
    assert.equal((await tcp.answer()).status, 400);
    await tcp.ended;
    assert.equal((await refusal("/engine.io/?EIO=4&transport=abc")).status, 400);
  });

  test("may be torn off at any time", async () => {
    const session = await Polling.open();
    for (const path of [WEBSOCKET, session.addressOf({ transport: "websocket" }), "/engine.io/?EIO=4&transport=abc"]) {
      const request = upgradeHead(path);
      for (const length of [10, request.length - 1, request.length]) {
        const tcp = new Tcp().write(request.slice(0, length));
        await get(HANDSHAKE);
        tcp.reset();
      }
    }
    await assertServes();
    await assertEchoes(session);
  });
});

test("one connection serves several sessions in turn", async () => {
  const tcp = new Tcp();
  for (const path of ["/engine.io/", "/socket.io/", "/engine.io/"]) {
    tcp.write(head(`GET ${address(path, { transport: "polling" })}`));
    assert.equal((await tcp.answer()).body[0], "0");
  }
  tcp.close();
});


test("a client of HTTP/1.0 is answered in one piece", async () => {
  const tcp = new Tcp().write(`GET ${HANDSHAKE} HTTP/1.0\r\n\r\n`);
  const { status, headers, body } = await tcp.answer();
  assert.deepEqual([status, body[0]], [200, "0"]);
  assert.equal(headers["transfer-encoding"], undefined);
  await tcp.ended;
});
