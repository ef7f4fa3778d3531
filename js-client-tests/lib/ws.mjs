// A session over WebSocket.

import WebSocket from "ws";

import { address } from "./http.mjs";
import { origin } from "./server.mjs";
import { Inbox, PROMPTLY, within } from "./wait.mjs";

const url = (path) => origin.replace("http", "ws") + path;

/** A session over WebSocket, or a WebSocket with which a session is upgraded. */
export class Ws {
  #socket;
  #packets = new Inbox();

  /** Opens a session. One that is `silent` does not answer pings. */
  static async open(path = "/engine.io/", options) {
    const client = await Ws.connect(address(path, { transport: "websocket" }), options);
    client.handshake = JSON.parse((await client.next()).slice(1));
    client.sid = client.handshake.sid;
    return client;
  }

  /** Opens a WebSocket for the upgrade of a polling session. */
  static upgrade({ path, sid, silent }) {
    return Ws.connect(address(path, { transport: "websocket", sid }), { silent });
  }

  /** Opens a WebSocket. */
  static async connect(path, { silent = false, protocols, ...options } = {}) {
    const client = new Ws(new WebSocket(url(path), protocols, options), silent);
    await within(client.opened, "the WebSocket to open");
    return client;
  }

  constructor(socket, silent) {
    this.#socket = socket;
    this.silent = silent;
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    /** Resolves to the close code: 1005 if the server sent none, 1006 if it sent no close frame. */
    this.closed = new Promise((resolve) => socket.once("close", resolve));
    this.closed.then((code) => this.#packets.end(new Error(`the WebSocket is closed (${code})`)));
    socket.once("upgrade", ({ headers }) => (this.extensions = headers["sec-websocket-extensions"]));
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      const packet = isBinary ? data : data.toString();
      if (packet === "2" && !this.silent) this.send("3");
      else this.#packets.push(packet);
    });
  }

  /** The subprotocol that the server chose. */
  get protocol() {
    return this.#socket.protocol;
  }

  /** The extensions that the server agreed to, as it said so; `undefined` if none. */
  extensions;

  /** Sends packets, or bytes as a message, in a frame each. */
  send(...packets) {
    for (const packet of packets) this.#socket.send(packet);
  }

  /** Sends a ping frame and waits for its pong. */
  ping(data) {
    const pong = new Promise((resolve) => this.#socket.once("pong", resolve));
    this.#socket.ping(data);
    return within(pong, "the pong");
  }

  /** The next packet, or bytes of a binary message. Pings are answered and left out. */
  next(what, patience) {
    return this.#packets.next(what, patience);
  }

  /** Resolves when the server has closed the WebSocket, to the close code. */
  ended(patience = PROMPTLY) {
    return within(this.closed, "the WebSocket to close", patience);
  }

  /** Closes the WebSocket. */
  close(code) {
    this.#socket.close(code);
  }
}

/** Asks for a WebSocket that the server refuses before it opens; returns the answer. */
export function refusal(path, options) {
  const socket = new WebSocket(url(path), options);
  const answer = new Promise((resolve, reject) => {
    socket.once("unexpected-response", (_, response) => {
      let body = "";
      response.on("data", (chunk) => (body += chunk));
      response.once("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    socket.once("open", () => {
      socket.terminate();
      reject(new Error("the WebSocket was opened"));
    });
    socket.once("error", reject);
  });
  return within(answer, "the refusal");
}
