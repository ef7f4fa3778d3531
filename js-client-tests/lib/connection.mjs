// Bytes on a connection, and the HTTP answers among them.

import { once } from "node:events";
import { createConnection } from "node:net";

import { within } from "./wait.mjs";

/** A TCP connection to a port of loopback. */
export class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #look = () => {};
  #ended = false;

  constructor(port) {
    this.#socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
    /** Resolves when the server has closed the connection, in whatever way. */
    this.ended = new Promise((resolve) => {
      const end = () => {
        this.#ended = true;
        this.#look();
        resolve();
      };
      this.#socket.on("error", end).on("end", end).on("close", end);
    });
    this.#socket.on("data", (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#look();
    });
  }

  /** Sends bytes, or text as Latin-1. */
  write(data) {
    this.#socket.write(data, "latin1");
    return this;
  }

  /**
   * Waits until `parse(received, ended)` gives `[value, length]`; takes these bytes away and returns the value.
   * Gives `undefined` if the connection ends before.
   */
  read(parse, what, patience) {
    const found = new Promise((resolve) => {
      this.#look = () => {
        const match = parse(this.#received, this.#ended);
        if (!match && !this.#ended) return;
        // what comes from now on belongs to the next who reads
        this.#look = () => {};
        if (match) this.#received = this.#received.subarray(match[1]);
        resolve(match?.[0]);
      };
      this.#look();
    });
    return within(found, what, patience);
  }

  /**
   * The next HTTP answer, or `undefined` if the connection ended without one.
   *
   * It has the `status`, the `headers` by name, and the `fields`, which are all of them as they came; the `body` as text
   * and as `bytes`. One that is `bodiless` whatever its headers say answers a HEAD.
   */
  answer({ bodiless = false, what = "an HTTP answer", patience } = {}) {
    return this.read((received, ended) => parseAnswer(received, ended, bodiless), what, patience);
  }

  /** Stops reading, so that the server cannot write for ever. */
  pause() {
    this.#socket.pause();
  }

  /** Resolves when all that was written is out of our hands, or the connection has ended. */
  async drained() {
    if (this.#socket.writableNeedDrain && !this.#ended) {
      await Promise.race([once(this.#socket, "drain"), this.ended]);
    }
    return !this.#ended;
  }

  /** Ends the connection rudely, with a reset. */
  reset() {
    this.#socket.resetAndDestroy();
  }

  close() {
    this.#socket.destroy();
  }
}

/** The head of an HTTP request to that port: the request line and headers, `Host` added. */
export function headFor(port, requestLine, ...headers) {
  return [`${requestLine} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, "", ""].join("\r\n");
}

function parseAnswer(received, ended, bodiless) {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine, ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const fields = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  const headers = Object.fromEntries(fields);
  const rest = received.subarray(end + 4);
  const answer = (bytes, length) => [{ status, headers, fields, bytes, body: bytes.toString() }, end + 4 + length];
  if (bodiless || status < 200 || status === 204 || status === 304) return answer(rest.subarray(0, 0), 0);
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    const chunked = parseChunks(rest);
    return chunked && answer(...chunked);
  }
  const length = headers["content-length"];
  if (length !== undefined) {
    return rest.length >= Number(length) ? answer(rest.subarray(0, Number(length)), Number(length)) : undefined;
  }
  return ended ? answer(rest, rest.length) : undefined;
}

function parseChunks(body) {
  const chunks = [];
  let at = 0;
  for (;;) {
    const lineEnd = body.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (body.length < next) return undefined;
    if (size === 0) return [Buffer.concat(chunks), next];
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
