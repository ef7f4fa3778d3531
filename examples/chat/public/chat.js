// The page of the chat. Top to bottom: what is known, the connection, messages out and in, rooms, and what is drawn.
//
//   to the server      join(room) → { members, history }
//                      message({ room, text, key, image?, kind? }) → { id, at }
//                      typing(room), volatile
//   from the server    message({ id, room, from, text, at, image?, kind? }), as in the history
//                      joined and left({ room, name, members }), typing({ room, name })
//                      rooms([{ name, members, messages? }])
//
// A refused `join` or `message` is acknowledged with `{ error: { message } }`. A message of the history with a kind and
// no image had a picture that the server no longer keeps. `messages` counts all that were ever written in a room.

import { io } from "/socket.io/socket.io.esm.min.js";

const DEFAULT_ROOM = "general";
const LONGEST_NAME = 32; // characters, of people and of rooms
const HISTORY = 50; // messages that the server hands out on `join`
const KEPT = 500; // messages of a room that this page remembers
const PATIENCE = 10_000; // ms to wait for an acknowledgement
const ATTEMPTS = 5; // to deliver one message before its author is asked
const GROUP = 5 * 60_000; // ms within which messages of one author stand together
const TYPING_SAID = 1_500; // ms between two `typing` events of ours
const TYPING_LASTS = 4_000; // ms that somebody counts as typing after their last event

// As base64 in a polling request, a picture and its message have to stay under the server's limit of 1 MB.
const PICTURE_LIMIT = 740_000;
const PICTURE_READABLE = 40_000_000;
const PICTURE_KINDS = ["image/png", "image/jpeg", "image/gif", "image/webp"];
const PICTURE_SIDES = [2048, 1600, 1200, 900, 640]; // px, tried in turn until the limit is kept

const $ = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 760px)");
const drawerPeople = matchMedia("(max-width: 1100px)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const finePointer = matchMedia("(pointer: fine)");

/* What is known ---------------------------------------------------------------------------------------------------- */

/** A room as this page sees it. */
class Room {
  listed = 0; // members, as in the list of rooms
  onServer = false; // stands in that list
  people = []; // names, once each
  entries = []; // in order, those without an id last
  known = new Map(); // identity → entry
  total = undefined; // messages there ever were
  counted = false; // by the server; otherwise what arrives here is counted
  seen = 0; // of those
  newFrom = null; // the entry above which "New" stands
  entered = false; // its history has been here
  draft = "";
  typing = new Map(); // name → timer

  constructor(name) {
    this.name = name;
  }

  get unread() {
    return Math.max(0, (this.total ?? 0) - this.seen);
  }
}

/** A message and how far it got. */
class Entry {
  id = undefined; // the server's, as `at`
  at = Date.now(); // ms since the epoch
  state = "delivered"; // waiting | sent | delivered | refused
  reason = ""; // of a refusal
  attempts = 0;
  key = undefined; // by which the server recognises a message that it already has
  picture = undefined; // { url, kind, bytes } or { lost: true }
  node = undefined;

  constructor(fields) {
    Object.assign(this, fields);
  }

  /** Ids start anew when the server does, so an id alone is not enough. */
  get identity() {
    return this.id === undefined ? undefined : `${this.id}/${this.at}`;
  }

  isAfter(other) {
    if ((this.id === undefined) !== (other.id === undefined)) return this.id === undefined;
    if (this.id === undefined) return this.order > other.order;
    return this.at === other.at ? this.id > other.id : this.at > other.at;
  }
}

const rooms = new Map();
let current = undefined; // the room on the screen
let joined = undefined; // the name of the room that the server counts us in
let outbox = []; // entries that are not acknowledged, oldest first
let written = 0; // entries written here so far
let name = remembered("name");
let attachment = undefined; // { bytes, kind, url, label } beside the draft
let stuck = true; // the newest message is to stay in sight
let connections = 0;
let networkIsDown = false;
let returning = false; // after the server's goodbye

function room(named) {
  if (!rooms.has(named)) rooms.set(named, new Room(named));
  return rooms.get(named);
}

/** A tab's own choice comes first, so that two tabs can be two people. */
function remembered(what) {
  try {
    return sessionStorage.getItem(`chat.${what}`) ?? localStorage.getItem(`chat.${what}`) ?? undefined;
  } catch {
    return undefined; // storage is forbidden: the page works, and forgets
  }
}

function remember(what, value) {
  try {
    sessionStorage.setItem(`chat.${what}`, value);
    localStorage.setItem(`chat.${what}`, value);
  } catch {
    // as above
  }
}

/* The connection --------------------------------------------------------------------------------------------------- */

const asked = (new URLSearchParams(location.search).get("transports") ?? "").split(",");
const transports = ["polling", "websocket"].filter((transport) => asked.includes(transport));

const socket = io({
  autoConnect: false,
  auth: (give) => give({ name }),
  transports: transports.length > 0 ? transports : ["polling", "websocket"],
  reconnectionDelay: 500,
  reconnectionDelayMax: 3_000,
});

/** For tests and for the curious. */
window.__chat = { socket };

socket.io.on("open", () => socket.io.engine.on("upgrade", showConnection));

socket.on("connect", () => {
  connections += 1;
  returning = false;
  showConnection();
  resume();
});

socket.on("disconnect", (reason) => {
  joined = undefined;
  // The client does not return by itself when the server says goodbye, as one does that is being restarted.
  returning = reason === "io server disconnect";
  if (returning) setTimeout(() => socket.connect(), 1_000);
  for (const each of rooms.values()) for (const who of [...each.typing.keys()]) stopTyping(each, who);
  showConnection();
});

socket.on("connect_error", (error) => {
  showConnection();
  if (!socket.active) askForName(error.message);
});

addEventListener("offline", () => {
  networkIsDown = true;
  showConnection();
});

addEventListener("online", () => {
  networkIsDown = false;
  showConnection();
  // Now is better than after the delay that grew while there was no network.
  if (!socket.connected && socket.active) socket.disconnect().connect();
});

/** Enters the room on the screen again, and delivers what was written in others before the connection broke. */
async function resume() {
  const elsewhere = new Set(
    outbox.filter(({ room, state }) => state === "waiting" && room !== current.name).map(({ room }) => room),
  );
  for (const named of elsewhere) {
    if (!(await join(room(named)))) continue;
    while (joined === named && nextWaiting(named)) await deliver(nextWaiting(named));
  }
  if (socket.connected) await enter(current);
}

let joining = undefined; // the room asked for last

/** Resolves to whether the server let us in; to `undefined` if it was not to decide: the connection is gone, or another
 *  room was asked for meanwhile. */
async function join(target) {
  joined = undefined;
  joining = target;
  let ack;
  try {
    ack = await socket.timeout(PATIENCE).emitWithAck("join", target.name);
  } catch {
    return socket.connected && joining === target ? join(target) : undefined;
  }
  if (joining !== target) return undefined;
  if (ack.error) {
    notify(`You could not enter ${target.name}: ${ack.error.message}`);
    return false;
  }
  joined = target.name;
  setPeople(target, ack.members);
  refresh(target, ack.history);
  target.entered = true;
  return true;
}

/* Messages out ----------------------------------------------------------------------------------------------------- */

function write(text) {
  const entry = new Entry({
    key: crypto.randomUUID?.() ?? randomKey(),
    room: current.name,
    from: name,
    own: true,
    text,
    state: "waiting",
    order: (written += 1),
  });
  if (attachment) entry.picture = { ...attachment };
  outbox.push(entry);
  markNew(current, null);
  place(current, entry);
  stick();
  flush();
  showConnection();
}

/** `crypto.randomUUID` exists on https and localhost only. */
function randomKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
}

