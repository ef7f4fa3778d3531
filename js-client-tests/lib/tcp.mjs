// Bytes on a connection, for what no proper HTTP or WebSocket client would send.

import { once } from "node:events";
import { createConnection } from "node:net";

import { port } from "./server.mjs";
import { within } from "./wait.mjs";

/** A TCP connection to the server. */
export class Tcp {
  #socket = createConnection({ port, host: "127.0.0.1", noDelay: true });
  #received = Buffer.alloc(0);
  #look = () => {};
  #ended = false;

  constructor() {
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
  read(parse, what) {
    const found = new Promise((resolve) => {
      this.#look = () => {
        const match = parse(this.#received, this.#ended);
        if (match) this.#received = this.#received.subarray(match[1]);
        if (match || this.#ended) resolve(match?.[0]);
      };
      this.#look();
    });
    return within(found, what);
  }

  /** The next HTTP answer, or `undefined` if the connection ended without one. */
  answer() {
    return this.read(parseAnswer, "an HTTP answer");
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

/** Sends one HTTP request, byte by byte as given, and returns the answer. */
export async function exchange(...lines) {
  const tcp = new Tcp().write(head(...lines));
  try {
    return await tcp.answer();
  } finally {
    tcp.close();
  }
}

/** The head of an HTTP request: the request line and headers, `Host` added. */
export function head(requestLine, ...headers) {
  return [`${requestLine} HTTP/1.1`, `Host: 127.0.0.1:${port}`, ...headers, "", ""].join("\r\n");
}

function parseAnswer(received, ended) {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [statusLine, ...lines] = received.toString("latin1", 0, end).split("\r\n");
  const status = Number(statusLine.split(" ")[1]);
  const headers = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = received.subarray(end + 4);
  const answer = (text, length) => [{ status, headers, body: text }, end + 4 + length];
  if (status < 200 || status === 204) return answer("", 0);
  if (/chunked/i.test(headers["transfer-encoding"] ?? "")) {
    const chunked = parseChunks(body);
    return chunked && answer(...chunked);
  }
  const length = headers["content-length"];
  if (length !== undefined) {
    return body.length >= Number(length) ? answer(body.toString("utf8", 0, Number(length)), Number(length)) : undefined;
  }
  return ended ? answer(body.toString(), body.length) : undefined;
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
    if (size === 0) return [Buffer.concat(chunks).toString(), next];
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = next;
  }
}
