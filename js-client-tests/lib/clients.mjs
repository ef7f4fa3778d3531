// The official clients, and every way in which they connect.

import { afterEach, describe } from "node:test";

import { io as latest } from "socket.io-client";
import client31 from "socket.io-client-3.1";
import client40 from "socket.io-client-4.0";

import { origin } from "./server.mjs";
import { Inbox, within } from "./wait.mjs";

/** Each client: its version, as far as it matters here, and its `io`. */
const CLIENTS = [
  { version: 3.1, io: client31 },
  { version: 4.0, io: client40 },
  { version: 4.8, io: latest },
];

const WAYS = {
  "by polling": ["polling"],
  "by WebSocket": ["websocket"],
  "by polling, then WebSocket": ["polling", "websocket"],
};

/**
 * Defines the same tests for every client in every way to connect.
 *
 * `define` is given `connect`, which opens a socket and waits until it is connected; `open`, which does not wait;
 * `beside`, which opens one for another namespace on a socket's connection; the `version` of the client; the
 * `transports`, and whether the client `upgrades` from one to the other. All sockets are closed after each test.
 */
export function withEachClient(define) {
  for (const { version, io } of CLIENTS) {
    for (const [way, transports] of Object.entries(WAYS)) {
      describe(`socket.io-client ${version.toFixed(1)} ${way}`, () => {
        const sockets = [];
        afterEach(() => {
          for (const socket of sockets.splice(0)) socket.disconnect();
        });

        const open = (namespace = "/", options) => {
          const socket = io(origin + namespace, { transports, forceNew: true, reconnectionDelay: 1, ...options });
          sockets.push(socket);
          return socket;
        };
        const beside = (socket, namespace, options) => {
          const other = socket.io.socket(namespace, options);
          sockets.push(other);
          return other;
        };
        const connect = async (...args) => {
          const socket = open(...args);
          await connected(socket);
          return socket;
        };
        define({ open, connect, beside, version, transports, upgrades: transports.length > 1 });
      });
    }
  }
}

/** Waits for an event and returns its arguments. */
export function happened(emitter, event, patience) {
  const arguments_ = new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));
  return within(arguments_, `the event ${event}`, patience);
}

/** Waits until a socket is connected; fails if it is refused. */
export function connected(socket) {
  if (socket.connected) return Promise.resolve();
  const outcome = new Promise((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return within(outcome, "the connection");
}

/** Waits until a socket's connection has been upgraded to a WebSocket. */
export function upgraded(socket) {
  const { engine } = socket.io;
  return engine.transport.name === "websocket" ? Promise.resolve() : happened(engine, "upgrade");
}

/** Collects an event's arguments from now on, to be waited for in turn. */
export function inbox(socket, event) {
  const box = new Inbox();
  socket.on(event, (...args) => box.push(args));
  return box;
}

/** Sends a `message` and returns what comes back. */
export async function echo(socket, ...args) {
  const answer = happened(socket, "message-back");
  socket.emit("message", ...args);
  return answer;
}

/** Asks for an acknowledgement of these arguments and returns it. */
export function acknowledged(socket, ...args) {
  const answer = new Promise((resolve) => socket.emit("message-with-ack", ...args, (...answered) => resolve(answered)));
  return within(answer, "the acknowledgement");
}