function nextWaiting(named) {
  return outbox.find((entry) => entry.state === "waiting" && entry.room === named);
}

let flushing = false;

/** Sends what waits in the joined room: new messages at once, those that failed before one by one. */
async function flush() {
  if (flushing) return;
  flushing = true;
  for (let entry; joined !== undefined && (entry = nextWaiting(joined));) {
    const done = deliver(entry);
    if (entry.attempts > 1) await done;
  }
  flushing = false;
}

async function deliver(entry) {
  entry.attempts += 1;
  setState(entry, "sent");
  const { room: named, text, key, picture } = entry;
  const image = picture && { image: picture.bytes, kind: picture.kind };
  try {
    const ack = await socket.timeout(PATIENCE).emitWithAck("message", { room: named, text, key, ...image });
    if (ack.error) setState(entry, "refused", ack.error.message);
    else acknowledge(entry, ack);
  } catch {
    // A message that breaks the connection each time must not do so for ever.
    if (entry.attempts < ATTEMPTS) setState(entry, "waiting");
    else setState(entry, "refused", "the server does not answer");
    flush();
  }
}

function acknowledge(entry, { id, at }) {
  const target = room(entry.room);
  outbox = outbox.filter((other) => other !== entry);
  Object.assign(entry, { id, at });
  // The history may have brought it already, when the acknowledgement of an earlier attempt was lost.
  const twin = target.known.get(entry.identity);
  if (twin) forget(target, twin);
  setState(entry, "delivered");
  place(target, entry);
  if (target.counted && !isLookedAt(target)) target.seen += 1;
  showRooms();
}

function setState(entry, state, reason = "") {
  Object.assign(entry, { state, reason });
  drawState(entry);
  showConnection();
}

function retry(entry) {
  entry.attempts = 0;
  setState(entry, "waiting");
  flush();
}

