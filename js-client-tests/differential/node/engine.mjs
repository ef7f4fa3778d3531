// The mode `driver-eio`.

import { Server } from "engine.io";

import { fail, httpServer, listen, obey, Questions, request, tell } from "./lines.mjs";
import { addInitialHeaders, engineOptions } from "./options.mjs";

/** Runs the driver. */
export function engine() {
  const questions = new Questions();
  const { options, initialHeaders } = engineOptions(questions);
  const http = httpServer(501, "Not Implemented");
  const server = new Server(options);
  server.attach(http, options);
  addInitialHeaders(server, initialHeaders);
  server.on("connection", observe);
  server.on("connection_error", ({ code, message, context }) => {
    const { error, ...rest } = context ?? {};
    tell("connection_error", { code, message, context: { ...rest, ...(error && { error: messageOf(error) }) } });
  });
  obey(commands(server, questions));
  listen(http);
}

function observe(socket) {
  const { id, transport, protocol, remoteAddress } = socket;
  const { _query: query, headers, url } = socket.request;
  tell("connection", { id, transport: transport.name, protocol, query, headers, url, remoteAddress });
  socket.on("message", (data) => tell("message", { id, ...message(data) }));
  for (const name of ["packet", "packetCreate"]) {
    socket.on(name, ({ type, data }) => tell(name, { id, type, data }));
  }
  for (const name of ["heartbeat", "drain", "flush"]) socket.on(name, () => tell(name, { id }));
  for (const name of ["upgrading", "upgrade"]) socket.on(name, (to) => tell(name, { id, transport: to.name }));
  socket.on("close", (reason, description) => tell("close", { id, reason, desc: messageOf(description) }));
}

/** What is empty comes as `undefined`. */
function message(data = "") {
  return typeof data === "string" ? { t: data } : { b: Buffer.from(data).toString("base64") };
}

function messageOf(error) {
  return error instanceof Error ? error.message : error;
}

function commands(server, questions) {
  const find = (id) => server.clients[id];
  return {
    send({ id, t, b, n, opts, cb }) {
      const data = b !== undefined ? Buffer.from(b, "base64") : (t ?? String(n));
      // a session that is gone is sent to in vain, as in an application that has kept its socket
      find(id)?.send(data, { ...opts }, cb === undefined ? undefined : () => tell("sent", { id, cb }));
    },
    close({ id, discard }) {
      find(id)?.close(discard);
    },
    closeServer() {
      server.close();
    },
    set({ generateId, ...others }) {
      const unknown = Object.keys(others)[0];
      if (unknown || generateId !== "remote") fail(`cannot set ${unknown ?? `generateId to ${generateId}`}`);
      server.generateId = (incoming) =>
        new Promise((resolve, reject) => {
          questions.ask("generateId", request(incoming), (error, id) =>
            error ? reject(new Error(error)) : resolve(id),
          );
        });
    },
    answer: (fields) => questions.answer(fields),
  };
}
