// Patterns of differences, and lines that come in several.

/** A place in a stream where ours says what theirs does not, or the other way round. */
export const at = (stream, ...lines) => new RegExp([`^@ ${stream}`, ...lines].join("[^]*"));

/** A place that reads so, line by line; `…` is what may stand there within a line. */
export const exactly = (stream, ...lines) => new RegExp([`^@ ${plain(stream)}`, ...lines.map(plain)].join("\n") + "$");
const plain = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("…", "[^\n]*");

export const REFUSED_SOONER = exactly(
  "WebSocket …",
  "- status 101",
  "- sec-websocket-accept: …",
  "- upgrade: websocket",
  "- after the WebSocket opened, HTTP:",
);
export const UNKNOWN = [
  "+ status 400",
  "+ content-type: application/json",
  '+ body: {"code":1,"message":"Session ID unknown"}',
];
export const OK = ["- status 200", "- cache-control: no-store", "- content-type: text/html", "- body: ok"];
export const POLLED = ["- status 200", "- cache-control: no-store", "- content-type: text/plain; charset=UTF-8"];
export const LEAVES = (reason) => [
  `+ disconnecting {"nsp":"…","reason":"${reason}","sid":"…"}`,
  `+ disconnect {"nsp":"…","reason":"${reason}","sid":"…"}`,
];
export const LEFT = ["- disconnecting …", "- disconnect …"];