function discard(entry) {
  outbox = outbox.filter((other) => other !== entry);
  forget(room(entry.room), entry);
  showConnection();
  $("draft").focus();
}

/* Messages in ------------------------------------------------------------------------------------------------------ */

socket.on("message", (message) => {
  const target = room(message.room);
  stopTyping(target, message.from);
  const entry = receive(target, message);
  if (!entry) return;
  if (!target.counted) target.total = (target.total ?? target.seen) + 1;
  if (!isLookedAt(target) && !target.newFrom) markNew(target, entry);
  look();
});

socket.on("joined", ({ room: named, members }) => setPeople(room(named), members));
socket.on("left", ({ room: named, name: who, members }) => {
  stopTyping(room(named), who);
  setPeople(room(named), members);
});

socket.on("typing", ({ room: named, name: who }) => {
  if (who === name) return; // another tab of ours
  const target = room(named);
  clearTimeout(target.typing.get(who));
  target.typing.set(who, setTimeout(stopTyping, TYPING_LASTS, target, who));
  showTyping();
});

socket.on("rooms", (list) => {
  const first = ![...rooms.values()].some((each) => each.counted);
  for (const each of rooms.values()) each.listed = 0;
  for (const { name: named, members, messages } of list) {
    const target = room(named);
    target.listed = members;
    target.onServer = true;
    if (messages === undefined) continue;
    if (first && !target.counted) target.seen = messages; // nobody is behind on the day they arrive
    if (messages < target.total) target.seen = 0; // the server started anew
    target.counted = true;
    target.total = messages;
  }
  const names = new Set(list.map((each) => each.name));
  for (const each of rooms.values()) if (!names.has(each.name)) each.onServer = false;
  look();
});

function receive(target, { id, at, from, text, image, kind }) {
  if (target.known.has(`${id}/${at}`)) return undefined;
  const entry = new Entry({ id, at, from, text, room: target.name, own: from === name });
  if (image) entry.picture = { url: pictureUrl(image, kind), kind };
  else if (kind) entry.picture = { lost: true };
  place(target, entry);
  return entry;
}

/** Takes over the server's latest messages; what is here already stays. */
function refresh(target, history) {
  const overlaps = history.some(({ id, at }) => target.known.has(`${id}/${at}`));
  // Messages between ours and the server's are missing: better a short conversation than one with a hole.
  if (history.length >= HISTORY && !overlaps) for (const entry of [...target.known.values()]) forget(target, entry);
  for (const message of history) receive(target, message);
}

/** Puts an entry where it belongs, or moves it there. */
function place(target, entry) {
  const { entries } = target;
  const was = entries.indexOf(entry);
  if (was >= 0) entries.splice(was, 1);
  let index = entries.length;
  while (index > 0 && entries[index - 1].isAfter(entry)) index -= 1;
  entries.splice(index, 0, entry);
  if (entry.identity) target.known.set(entry.identity, entry);
  while (target.known.size > KEPT) forget(target, target.entries[0]);
  if (target === current && entries.includes(entry)) drawEntry(entry, was < 0);
}

function forget(target, entry) {
  const index = target.entries.indexOf(entry);
  if (index < 0) return;
  target.entries.splice(index, 1);
  if (target.known.get(entry.identity) === entry) target.known.delete(entry.identity);
  if (target.newFrom === entry) target.newFrom = null;
  if (entry.picture?.url) URL.revokeObjectURL(entry.picture.url);
  entry.node?.remove();
  if (target === current) {
    decorate(index);
    showEmpty();
  }
}

/* Rooms ------------------------------------------------------------------------------------------------------------ */

/** Shows a room, and enters it as soon as there is a connection. */
async function enter(target) {
  const behind = target.unread;
  const before = current;
  if (target !== current) open(target);
  if (!socket.connected) return;
  $("log").setAttribute("aria-busy", "true");
  const entered = await join(target);
  if (target !== current) return; // meanwhile another was chosen
  $("log").setAttribute("aria-busy", "false");
  if (entered === false && before && before !== target) enter(before);
  if (!entered) return;
  const stored = target.entries.filter((entry) => entry.id !== undefined);
  if (behind > 0 && !target.newFrom) markNew(target, stored.at(-behind) ?? stored[0] ?? null);
  look();
  showEmpty();
  flush();
}

function open(target) {
  const isFirst = current === undefined;
  if (current) {
    current.draft = $("draft").value;
    markNew(current, null);
  }
  current = target;
  remember("room", target.name);
  const hash = `#/${encodeURIComponent(target.name)}`;
  if (location.hash !== hash) history[isFirst ? "replaceState" : "pushState"](null, "", hash);
  $("draft").value = target.draft;
  $("draft").placeholder = `Message ${target.name}`;
  $("log").setAttribute("aria-label", `Messages in ${target.name}`);
  $("room-name").textContent = target.name;
  $("messages").replaceChildren(...target.entries.map(nodeOf));
  target.entries.forEach((_, index) => decorate(index));
  resizeDraft();
  stick();
  look();
  showPeople();
  showTyping();
  showEmpty();
}

