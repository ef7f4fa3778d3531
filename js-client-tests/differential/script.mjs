// What a script can do.

import { within } from "../lib/wait.mjs";
import { PATIENCE } from "./patience.mjs";
import { Exchange, Socket } from "./wire.mjs";

const SEPARATOR = "\x1e";
const DEFAULT_PATH = { eio: "/engine.io", sio: "/socket.io" };

/** The name of a transport that there is not: asking for it shows that what was asked before has been heard. */
export const BARRIER = "barrier";
/** The number of the requests that show that the commands before have been obeyed. */
export const BARRIER_REQUEST = 1_000_000;

/** One conversation: its driver, and all that went over the wire, in the order in which the script began it. */
export class Context {
  #driver;
  #mode;
  #polled = [];

  constructor(driver, mode, { path = DEFAULT_PATH[mode], addTrailingSlash } = {}) {
    this.#driver = driver;
    this.#mode = mode;
    this.path = path.replace(/\/$/, "") + (addTrailingSlash === false ? "" : "/");
    this.port = driver.port;
    this.streams = [];
    this.notes = [];
    this.exit = undefined;
  }

  /** Gives the driver commands, all in one write. */
  say(...commands) {
    this.#driver.say(...commands);
  }

  /** Waits for a line of the driver that was not asked for before. */
  line(ev, fields) {
    return this.#driver.line(ev, fields);
  }

  /** Writes something into the transcript that only the script knows. */
  note(text) {
    this.notes.push(text);
  }

