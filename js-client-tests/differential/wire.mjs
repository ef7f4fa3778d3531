// What goes over the wire, and the record of what comes back: one stream for every request and every WebSocket.

import { createRequire } from "node:module";
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

import { Connection, headFor } from "../lib/connection.mjs";
import { BINARY, CLOSE, CONTINUATION, frame, KEY, parseFrame, PING, PONG, TEXT, UPGRADE } from "../lib/frame.mjs";
import { Inbox, within } from "../lib/wait.mjs";
import { PATIENCE } from "./patience.mjs";

const { decode } = createRequire(createRequire(import.meta.url).resolve("socket.io-msgpack-parser"))("notepack.io");

/** Headers that say nothing about the protocol: HTTP's own, and how long a body is. */
const SILENT = new Set(["date", "keep-alive", "content-length", "transfer-encoding", "server"]);
const EXTENSIONS = "sec-websocket-extensions";
const FRAMING = new Set(["content-length", "transfer-encoding"]);
const NAMES = { [CONTINUATION]: "continuation", [TEXT]: "text", [BINARY]: "binary", [PING]: "ping", [PONG]: "pong" };
const WINDOW = 32_768;

/** A request, and what was answered. */
export class Exchange {
  #connection;

  /** Sends a request. With `framing`, it is recorded too how the length of the body is told. */
  constructor(port, method, path, { headers = [], body, framing = false, whole = true } = {}) {
    this.title = `${method} ${path}`;
    /** What was seen, line by line. */
    this.record = [];
    this.done = false;
    this.#connection = new Connection(port);
    const length = body === undefined || !whole ? [] : [`Content-Length: ${Buffer.byteLength(body)}`];
    const head = headFor(port, `${method} ${path}`, ...headers, ...length);
    this.#connection.write(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(body ?? "")]));
    const bodiless = method === "HEAD";
    /** Resolves to the answer; to `undefined` if the connection ended without one. */
    this.answer = this.#connection
      .answer({ bodiless, what: `the answer to ${this.title}`, patience: PATIENCE })
      .then((answer) => {
        this.done = true;
        this.record.push(...describeAnswer(answer, framing));
        this.#connection.close();
        return answer;
      });
    this.answer.catch(() => {});
  }

  /** Sends more of the body. */
  write(data) {
    this.#connection.write(data);
  }

  /** Drops the connection. */
  abort() {
    this.done = true;
    this.record.push("we dropped the connection");
    this.#connection.close();
  }

  /** Ends the record: what was not answered by now is said to be so. */
  finish() {
    if (!this.done) this.record.push("no answer yet");
    this.#connection.close();
  }
}

/** A WebSocket, or what was answered instead. */
export class Socket {
  #connection;
  #frames = new Inbox();
  #window = Buffer.alloc(0);
  #closed = false;

  /** Asks for a WebSocket; `early` bytes are sent together with the request. */
  constructor(port, path, { headers = [], upgrade = UPGRADE, version = 13, key = KEY, early = "" } = {}) {
    this.title = `WebSocket ${path}`;
    this.record = [];
    this.#connection = new Connection(port);
    const own = [`Sec-WebSocket-Version: ${version}`, ...(key === null ? [] : [`Sec-WebSocket-Key: ${key}`])];
    const head = headFor(port, `GET ${path}`, ...upgrade, ...own, ...headers);
    this.#connection.write(Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(early)]));
    /** Resolves to the answer to the request; to `undefined` if the connection ended without one. */
    this.answer = this.#connection
      .answer({ what: `the answer to ${this.title}`, patience: PATIENCE })
      .then((answer) => {
        this.record.push(...describeAnswer(answer, false));
        if (answer?.status === 101) this.#listen();
        else this.#end();
        return answer;
      });
    this.answer.catch(() => {});
    /** Resolves when the connection is over. */
    this.over = new Promise((resolve) => (this.resolveOver = resolve));
  }

  async #listen() {
    const read = (parse) => this.#connection.read(parse, "a frame", 60_000).catch(() => undefined);
    const stray = await read((received, ended) => looksLikeHttp(received, ended));
    if (stray) {
      const answer = await this.#connection.answer();
      this.record.push("after the WebSocket opened, HTTP:", ...describeAnswer(answer, false));
      return this.#end();
    }
    for (let next = await read(parseFrame); next; next = await read(parseFrame)) this.#received(next);
    this.record.push(this.#closed ? "end" : "end, and no close frame");
    this.#end();
  }