function isLookedAt(target) {
  return target === current && stuck && document.visibilityState === "visible";
}

/** What is on the screen now has been seen. */
function look() {
  if (current && isLookedAt(current)) current.seen = current.total ?? 0;
  showRooms();
  showJump();
}

function setPeople(target, names) {
  target.people = [...new Set(names)];
  if (target === current) showPeople();
}

function stopTyping(target, who) {
  clearTimeout(target.typing.get(who));
  if (target.typing.delete(who)) showTyping();
}

function roomFromAddress() {
  try {
    return decodeURIComponent(location.hash.replace(/^#\/?/, "")).trim();
  } catch {
    return "";
  }
}

addEventListener("popstate", () => choose(room(asName(roomFromAddress()) ?? DEFAULT_ROOM)));

/** Text without blanks around it, if it may be a name; `undefined` otherwise. */
function asName(text) {
  const tidy = text.trim().replace(/\s+/g, " ");
  const length = [...tidy].length;
  return length >= 1 && length <= LONGEST_NAME ? tidy : undefined;
}

/* Drawing: messages ------------------------------------------------------------------------------------------------ */

function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

function icon(named) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.classList.add("icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${named}`);
  svg.append(use);
  return svg;
}

function button(className, label, action) {
  const node = element("button", className, label);
  node.type = "button";
  node.addEventListener("click", action);
  return node;
}

function paintAvatar(node, who) {
  let hash = 2_166_136_261; // FNV-1a
  for (const unit of who) hash = Math.imul(hash ^ unit.codePointAt(0), 16_777_619) >>> 0;
  const words = who.split(/[\s._-]+/).filter((word) => word !== "");
  const isSingle = words.length < 2;
  const letters = isSingle ? [...(words[0] ?? who)].slice(0, 2) : [words[0], words.at(-1)].map((word) => [...word][0]);
  node.textContent = letters.join("").toUpperCase();
  node.style.setProperty("--hue", hash % 360);
  return node;
}

function avatar(who) {
  const node = paintAvatar(element("span", "avatar"), who);
  node.setAttribute("aria-hidden", "true");
  return node;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });
const dayOfYear = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const dayOfAnyYear = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });

function dayLabel(at) {
  const date = new Date(at);
  const today = new Date();
  const yesterday = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === today.toDateString()) return "Today";
  if (date.toDateString() === yesterday.toDateString()) return "Yesterday";
  return (date.getFullYear() === today.getFullYear() ? dayOfYear : dayOfAnyYear).format(date);
}

function nodeOf(entry) {
  entry.node ??= createNode(entry);
  return entry.node;
}

function createNode(entry) {
  const time = element("time", "time");
  const bubble = element("div", "bubble");
  if (entry.picture) bubble.append(pictureNode(entry));
  if (entry.text) bubble.append(textNode(entry.text));
  bubble.classList.toggle("with-picture", Boolean(entry.picture));
  bubble.classList.toggle("only-picture", Boolean(entry.picture) && !entry.text);
  bubble.classList.toggle("only-emoji", !entry.picture && isEmoji(entry.text));
  if (entry.own) bubble.append(Object.assign(element("span", "tick"), { role: "img" }));
  return element(
    "li",
    entry.own ? "message own" : "message",
    element("div", "divider day", element("span")),
    element("div", "divider new", element("span", "", "New")),
    element(
      "div",
      "row",
      avatar(entry.from),
      element("div", "body", element("div", "head", element("span", "name", entry.from), time), bubble),
    ),
  );
}

function textNode(text) {
  const node = element("span", "text");
  let from = 0;
  for (const { 0: address, index } of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,:;!?)\]}]/g)) {
    const link = element("a", "", address);
    Object.assign(link, { href: address, target: "_blank", rel: "noopener noreferrer" });
    node.append(text.slice(from, index), link);
    from = index + address.length;
  }
  node.append(text.slice(from));
  return node;
}

function isEmoji(text) {
  return /^(\p{Extended_Pictographic}(\uFE0F|\p{Emoji_Modifier}|\u200D\p{Extended_Pictographic})*\s*){1,3}$/u.test(
    text,
  );
}

/** A URL of bytes that are shown as a picture and as nothing else, whatever the sender calls them. */
function pictureUrl(bytes, kind) {
  return URL.createObjectURL(new Blob([bytes], { type: PICTURE_KINDS.includes(kind) ? kind : PICTURE_KINDS[0] }));
}

