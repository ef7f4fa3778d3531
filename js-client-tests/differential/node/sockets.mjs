// The mode `driver-sio`.

import { Server } from "socket.io";

import { fail, httpServer, listen, obey, Questions, tell } from "./lines.mjs";
import { addInitialHeaders, socketOptions } from "./options.mjs";

/** Runs the driver. */
export function sockets() {
  const questions = new Questions();
  const { options, initialHeaders } = socketOptions(questions);
  const http = httpServer(404, "");
  const driver = new Driver(new Server(http, options), questions);
  addInitialHeaders(driver.io.engine, initialHeaders);
  obey(driver.commands());
  listen(http);
}

class Driver {
  #namespaces = new Map();
  #acknowledgements = [];

  constructor(io, questions) {
    this.io = io;
    this.questions = questions;
    io.on("new_namespace", (namespace) => this.#observeNew(namespace));
    this.#observe("/", io.of("/"));
  }

  #observe(key, namespace) {
    if (this.#namespaces.has(key)) return;
    this.#namespaces.set(key, namespace);
    namespace.on("connection", (socket) => this.#connected(socket));
  }

  #observeNew(namespace) {
    const { name } = namespace;
    const parent = [...this.#namespaces].find(([, { children }]) => children?.has(namespace))?.[0];
    tell("new_namespace", { name, parent });
    const close = namespace.adapter.close.bind(namespace.adapter);
    // nothing else tells that an empty child was removed
    namespace.adapter.close = () => {
      queueMicrotask(() => this.io._nsps.has(name) || tell("del_namespace", { name, parent }));
      return close();
    };
  }

  #connected(socket) {
    const { id: sid, handshake, data, recovered } = socket;
    const nsp = socket.nsp.name;
    tell("connection", { nsp, sid, handshake, rooms: [...socket.rooms], data, recovered });
    const heard = (...event) => this.#heard(nsp, sid, event);
    // listeners, and not these, are what an event may fail to reach: each name gets its own when it first comes
    socket.onAny((name) => {
      if (name === "error") return;
      if (socket.listenerCount(name) === 0) socket.on(name, (...args) => heard(name, ...args));
    });
    socket.on("error", (...args) => {
      if (args[0] instanceof Error) tell("error", { nsp, sid, message: args[0].message });
      else heard("error", ...args);
    });
    for (const name of ["disconnecting", "disconnect"]) socket.on(name, (reason) => tell(name, { nsp, sid, reason }));
    const upgraded = () => tell("upgrade", { nsp, sid });
    socket.conn.on("upgrade", upgraded);
    socket.on("disconnect", () => socket.conn.off("upgrade", upgraded));
  }

  #heard(nsp, sid, event) {
    const acknowledge = typeof event.at(-1) === "function" ? event.pop() : undefined;
    const n = acknowledge && this.#acknowledgements.push(acknowledge);
    // a client may send an event that has not even a name
    const args = event[0] === undefined ? [] : event;
    tell("event", { nsp, sid, args, n });
  }

  #namespace(key = "/") {
    return this.#namespaces.get(key) ?? (this.io._nsps.has(key) ? this.io.of(key) : fail(`no such namespace: ${key}`));
  }

  #socket({ nsp, sid }) {
    const found = this.#namespace(nsp).sockets.get(sid);
    return found ?? fail(`no such socket: ${sid} in ${nsp}`);
  }

  /** What `nsp`, `sid`, `from`, `rooms`, `except` and `flags` mean. */
  #target({ nsp, sid, from, rooms, except, flags = {}, ...others }) {
    let target = from
      ? this.#socket({ nsp, sid: from }).broadcast
      : sid
        ? this.#socket({ nsp, sid })
        : this.#namespace(nsp);
    if (rooms) target = target.to(rooms);
    if (except) target = target.except(except);
    for (const [flag, value] of Object.entries(flags)) {
      if (flag === "volatile" || flag === "local") target = value ? target[flag] : target;
      else if (flag === "compress" || flag === "timeout") target = target[flag](value);
      else fail(`no such flag: ${flag}`);
    }
    return [target, others];
  }

  commands() {
    return {
      of: (fields) => this.#of(fields),
      use: ({ nsp }) => this.#use(nsp),
      emit: (fields) => this.#emit(fields),
      ack: ({ n, args = [] }) => this.#acknowledgements[n - 1](...args),
      join: ({ arg, data, ...which }) => {
        const socket = this.#socket(which);
        if (arg !== undefined) socket.join(arg);
        if (data !== undefined) socket.data = data;
      },
      leave: ({ arg, ...which }) => [arg].flat().forEach((room) => this.#socket(which).leave(room)),
      disconnect: ({ close, ...which }) => this.#socket(which).disconnect(close),
      fetch: (fields) => this.#fetch(fields),
      socketsJoin: ({ arg, ...target }) => this.#target(target)[0].socketsJoin(arg),
      socketsLeave: ({ arg, ...target }) => this.#target(target)[0].socketsLeave(arg),
      disconnectSockets: ({ close, ...target }) => this.#target(target)[0].disconnectSockets(close),
      answer: (fields) => this.questions.answer(fields),
      close: () => this.io.close(() => process.exit(0)),
    };
  }

  #of({ nsp, key, regex, dyn }) {
    if (key === undefined) return this.#observe(nsp, this.io.of(nsp));
    if (regex !== undefined) return this.#observe(key, this.io.of(new RegExp(regex)));
    if (!dyn) fail("a namespace has a name, or a key and a regex or dyn");
    const ask = (name, auth, next) => this.questions.ask("dyn", { key, nsp: name, auth }, next);
    return this.#observe(key, this.io.of(ask));
  }

  #use(nsp) {
    this.#namespace(nsp).use((socket, next) => {
      const fields = { nsp: socket.nsp.name, sid: socket.id, handshake: socket.handshake };
      this.questions.ask("mw", fields, (refusal) => next(toError(refusal)));
    });
  }

  #emit(fields) {
    const [target, { args, ackN }] = this.#target(fields);
    if (ackN === undefined) target.emit(...args);
    else if (fields.flags?.timeout !== undefined || !fields.sid) {
      target.emit(...args, (error, ...answer) => tell("res", { n: ackN, err: error?.message ?? null, args: answer }));
    } else target.emit(...args, (...answer) => tell("res", { n: ackN, err: null, args: answer }));
  }

  #fetch(fields) {
    const [target, { reqN }] = this.#target(fields);
    // it is taken at once, and may throw at once
    const fetched = (async () => target.fetchSockets())();
    fetched.then(
      (found) => {
        const described = found.map(({ id, rooms, data }) => ({ id, rooms: [...rooms], data }));
        tell("res", { n: reqN, err: null, args: [described] });
      },
      (error) => tell("res", { n: reqN, err: error.message, args: [] }),
    );
  }
}

/** An object with a message becomes an error, with its data; everything else is left as it is. */
function toError(refusal) {
  if (typeof refusal?.message !== "string") return refusal;
  return Object.assign(new Error(refusal.message), "data" in refusal && { data: refusal.data });
}