  /** Waits until the driver has ended, and notes how. */
  async end() {
    this.exit = await within(this.#driver.ended, "the driver to end", PATIENCE);
  }

  /** Waits until the driver has obeyed all that it was told, and has said what it had to say. */
  async obeyed() {
    if (this.#mode === "eio") return this.heard();
    this.say({ op: "fetch", nsp: "/", reqN: BARRIER_REQUEST });
    await this.line("res", { n: BARRIER_REQUEST });
  }

  /** Waits until the server has had the time to read what was sent before. */
  async heard() {
    for (let again = 0; again < 2; again += 1) {
      await new Exchange(this.port, "GET", `${this.path}?EIO=4&transport=${BARRIER}`).answer;
      if (this.#mode === "eio") await this.line("connection_error", ({ context }) => context?.transport === BARRIER);
    }
  }

  /** The address of a request: protocol 4 unless `query` says otherwise; a parameter that is `undefined` is left out. */
  url(query) {
    const given = Object.entries({ EIO: 4, ...query }).filter(([, value]) => value !== undefined);
    return `${this.path}?${new URLSearchParams(given)}`;
  }

  /** Sends a request; its `answer` can be awaited. */
  request(method, path, options) {
    return this.#recorded(new Exchange(this.port, method, path, options));
  }

  /** Sends a GET and waits for the answer. */
  get(path, options) {
    return this.request("GET", path, options).answer;
  }

  /** Asks for a WebSocket and waits for the answer, whatever it is. */
  socket(path, options) {
    const socket = this.#recorded(new Socket(this.port, path, options));
    return awaitedOrNot(socket.answer.then(() => socket));
  }

  /** Opens a session over polling. */
  polling(query, options) {
    const open = async () => {
      const answer = await this.get(this.url({ transport: "polling", ...query }), options);
      const session = new Polling(this, query, answer.body);
      this.#polled.push(session);
      return session;
    };
    return awaitedOrNot(open());
  }

  /** Opens a session over WebSocket and reads its first packet. */
  ws(query, options) {
    const open = async () => {
      const socket = await this.socket(this.url({ transport: "websocket", ...query }), options);
      socket.sid = sidIn(await socket.next());
      return socket;
    };
    return awaitedOrNot(open());
  }

  /** Joins a namespace, waits until the driver says so, and returns the socket's id. */
  async join(session, nsp = "/", auth) {
    const prefix = nsp === "/" ? "40" : `40${nsp},`;
    await session.send(prefix + (auth ? JSON.stringify(auth) : ""));
    for (;;) {
      const packet = await session.next();
      if (typeof packet !== "string" || !packet.startsWith(`${prefix}{`)) continue;
      const { sid } = JSON.parse(packet.slice(prefix.length));
      await this.line("connection", { nsp, sid });
      return sid;
    }
  }

  /** Opens a session over WebSocket that has joined a namespace. */
  async joined(nsp, auth) {
    const session = await this.ws();
    session.id = await this.join(session, nsp, auth);
    return session;
  }

  /** Waits until all is still: what has not been said or sent by now is not a part of the conversation. */
  async settle() {
    if (this.exit !== undefined) return;
    await this.obeyed();
    const left = this.#polled.filter((session) => session.idle).map((session) => session.start());
    if (left.length > 0) await this.heard();
    for (const exchange of left) if (!exchange.done) exchange.unwanted = true;
    this.streams = this.streams.filter((stream) => !stream.unwanted);
  }

  /** Ends all that is open. */
  async finish() {
    await Promise.all(this.streams.map((stream) => stream.finish()));
  }

  #recorded(stream) {
    this.streams.push(stream);
    return stream;
  }
}

/** A session over polling. */
class Polling {
  #context;
  #query;
  #packets = [];
  #pending;

  constructor(context, query, body) {
    this.#context = context;
    this.#query = query;
    this.sid = sidIn(body);
    this.#packets = body.split(SEPARATOR).slice(1);
  }

  /** The address of the session's requests. */
  url(query) {
    return this.#context.url({ ...this.#query, transport: "polling", sid: this.sid, ...query });
  }

  /** Whether no GET is waiting. */
  get idle() {
    return !this.#pending || this.#pending.done;
  }

  /** Sends a GET; its `answer` can be awaited. */
  start(options) {
    this.#pending = this.#context.request("GET", this.url(), options);
    return this.#pending;
  }

  /** Sends a GET, and returns the answer. */
  poll(options) {
    return this.start(options).answer;
  }

  /** Sends a GET that will be waiting when this resolves. */
  async waitingPoll(options) {
    const exchange = this.start(options);
    await this.#context.heard();
    return exchange;
  }

  /** Sends a POST, and returns the answer. */
  post(body, options) {
    return this.#context.request("POST", this.url(), { body, ...options }).answer;
  }

  /** Sends packets, or bytes as a message, in one POST. */
  send(...packets) {
    const encoded = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`));
    return this.post(encoded.join(SEPARATOR));
  }

  /** The next packet: the bytes of a binary message, if it is one. Rejects when the session is over. */
  async next() {
    while (this.#packets.length === 0) {
      const answer = await this.poll();
      if (answer?.status !== 200) throw new Error(`the session ended: ${answer?.status}`);
      this.#packets = answer.body.split(SEPARATOR);
    }
    const packet = this.#packets.shift();
    return packet[0] === "b" ? Buffer.from(packet.slice(1), "base64") : packet;
  }

  /** Waits until the session is over, whatever is answered before that. */
  async ended() {
    for (;;) {
      const answer = await this.poll();
      if (answer?.status !== 200 || answer.body.split(SEPARATOR).includes("1")) return;
    }
  }

  /** Asks for a WebSocket with which to upgrade, and waits for the answer. */
  upgrade(query, options) {
    const url = this.#context.url({ ...this.#query, transport: "websocket", sid: this.sid, ...query });
    return this.#context.socket(url, options);
  }

  /** Upgrades to a WebSocket, and returns that. */
  async upgraded() {
    const socket = await this.upgrade();
    socket.send("2probe");
    await socket.next();
    socket.send("5");
    socket.sid = this.sid;
    this.#pending ??= { done: false };
    return socket;
  }
}

/** A promise whose failure may go unheard: the script may have stopped before it asks. */
function awaitedOrNot(promise) {
  promise.catch(() => {});
  return promise;
}

function sidIn(text) {
  return /"sid\\?":\\?"([^"\\]*)/.exec(text)?.[1];
}