function pictureNode(entry) {
  const lost = (text) => element("span", "lost-picture", icon("picture"), text);
  if (entry.picture.lost) return lost("An older picture, no longer kept");
  const image = element("img");
  image.alt = entry.text ? `Picture: ${entry.text}` : `Picture from ${entry.own ? "you" : entry.from}`;
  const node = button("picture", image, () => showPicture(image));
  node.setAttribute("aria-label", `${image.alt}. Show it large`);
  image.addEventListener("error", () => node.replaceWith(lost("A picture that cannot be shown")));
  image.src = entry.picture.url;
  return node;
}

function drawEntry(entry, isNew) {
  const index = current.entries.indexOf(entry);
  const node = nodeOf(entry);
  const next = current.entries[index + 1]?.node ?? null;
  if (!node.parentNode || node.nextElementSibling !== next) $("messages").insertBefore(node, next);
  if (isNew && current.entered) {
    node.classList.add("fresh");
    node.addEventListener("animationend", () => node.classList.remove("fresh"), { once: true });
  }
  for (const near of [index - 1, index, index + 1]) decorate(near);
  showEmpty();
}

/** Whether a message begins or ends a group or a day depends on its neighbours. */
function decorate(index) {
  const [before, entry, after] = [-1, 0, 1].map((step) => current.entries[index + step]);
  if (!entry) return;
  const node = nodeOf(entry);
  const day = new Date(entry.at).toDateString();
  const startsDay = !before || new Date(before.at).toDateString() !== day;
  const follows = (next, previous) =>
    next.own === previous.own && next.from === previous.from && next.at - previous.at < GROUP;
  const startsGroup = startsDay || entry === current.newFrom || !follows(entry, before);
  const endsGroup =
    !after || after === current.newFrom || new Date(after.at).toDateString() !== day || !follows(after, entry);
  node.classList.toggle("starts-day", startsDay);
  node.classList.toggle("starts-new", entry === current.newFrom);
  node.classList.toggle("starts-group", startsGroup);
  node.classList.toggle("ends-group", endsGroup);
  node.querySelector(".day span").textContent = startsDay ? dayLabel(entry.at) : "";
  node.querySelector(".name").textContent = entry.own ? "You" : entry.from;
  const time = node.querySelector(".time");
  time.textContent = clock.format(entry.at);
  time.dateTime = new Date(entry.at).toISOString();
  node.querySelector(".bubble").title = moment.format(entry.at);
  drawState(entry);
}

const TICKS = {
  waiting: ["clock", "Waiting for the connection"],
  sent: ["tick", "Sent"],
  delivered: ["ticks", "Delivered to the server"],
  refused: ["alert", "Not delivered"],
};

function drawState(entry) {
  const { node, state } = entry;
  if (!node || !entry.own || node.dataset.state === state) return;
  node.dataset.state = state;
  const [picture, label] = TICKS[state];
  const tick = node.querySelector(".tick");
  tick.setAttribute("aria-label", label);
  tick.title = label;
  tick.replaceChildren(icon(picture));
  node.querySelector(".refusal")?.remove();
  if (state !== "refused") return;
  const refusal = element("div", "refusal", element("span", "", `Not delivered: ${entry.reason}`));
  refusal.append(
    button("link", "Try again", () => retry(entry)),
    button("link", "Discard", () => discard(entry)),
  );
  node.querySelector(".body").append(refusal);
}

function markNew(target, entry) {
  const was = target.newFrom;
  target.newFrom = entry;
  if (target !== current) return;
  for (const changed of [was, entry]) {
    const index = target.entries.indexOf(changed);
    for (const near of index < 0 ? [] : [index - 1, index]) decorate(near);
  }
}

function showEmpty() {
  const isEmpty = current.entries.length === 0 && (current.entered || !socket.connected);
  $("empty").hidden = !isEmpty;
  $("empty-title").textContent = current.entered ? `This is the start of ${current.name}` : `Opening ${current.name}`;
  $("empty-text").textContent = current.entered
    ? "Nobody has written here yet. Say hello, or paste a picture."
    : "The conversation appears as soon as there is a connection.";
}

/* Drawing: everything around the messages --------------------------------------------------------------------------- */

function showRooms() {
  const visible = [...rooms.values()]
    .filter((each) => each.onServer || each === current || each.entered)
    .sort((a, b) => a.name.localeCompare(b.name));
  const list = $("rooms");
  for (const each of visible) {
    each.node ??= createRoomNode(each);
    const { node, unread } = each;
    const link = node.firstElementChild;
    if (each === current) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
    link.classList.toggle("unread", unread > 0);
    const count = node.querySelector(".room-count");
    count.classList.toggle("badge", unread > 0);
    if (unread > 0)
      count.replaceChildren(unread > 99 ? "99+" : String(unread), element("span", "visually-hidden", " unread"));
    else if (each.listed > 0)
      count.replaceChildren(
        icon("people"),
        String(each.listed),
        element("span", "visually-hidden", each.listed === 1 ? " person" : " people"),
      );
    else count.replaceChildren();
  }
  const nodes = visible.map((each) => each.node);
  if (nodes.length !== list.children.length || nodes.some((node, index) => list.children[index] !== node))
    list.replaceChildren(...nodes);
  const unread = visible.reduce((sum, each) => sum + each.unread, 0);
  $("elsewhere").hidden = !visible.some((each) => each !== current && each.unread > 0);
  document.title = `${unread > 0 ? `(${unread}) ` : ""}${current ? `${current.name} · ` : ""}Chat`;
}

