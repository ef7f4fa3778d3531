// The options that a driver knows.

import { createRequire } from "node:module";

import { fail, request } from "./lines.mjs";

const ENGINE = [
  "path",
  "transports",
  "pingInterval",
  "pingTimeout",
  "upgradeTimeout",
  "maxHttpBufferSize",
  "allowUpgrades",
  "allowEIO3",
  "perMessageDeflate",
  "httpCompression",
  "cookie",
  "cors",
  "initialPacket",
  "addTrailingSlash",
  "allowRequest",
  "initialHeaders",
];
const SOCKETS = ["serveClient", "connectTimeout", "connectionStateRecovery", "cleanupEmptyChildNamespaces", "parser"];

/** The options of an Engine.IO server, from the environment. */
export function engineOptions(questions) {
  return read("EIO_OPTS", ENGINE, questions);
}

/** The options of a Socket.IO server, from the environment. */
export function socketOptions(questions) {
  return read("SIO_OPTS", [...ENGINE, ...SOCKETS], questions);
}

function read(variable, known, questions) {
  const options = JSON.parse(process.env[variable] || "{}");
  const unknown = Object.keys(options).find((name) => !known.includes(name));
  if (unknown) fail(`no such option: ${unknown}`);
  if (options.parser !== undefined) {
    if (options.parser !== "msgpack") fail(`no such parser: ${options.parser}`);
    options.parser = createRequire(import.meta.url)("socket.io-msgpack-parser");
  }
  if (options.allowRequest !== undefined) {
    if (options.allowRequest !== "remote") fail(`allowRequest can only be "remote"`);
    options.allowRequest = (incoming, decide) => questions.ask("allowRequest", request(incoming), decide);
  }
  const { initialHeaders = {}, ...rest } = options;
  return { initialHeaders, options: rest };
}

/** Adds these headers to the answers of all handshakes. */
export function addInitialHeaders(engine, initialHeaders) {
  engine.on("initial_headers", (headers) => Object.assign(headers, initialHeaders));
}
