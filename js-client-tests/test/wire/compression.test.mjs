// Compression of what is polled.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { gunzipSync, inflateSync } from "node:zlib";

import { get, Polling } from "../../lib/http.mjs";

const LONG = `4${"x".repeat(5_000)}`;

/** Has a message sent back by polling, to a client that accepts these encodings. */
async function polled(message, accept) {
  const session = await Polling.open();
  await session.send(message);
  const headers = accept === undefined ? {} : { "Accept-Encoding": accept };
  return get(session.address, { headers, encoding: null });
}

describe("what is polled", () => {
  for (const [accept, encoding, decompress] of [
    ["gzip, deflate, br", "gzip", gunzipSync],
    ["*", "gzip", gunzipSync],
    ["deflate", "deflate", inflateSync],
    ["gzip;q=0.5, deflate;q=0.8", "deflate", inflateSync],
  ]) {
    test(`is compressed by ${encoding} for who accepts ${accept}`, async () => {
      const { status, headers, body } = await polled(LONG, accept);
      assert.equal(status, 200);
      assert.equal(headers["content-encoding"], encoding);
      assert.equal(headers["content-type"], "text/plain; charset=UTF-8");
      assert.equal(headers["cache-control"], "no-store");
      assert.ok(body.length < 200, `${body.length} bytes`);
      assert.equal(decompress(body).toString(), LONG);
    });
  }

  for (const accept of [undefined, "", "br", "gzip;q=0", "identity"]) {
    test(`is left as it is for who accepts ${accept ?? "nothing"}`, async () => {
      const { headers, body } = await polled(LONG, accept);
      assert.equal(headers["content-encoding"], undefined);
      assert.equal(body.toString(), LONG);
    });
  }

  test("is left as it is if it is short", async () => {
    const { headers, body } = await polled("4hello", "gzip");
    assert.equal(headers["content-encoding"], undefined);
    assert.equal(body.toString(), "4hello");
  });
});