function createRoomNode({ name: named }) {
  const link = element("a", "room", icon("hash"), element("span", "room-label", named), element("span", "room-count"));
  link.href = `#/${encodeURIComponent(named)}`;
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    choose(room(named));
  });
  return element("li", "", link);
}

function choose(target) {
  closeDrawers();
  if (target !== current) enter(target);
  if (finePointer.matches) $("draft").focus();
}

function showPeople() {
  const others = current.people.filter((who) => who !== name).sort((a, b) => a.localeCompare(b));
  const everybody = current.people.includes(name) ? [name, ...others] : others;
  $("members").replaceChildren(
    ...everybody.map((who) => {
      const label = element("span", "member-name", who);
      if (who === name) label.append(element("span", "member-note", " (you)"));
      return element("li", "member", avatar(who), label);
    }),
  );
  $("people-count").textContent = everybody.length;
  $("open-people").setAttribute("aria-label", `People in this room: ${everybody.length}`);
}

function showTyping() {
  const [first, second, ...more] = current ? [...current.typing.keys()] : [];
  $("typing").hidden = !first;
  if (!first) return;
  if (more.length > 0) $("typing-text").textContent = "Several people are typing";
  else $("typing-text").textContent = second ? `${first} and ${second} are typing` : `${first} is typing`;
}

function showJump() {
  $("jump").hidden = stuck;
  const unread = current?.unread ?? 0;
  $("jump").classList.toggle("unread", unread > 0);
  if (unread === 0) $("jump-text").textContent = "Newest messages";
  else $("jump-text").textContent = unread === 1 ? "1 new message" : `${unread} new messages`;
}

const CONNECTION = {
  idle: ["not connected", ""],
  connecting: ["connecting…", "Connecting"],
  reconnecting: ["reconnecting…", "Connection lost, reconnecting"],
  offline: ["offline", "Offline"],
};

function connectionState() {
  if (socket.connected) return socket.io.engine.transport.name;
  if (networkIsDown) return "offline";
  if (socket.active || returning) return connections > 0 ? "reconnecting" : "connecting";
  return name ? "offline" : "idle";
}

function showConnection() {
  const state = connectionState();
  const [text, spoken] = CONNECTION[state] ?? [state, `Connected, over ${state}`];
  const pending = outbox.filter((entry) => entry.state !== "refused").length;
  if ($("pill").dataset.state !== state) {
    $("pill").dataset.state = state;
    $("pill-text").textContent = text;
    $("status").textContent = spoken;
  }
  const away = state === "reconnecting" || state === "offline";
  document.body.classList.toggle("away", away);
  $("waiting").hidden = !away;
  $("waiting").textContent =
    pending === 0
      ? "What you write now will be sent when the connection is back."
      : `${pending === 1 ? "1 message" : `${pending} messages`} will be sent when the connection is back.`;
  $("fact-transport").textContent = socket.connected ? state : "none";
  $("fact-returns").textContent = connections < 2 ? "never" : connections === 2 ? "once" : `${connections - 1} times`;
  $("fact-waiting").textContent = pending === 0 ? "nothing" : pending === 1 ? "1 message" : `${pending} messages`;
  $("cut").disabled = !socket.connected;
}

function notify(text) {
  const toast = element("div", "toast", icon("alert"), element("span", "", text));
  const close = () => toast.remove();
  const dismiss = button("icon-button small", icon("close"), close);
  dismiss.setAttribute("aria-label", "Dismiss");
  toast.append(dismiss);
  $("toasts").append(toast);
  setTimeout(close, 8_000);
}

/* The log's scroll position ---------------------------------------------------------------------------------------- */

function stick() {
  stuck = true;
  $("log").scrollTop = $("log").scrollHeight;
}

let scrolledTo = 0;

$("log").addEventListener("scroll", () => {
  const { scrollHeight, scrollTop, clientHeight } = $("log");
  const isAtEnd = scrollHeight - scrollTop - clientHeight < 48;
  // Only somebody who scrolls up lets go of the end; content that grows does not.
  if (isAtEnd || scrollTop < scrolledTo) stuck = isAtEnd;
  scrolledTo = scrollTop;
  look();
});