  #received({ final, opcode, reserved, payload }) {
    if (opcode === CLOSE) {
      const code = payload.length >= 2 ? ` ${payload.readUInt16BE(0)} ${payload.toString("utf8", 2)}` : "";
      // what follows was our own wish
      this.record.push(this.#closed ? "close, as we did" : `close${code}`.trimEnd());
      if (!this.#closed) this.#connection.write(frame(CLOSE, payload.subarray(0, 2)));
      this.#closed = true;
      return;
    }
    const data = reserved & 4 ? this.#inflate(payload) : payload;
    const marks = [NAMES[opcode] ?? `opcode ${opcode}`, reserved & 4 && "compressed", !final && "not final"];
    const shown = opcode === TEXT ? data.toString() : (unpacked(data) ?? JSON.stringify(data.toString("latin1")));
    this.record.push(`${marks.filter(Boolean).join(", ")}: ${shorten(shown)}`);
    if (opcode === TEXT) this.#frames.push(data.toString());
    else if (opcode === BINARY) this.#frames.push(data);
  }

  #inflate(payload) {
    const options = { finishFlush: 2, ...(this.#window.length > 0 && { dictionary: this.#window }) };
    const data = inflateRawSync(Buffer.concat([payload, Buffer.from([0, 0, 0xff, 0xff])]), options);
    this.#window = Buffer.concat([this.#window, data]).subarray(-WINDOW);
    return data;
  }

  #end() {
    this.#connection.close();
    this.#frames.end(new Error(`${this.title} is over`));
    this.resolveOver();
  }

  /** Sends packets, or bytes, in a frame each, all in one write. */
  send(...packets) {
    const frames = packets.map((packet) => frame(typeof packet === "string" ? TEXT : BINARY, packet));
    this.#connection.write(Buffer.concat(frames));
  }

  /** Sends a frame that is not an ordinary message. */
  sendFrame(...args) {
    this.#connection.write(frame(...args));
  }

  /** Sends bytes as they are. */
  write(data) {
    this.#connection.write(data);
  }

  /** Sends a close frame. */
  close(code) {
    this.#closed = true;
    const payload = code === undefined ? "" : Buffer.from([code >> 8, code & 0xff]);
    this.#connection.write(frame(CLOSE, payload));
  }

  /** Drops the connection. */
  abort() {
    this.record.push("we dropped the connection");
    this.#connection.close();
  }

  /** The next packet, or the bytes of a binary frame. */
  next() {
    return this.#frames.next(`a frame of ${this.title}`, PATIENCE);
  }

  /** Waits until the server has ended the connection. */
  ended() {
    return within(this.over, `${this.title} to end`, PATIENCE);
  }

  /** Ends the record: all that the server has sent by now is in it. */
  async finish() {
    const answer = await this.answer.catch(() => undefined);
    if (answer?.status === 101 && !this.#closed) this.close(1000);
    await within(this.over, "the end", 1_000).catch(() => this.record.push("still open after our close"));
    this.#connection.close();
  }
}

function looksLikeHttp(received, ended) {
  const start = "HTTP/1.1 ";
  const same = received.toString("latin1", 0, start.length) === start.slice(0, received.length);
  if (same && received.length < start.length && !ended) return undefined;
  return [same && received.length >= start.length, 0];
}

function describeAnswer(answer, framing) {
  if (!answer) return ["end without an answer"];
  // HTTP forbids to tell the length of what has none
  const framed = framing && answer.status !== 204;
  const telling = answer.fields.filter(([name, value]) => tells(name, value, framed));
  const shown = telling.map(([name, value]) => `${name}: ${name === EXTENSIONS ? anyOrder(value) : value}`);
  return [`status ${answer.status}`, ...shown.sort(), ...describeBody(answer)];
}

function tells(name, value, framing) {
  if (name === "connection") return value.toLowerCase() === "close";
  return !SILENT.has(name) || (framing && FRAMING.has(name));
}

/** The parameters of an extension in one order: theirs says nothing. */
function anyOrder(extension) {
  const [name, ...parameters] = extension.split("; ");
  return [name, ...parameters.sort()].join("; ");
}

function describeBody({ bytes, headers }) {
  if (bytes.length === 0) return [];
  const data = decompress(bytes, headers["content-encoding"]);
  const type = headers["content-type"] ?? "";
  if (type.startsWith("application/octet-stream"))
    return [`bytes: ${shorten(JSON.stringify(data.toString("latin1")))}`];
  const text = data.toString();
  if (text.length > 10_000) return [`${text.length} characters of ${type}`];
  return text.split("\x1e").map((packet, index) => `${index === 0 ? "body" : "then"}: ${shorten(readable(packet))}`);
}

/** A packet of MessagePack in base64 as JSON; others as they are. */
function readable(packet) {
  return (packet[0] === "b" && unpacked(Buffer.from(packet.slice(1), "base64"))) || packet;
}

/**
 * A packet of MessagePack as JSON: clients see no order of its keys, and not whether `undefined` is written down. The
 * packet as a whole is read by the parser of the JavaScript client, and in vectors byte by byte elsewhere.
 */
function unpacked(data) {
  if (!data.includes("\xa4type", 0, "latin1")) return undefined;
  const { type, nsp, data: content, id, ...others } = decode(data);
  const bytes = (_, value) => (value?.type === "Buffer" ? { $b: Buffer.from(value.data).toString("base64") } : value);
  return `unpacked: ${JSON.stringify({ type, nsp, id, data: content, ...others }, bytes)}`;
}

/** Writes what is repeated many times once, and how often. */
function shorten(text) {
  return text.replace(/(\\u....|.)\1{30,}/gsu, (all, unit) => `${unit}<${all.length / unit.length} times>`);
}

function decompress(bytes, encoding) {
  if (encoding === "gzip") return gunzipSync(bytes);
  if (encoding === "deflate") return inflateSync(bytes);
  if (encoding === "br") return brotliDecompressSync(bytes);
  return bytes;
}
