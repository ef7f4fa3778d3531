// What is kept of a conversation: one stream for every request, every WebSocket, and every session in the driver's lines.

import { BARRIER, BARRIER_REQUEST } from "./script.mjs";

/** Lines of the driver that are compared only where a conversation says so. */
const QUIET = new Set(["packet", "packetCreate", "heartbeat", "flush", "drain"]);
const AN_ID = /^(?:\/[^#]*#)?[\w-]{16,}$/;
const A_MINUTE = 60_000;

/** The streams of a conversation, as `[{title, lines}]`, with all ids, times and addresses replaced by names. */
export function transcript({ context, said, hears, stopped }) {
  const told = said.filter((line) => !isBarrier(line) && (!QUIET.has(line.ev) || hears.includes(line.ev)));
  const wire = context.streams.map(({ title, record }) => ({ title, lines: record.slice() }));
  const mask = new Mask(wire, told, context.port);
  const streams = wire.map(({ title, lines }) => ({
    title: mask.text(title),
    lines: lines.map((line) => mask.text(line)),
  }));
  return { streams: [...streams, ...driverStreams(told, mask), ending(context, stopped)] };
}

function isBarrier({ ev, context, n }) {
  return (ev === "connection_error" && context?.transport === BARRIER) || (ev === "res" && n === BARRIER_REQUEST);
}

function driverStreams(told, mask) {
  const streams = new Map();
  for (const line of told) {
    if (line.ev === "listening") continue;
    const who = line.id ?? line.sid;
    const title = who === undefined || line.ev === "ask" ? "driver" : `driver, ${mask.text(who)}`;
    if (!streams.has(title)) streams.set(title, []);
    streams.get(title).push(mask.line(line));
  }
  const sorted = [...streams].sort(([one], [other]) => one.localeCompare(other, "en", { numeric: true }));
  return sorted.map(([title, lines]) => ({ title, lines }));
}

function ending({ exit, notes }, stopped) {
  const lines = notes.slice();
  if (exit !== undefined) lines.push(`the driver ended: ${exit}`);
  if (stopped) lines.push(`the script stopped: ${stopped.message}`);
  return { title: "ending", lines };
}

/** Names for what is different every time, given in the order of first appearance. */
class Mask {
  #names = new Map();
  #port;

  constructor(wire, told, port) {
    this.#port = port;
    const ids = new Set();
    const add = (id) => typeof id === "string" && AN_ID.test(id) && ids.add(id);
    const text = wire.map(({ title, lines }) => [title, ...lines].join("\n")).join("\n");
    for (const [, id] of text.matchAll(/"[sp]id\\?":\\?"([^"\\]+)\\?"/g)) add(id);
    for (const line of told) for (const id of [line.id, line.sid]) add(id);
    const place = (id) => (text.includes(id) ? text.indexOf(id) : Infinity);
    const sorted = [...ids].sort((one, other) => place(one) - place(other) || 0);
    sorted.forEach((id, index) => this.#names.set(id, `<id ${index + 1}>`));
  }

  /** Replaces ids and the server's address. */
  text(text) {
    let masked = String(text).replaceAll(`127.0.0.1:${this.#port}`, "<host>");
    const longest = [...this.#names].sort(([one], [other]) => other.length - one.length);
    for (const [id, name] of longest) masked = masked.replaceAll(id, name);
    return masked;
  }

  /** Writes a line of the driver: its fields in the order of their names, what says nothing left out. */
  line({ ev, ...fields }) {
    const telling = Object.entries(fields).filter(([name, value]) => tells(ev, name, value));
    const shown = telling.map(([name, value]) => [name, this.#field(ev, name, value)]);
    return this.text(`${ev} ${JSON.stringify(sorted(Object.fromEntries(shown)))}`);
  }

  #field(ev, name, value) {
    // which number a driver gives to a question is its own affair
    if (name === "n" && ev !== "res") return "<number>";
    if (name === "handshake") return withoutTimes(value);
    // "Illegal attachments" and "illegal attachments" are the same, and only a log has them
    if (ev === "error" && name === "message") return value.toLowerCase();
    if (name === "rooms") return this.#ordered(value);
    if (ev === "res" && name === "args" && value[0]?.[0]?.rooms) return [this.#fetched(value[0])];
    return value;
  }

  #fetched(sockets) {
    return this.#ordered(sockets.map(({ rooms, ...socket }) => sorted({ ...socket, rooms: this.#ordered(rooms) })));
  }

  /** In one order, where there is none. */
  #ordered(values) {
    const key = (value) => this.text(JSON.stringify(value));
    return values.toSorted((one, other) => key(one).localeCompare(key(other), "en"));
  }
}

/** Whether a field says something: why a transport failed each server says in words of its own, to its log alone. */
function tells(ev, name, value) {
  return value !== null && value !== undefined && !(ev === "close" && name === "desc");
}

function withoutTimes(handshake) {
  const recent = (time) => Math.abs(Date.now() - new Date(time).getTime()) < A_MINUTE;
  const shown = (time) => (recent(time) ? "<now>" : time);
  return { ...handshake, time: shown(handshake.time), issued: shown(handshake.issued) };
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, within]) => [key, sorted(within)]));
}