// Pictures grow when they are loaded, and the composer grows with its text.
const followSize = new ResizeObserver(() => stuck && stick());
followSize.observe($("messages"));
followSize.observe($("log"));

$("jump").addEventListener("click", () => {
  stick();
  look();
  $("draft").focus();
});

/* The composer ----------------------------------------------------------------------------------------------------- */

let typingSaid = 0;

$("draft").addEventListener("input", () => {
  resizeDraft();
  if ($("draft").value.trim() === "") typingSaid = 0;
  else sayTyping();
});

function sayTyping() {
  if (joined === undefined || Date.now() - typingSaid < TYPING_SAID) return;
  typingSaid = Date.now();
  socket.volatile.emit("typing", joined);
}

$("draft").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $("composer").requestSubmit();
});

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("draft").value.trim();
  if (text === "" && !attachment) return;
  write(text);
  attachment = undefined; // its URL lives on in the message
  $("draft").value = "";
  typingSaid = 0;
  showAttachment();
  resizeDraft();
  $("draft").focus();
});

function resizeDraft() {
  const draft = $("draft");
  draft.style.height = "auto";
  draft.style.height = `${draft.scrollHeight}px`;
  $("send").disabled = draft.value.trim() === "" && !attachment;
}

function showAttachment() {
  $("attachment").hidden = !attachment;
  if (attachment) $("attachment-picture").src = attachment.url;
  else $("attachment-picture").removeAttribute("src");
  $("attachment-name").textContent = attachment?.label ?? "";
  resizeDraft();
}

async function attach(file) {
  try {
    const picture = await preparePicture(file);
    detach();
    const size = `${Math.max(1, Math.round(picture.size / 1000))} KB`;
    const shrunk = picture.size < file.size ? `, made smaller from ${(file.size / 1e6).toFixed(1)} MB` : "";
    const bytes = await picture.arrayBuffer();
    attachment = {
      bytes,
      kind: picture.type,
      url: pictureUrl(bytes, picture.type),
      label: `${file.name || "Picture"} (${size}${shrunk})`,
    };
    showAttachment();
    $("draft").focus();
  } catch (problem) {
    notify(problem.message);
  }
}

function detach() {
  if (attachment) URL.revokeObjectURL(attachment.url);
  attachment = undefined;
  showAttachment();
}

/** The picture as it is if it is small enough, otherwise a smaller copy. Fails with words for the user. */
async function preparePicture(file) {
  if (!PICTURE_KINDS.includes(file.type)) throw new Error("Only pictures can be sent: PNG, JPEG, GIF or WebP.");
  if (file.size > PICTURE_READABLE) throw new Error("That picture is larger than 40 MB. Please choose a smaller one.");
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error("That picture cannot be read. It may be damaged.");
  });
  try {
    if (file.size <= PICTURE_LIMIT) return file;
    if (file.type === "image/gif") throw new Error("That GIF is larger than 740 KB. Made smaller, it would not move.");
    for (const side of PICTURE_SIDES) {
      const copy = await shrink(bitmap, side);
      if (copy && copy.size <= PICTURE_LIMIT) return copy;
    }
  } finally {
    bitmap.close();
  }
  throw new Error("That picture stays above 740 KB even when made smaller. Please choose another.");
}

async function shrink(bitmap, side) {
  const scale = Math.min(1, side / Math.max(bitmap.width, bitmap.height));
  const canvas = element("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const encode = (kind) => new Promise((resolve) => canvas.toBlob(resolve, kind, 0.85));
  const copy = await encode("image/webp");
  if (copy?.type === "image/webp") return copy;
  context.globalCompositeOperation = "destination-over"; // a browser without WebP: JPEG knows no transparency
  context.fillStyle = "white";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return encode("image/jpeg");
}

$("attach").addEventListener("click", () => $("file").click());
$("remove-attachment").addEventListener("click", () => {
  detach();
  $("draft").focus();
});

$("file").addEventListener("change", () => {
  const [file] = $("file").files;
  $("file").value = "";
  if (file) attach(file);
});

addEventListener("paste", (event) => {
  const [file] = event.clipboardData?.files ?? [];
  if (!file || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  attach(file);
});

let dragDepth = 0;

function showDrop(depth) {
  dragDepth = depth;
  $("drop").hidden = depth === 0;
}

const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
addEventListener("dragenter", (event) => carriesFiles(event) && showDrop(dragDepth + 1));
addEventListener("dragleave", (event) => carriesFiles(event) && showDrop(Math.max(0, dragDepth - 1)));
addEventListener("dragover", (event) => carriesFiles(event) && event.preventDefault());
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  showDrop(0);
  if (event.dataTransfer.files.length > 0) attach(event.dataTransfer.files[0]);
});

/* Dialogs, drawers, theme ------------------------------------------------------------------------------------------ */

