// HTTP requests, and a session that is polled.

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";

import { origin } from "./server.mjs";
import { eventually, PROMPTLY, within } from "./wait.mjs";

const SEPARATOR = "\x1e";

/** The address of an Engine.IO request, protocol 4 unless `query` says otherwise. */
export function address(path, query) {
  return `${path}?${new URLSearchParams({ EIO: "4", ...query })}`;
}

/**
 * Sends a request; `answer` resolves to `{status, headers, body}` within `patience`, `abort` drops the connection.
 *
 * The body of the answer is a text, or bytes if `encoding` is null.
 */
export function start(method, path, { body, patience, encoding = "utf8", ...options } = {}) {
  const request = httpRequest(origin + path, { method, agent: false, ...options });
  const answer = new Promise((resolve, reject) => {
    request.once("error", reject);
    request.once("response", (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.once("end", () => {
        const bytes = Buffer.concat(chunks);
        const body = encoding === null ? bytes : bytes.toString(encoding);
        resolve({ status: response.statusCode, headers: response.headers, body });
      });
      response.once("error", reject);
    });
  });
  const sent = new Promise((resolve) => {
    request.once("error", resolve);
    request.once("socket", (socket) => socket.once("connect", () => setImmediate(resolve)));
  });
  request.end(body);
  const awaited = within(answer, `the answer to ${method} ${path}`, patience);
  awaited.catch(() => {});
  return { answer: awaited, sent, abort: () => request.destroy() };
}

/** Sends a request and returns its answer. */
export function send(method, path, options) {
  return start(method, path, options).answer;
}

export const get = (path, options) => send("GET", path, options);
export const post = (path, body, options) => send("POST", path, { body, ...options });

/** Asserts that an answer is the refusal of that code, in JSON. */
export function assertRefused(answer, code, message) {
  assert.equal(answer.status, 400);
  assert.equal(answer.body, JSON.stringify({ code, message }));
  assert.equal(answer.headers["content-type"], "application/json");
}

/**
 * Whether a session of that id exists.
 *
 * Asks by the transport that is not the session's `own`: such a request is refused, and does not disturb the session.
 */
export async function exists({ path, sid }, own = "polling") {
  const { body } = await get(address(path, { transport: own === "polling" ? "websocket" : "polling", sid }));
  return !body.includes('"code":1');
}

/** Resolves when no session of that id exists any more. */
export function gone(session, own, patience) {
  return eventually(async () => !(await exists(session, own)), "the session to be forgotten", patience);
}

/** A session over polling: what a client knows of it, and what a client can ask. */
export class Polling {
  #packets = [];

  /** Opens a session. One that is `silent` does not answer pings. */
  static async open(path = "/engine.io/", { silent = false } = {}) {
    const answer = await get(address(path, { transport: "polling" }));
    assert.equal(answer.status, 200);
    assert.equal(answer.body[0], "0");
    return new Polling(path, JSON.parse(answer.body.slice(1)), silent);
  }

  constructor(path, handshake, silent) {
    this.path = path;
    this.handshake = handshake;
    this.sid = handshake.sid;
    this.silent = silent;
    this.address = this.addressOf();
  }

  /** The address of the session's requests. */
  addressOf(query) {
    return address(this.path, { transport: "polling", sid: this.sid, ...query });
  }

  /** Sends a GET. */
  poll() {
    return get(this.address);
  }

  /** Sends a GET that will be waiting when this resolves. */
  async waitingPoll() {
    const request = start("GET", this.address);
    await request.sent;
    // a request of another connection is answered in between: the server has had time to read the first
    await exists(this);
    return request;
  }

  /** Sends a POST. */
  post(body, options) {
    return post(this.address, body, options);
  }

  /** Sends packets, or bytes as a message, in one POST. */
  async send(...packets) {
    const encoded = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`));
    const answer = await this.post(encoded.join(SEPARATOR));
    assert.deepEqual([answer.status, answer.body], [200, "ok"]);
  }

  /** The next packet, or bytes of a binary message. Pings are answered and left out. */
  async next() {
    for (;;) {
      while (this.#packets.length === 0) {
        const answer = await this.poll();
        assert.equal(answer.status, 200, `the session ended: ${answer.status} ${answer.body}`);
        this.#packets = answer.body.split(SEPARATOR);
      }
      const packet = this.#packets.shift();
      if (packet === "2" && !this.silent) await this.send("3");
      else return packet[0] === "b" ? Buffer.from(packet.slice(1), "base64") : packet;
    }
  }

  /** Whether the server still knows the session. Asking does not disturb it. */
  exists() {
    return exists(this);
  }

  /** Resolves when the server has ended the session. Pings are answered until then. */
  async ended(patience = PROMPTLY) {
    await eventually(
      async () => {
        const { status, body } = await this.poll();
        const packets = body.split(SEPARATOR);
        if (packets.includes("2") && !this.silent) await this.send("3");
        return status === 400 || packets.includes("1");
      },
      "the session to end",
      patience,
    );
    await gone(this);
  }
}