function askForName(problem = "") {
  $("name").value = name ?? "";
  $("name-problem").textContent = problem && `${problem[0].toUpperCase()}${problem.slice(1)}.`;
  const isChange = connections > 0;
  $("name-title").textContent = isChange ? "Change your name" : "Welcome";
  $("save-name").textContent = isChange ? "Save" : "Start chatting";
  $("keep-name").hidden = !isChange;
  if (!$("name-dialog").open) $("name-dialog").showModal();
  $("name").select();
}

$("name-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = asName($("name").value);
  $("name-problem").textContent = chosen ? "" : `A name of 1 to ${LONGEST_NAME} characters, please.`;
  if (!chosen) return;
  $("name-dialog").close();
  if (chosen === name && socket.active) return;
  name = chosen;
  remember("name", chosen);
  showMe();
  socket.disconnect().connect();
  showConnection();
  if (finePointer.matches) $("draft").focus();
});

// Without a name there is no chat behind the dialog.
$("name-dialog").addEventListener("cancel", (event) => {
  if (!socket.active) event.preventDefault();
});
$("keep-name").addEventListener("click", () => $("name-dialog").close());
$("rename").addEventListener("click", () => {
  closeDrawers();
  askForName();
});

function showMe() {
  paintAvatar($("my-avatar"), name ?? "");
  $("my-name").textContent = name ?? "";
}

$("new-room").addEventListener("click", () => {
  closeDrawers();
  $("room").value = "";
  $("room-problem").textContent = "";
  $("room-dialog").showModal();
});

$("room-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const chosen = asName($("room").value.replace(/^#/, ""));
  $("room-problem").textContent = chosen ? "" : `A name of 1 to ${LONGEST_NAME} characters, please.`;
  if (!chosen) return;
  $("room-dialog").close();
  choose(room(chosen));
});
$("cancel-room").addEventListener("click", () => $("room-dialog").close());

function showPicture(image) {
  $("lightbox-picture").src = image.src;
  $("lightbox-picture").alt = image.alt;
  $("lightbox").showModal();
}
$("lightbox").addEventListener("click", () => $("lightbox").close());

$("cut").addEventListener("click", () => {
  $("connection").hidePopover();
  socket.io.engine.close();
});

const drawers = [
  { panel: $("sidebar"), opener: $("open-sidebar"), closer: $("close-sidebar"), query: narrow },
  { panel: $("people"), opener: $("open-people"), closer: $("close-people"), query: drawerPeople },
];

function setDrawer({ panel, opener, query }, isOpen) {
  const wasOpen = panel.classList.contains("open");
  panel.classList.toggle("open", isOpen);
  panel.inert = query.matches && !isOpen;
  opener.setAttribute("aria-expanded", String(isOpen));
  const anyOpen = drawers.some((drawer) => drawer.panel.classList.contains("open"));
  $("scrim").classList.toggle("open", anyOpen);
  $("main").inert = anyOpen;
  return wasOpen;
}

function closeDrawers() {
  for (const drawer of drawers) if (setDrawer(drawer, false)) drawer.opener.focus();
}

for (const drawer of drawers) {
  drawer.opener.addEventListener("click", () => {
    closeDrawers();
    setDrawer(drawer, true);
    drawer.closer.focus();
  });
  drawer.closer.addEventListener("click", closeDrawers);
  drawer.query.addEventListener("change", () => setDrawer(drawer, false));
}
$("scrim").addEventListener("click", closeDrawers);

addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeDrawers();
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!event.altKey || !step || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  const links = [...$("rooms").querySelectorAll(".room")];
  const here = links.findIndex((link) => link.hasAttribute("aria-current"));
  links.at((here + step) % links.length).click();
});

$("skip").addEventListener("click", (event) => {
  event.preventDefault(); // the address names the room
  $("draft").focus();
});

function isDark() {
  return (document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light")) === "dark";
}

function showTheme(theme) {
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  document.documentElement.classList.toggle("is-dark", isDark());
  $("theme").setAttribute("aria-pressed", String(isDark()));
}

$("theme").addEventListener("click", () => {
  const theme = isDark() ? "light" : "dark";
  remember("theme", theme);
  showTheme(theme);
});
dark.addEventListener("change", () => showTheme());

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible" || !current) return;
  current.entries.forEach((_, index) => decorate(index)); // "Today" may be yesterday by now
  look();
});

addEventListener("beforeunload", (event) => {
  if (outbox.some((entry) => entry.state === "waiting")) event.preventDefault();
});

/* Start ------------------------------------------------------------------------------------------------------------ */

showTheme(remembered("theme"));
for (const drawer of drawers) setDrawer(drawer, false);
showMe();
open(room(asName(roomFromAddress()) ?? remembered("room") ?? DEFAULT_ROOM));
if (name) socket.connect();
else askForName();
showConnection();
