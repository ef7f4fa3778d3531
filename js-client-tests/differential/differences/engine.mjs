// Decided differences of Engine.IO: requests, answers, and what is sent when.

import { at, exactly, POLLED, REFUSED_SOONER, UNKNOWN } from "./patterns.mjs";

export const engine = [
  {
    where: "a WebSocket of another EIO than 4 is refused",
    differs: REFUSED_SOONER,
    why: "A client cannot read an answer that is written into an open WebSocket; nothing has to be opened to know it.",
  },
  {
    where: [
      "a WebSocket request for polling opens no session",
      "a WebSocket request for polling does not disturb the session that it names",
    ],
    differs: [at("WebSocket", "- status 101", "\\+ status 400"), exactly("driver", "+ connection_error …")],
    why: "The same: what cannot become a session is refused before it opens.",
  },
  {
    where: "without an id there is no session over WebSocket",
    differs: REFUSED_SOONER,
    why: "The same.",
  },
  {
    where: "frames that come with the request for a session",
    differs: at("driver", "\\+ message .*one", "\\+ message "),
    why: "Nothing that was received is lost. The JavaScript server does not yet listen when these frames come.",
  },
  {
    where: "an offer that leaves the choice is answered",
    differs: at("WebSocket", "- sec-websocket-extensions: permessage-deflate", "\\+ sec-websocket-extensions: "),
    why: "Context takeover costs up to 380 KB a connection, and a broadcast could not be compressed once for all.",
  },
  {
    where: "a session that was opened by WebSocket, and another WebSocket for it",
    differs: [
      at("WebSocket", "- text: 3probe", "\\+ close"),
      exactly("driver, <id 1>", '- upgrading {"id":"<id 1>","transport":"websocket"}'),
    ],
    why: "Nobody does that but somebody who has stolen the id.",
  },
  {
    where: "a ping that was polled and is never answered, not on the WebSocket either",
    differs: [
      at("WebSocket", "- close, as we did", "\\+ close"),
      at("driver", "\\+ close .*ping timeout"),
      at("ending", "- not let go"),
      exactly("GET …", '- body: {"code":3,"message":"Bad request"}', '+ body: {"code":1,"message":"Session ID unknown"}'),
      exactly("driver", "- connection_error …TRANSPORT_MISMATCH…", '+ connection_error {"code":1,…'),
    ],
    why: "A client that is gone would stay for ever.",
  },
  {
    where: "a client of protocol 3 falls silent after its upgrade",
    differs: [
      at("WebSocket", "- close, as we did", "\\+ close"),
      at("driver", "\\+ close .*ping timeout"),
      at("ending", "- not let go"),
    ],
    why: "The same.",
  },
  {
    where: ["a second POST ends the session", "a second POST ends the session while a GET waits"],
    differs: at("POST", "- end without an answer", "\\+ status 400"),
    why: "An answer says more than a reset, and proxies do not repeat the request.",
  },
  {
    where: "a POST that is not UTF-8",
    differs: [
      at("POST", "- status 200", "\\+ status 400"),
      at("driver", "- message .*\uFFFD", "\\+ close "),
      exactly("GET …", ...UNKNOWN),
      exactly("driver", '+ connection_error {"code":1,…', '+ connection_error {"code":1,…'),
    ],
    why: "Never deliver what nobody sent.",
  },
  {
    where: ["by default", "with a name and a path", "without a path", "that scripts may read"]
      .concat(["with all that a cookie may have", "without SameSite"])
      .map((cookie) => `a cookie ${cookie} comes with the first answer alone`),
    differs: exactly("WebSocket …", "+ set-cookie: …"),
    why: "A load balancer that goes by the cookie needs it for who starts with a WebSocket as well.",
  },
  {
    where: ["CORS: methods and headers as text", "CORS: exposed headers and an age"],
    differs: exactly("OPTIONS …", "- access-control-expose-headers: …"),
    why: "A layer of tower-http says it: in the answer to a preflight the header means nothing.",
  },
  {
    where: [
      "Socket.IO takes another path",
      "CORS headers come with refusals and with the client's files",
      "MessagePack: the client's file of it is served",
      "socket.io.js is served, and its map",
      "socket.io.min.js is served, and its map",
      "socket.io.msgpack.min.js is served, and its map",
      "socket.io.esm.min.js is served, and its map",
      "a file is compressed as its reader likes",
      "a file that the reader has is not sent again",
      "a file is served to any method, whatever the query",
    ],
    differs: exactly("… /…/socket.io…", "+ vary: accept-encoding"),
    why: "A cache must not give to one reader what was compressed for another.",
  },
  {
    where: "a file is compressed as its reader likes",
    differs: exactly("GET /socket.io/socket.io.min.js (3)", "- content-encoding: br"),
    why: "There is gzip for everybody, and no Brotli for the few requests of a file.",
  },
  {
    where: ["what the client takes", "from 1,024 bytes on", "from another size on", "not of what says no", "of bytes"].map(
      (compression) => `compression: ${compression}`,
    ),
    differs: [exactly("GET …", "- transfer-encoding: chunked"), exactly("GET …", "+ content-length: …")],
    why: "What is compressed is in memory, so its length is known, and told.",
  },
  {
    where: ["a second GET ends the session, and both are answered"],
    differs: exactly("GET …", "- transfer-encoding: chunked", "+ content-length: 0"),
    why: "The same of what is empty.",
  },
  {
    where: [
      "a POST that is too large is answered 413, and the session lives on",
      "bytes as a POST end a session of protocol 4",
    ],
    differs: exactly("POST …", "- transfer-encoding: chunked", "+ content-length: 0"),
    why: "The same.",
  },
  {
    where: [
      'a WebSocket is compressed, {"threshold":10}',
      "an offer that leaves the choice is answered",
      "a broadcast is compressed where its sockets are",
    ],
    differs: exactly('WebSocket …', "- text, compressed: 0{…", "+ text: 0{…"),
    why: "The open packet is sent once, is short, and has a secret in it.",
  },
  {
    where: "a WebSocket that is for nobody is ended after a second",
    differs: [
      exactly("WebSocket …", "- end without an answer", "+ status 501", "+ body: Not Implemented"),
      exactly("ending", "- after a second", "+ at once"),
    ],
    why: "A router knows at once that it is for nobody, and says so.",
  },
  {
    where: "who is of another protocol is asked about first",
    differs: [
      exactly("GET … (2)", "- status 403", "- content-type: application/json", '- body: {"code":4,"message":"Forbidden"}'),
      exactly("driver", "- ask …"),
      exactly("driver", "- ask …", '- connection_error {"code":4,"context":{"message":null},"message":"Forbidden"}'),
      exactly("ending", "+ the script stopped: waited 5000 ms in vain for the line ask"),
    ],
    why: "The application need not decide about who cannot be served.",
  },
  {
    where: "a waiting GET takes only the first of what is sent at once",
    differs: [
      exactly("GET …", "+ then: 4two", "+ then: 4three"),
      exactly("GET … (2)", ...POLLED, "- body: 4two", "- then: 4three"),
    ],
    why: "What is sent together is answered together, and saves the client a request.",
  },
  {
    where: "a volatile event right behind a regular one is lost, over polling",
    differs: [exactly("GET … (2)", '+ then: 42["next"]'), exactly("GET … (3)", ...POLLED, '- body: 42["next"]')],
    why: "The same.",
  },
  {
    where: [
      "when the server closes, what waits is sent first",
      "the server disconnects a client from all, over polling",
      "the server disconnects a client whose GET waits",
      "what was emitted before the server disconnects arrives, over polling",
    ],
    differs: [
      exactly("GET …", "+ then: 1"),
      exactly("GET …", ...POLLED, "- body: 6", "- then: 1", ...UNKNOWN),
    ],
    why: "The same of the last packet.",
  },
  {
    where: "when the server closes, what waits is sent first",
    differs: exactly("driver", '+ connection_error {"code":1,"context":{"sid":"<id 1>"},"message":"Session ID unknown"}'),
    why: "The same: the next request comes to a session that is closed.",
  },
  {
    where: [
      "the server disconnects a client from all, over polling",
      "what was emitted before the server disconnects arrives, over polling",
    ],
    differs: exactly(
      "GET …",
      "- status 400",
      "- content-type: application/json",
      '- body: {"code":1,"message":"Session ID unknown"}',
    ),
    why: "The same: it is the answer to one request less.",
  },
  {
    where: [
      "when the server closes with a discard, nothing that waits is sent",
      "when the server closes with a discard, a waiting GET is told",
      "when the server closes with a discard, what was handed over arrives",
      "closing all sessions tells those who wait",
    ],
    differs: exactly(
      "driver, <id …>",
      '- close {"id":"<id …>","reason":"forced close"}',
      '+ close {"id":"<id …>","reason":"transport error"}',
    ),
    why: "`Session::abort` is for clients that break the rules, and has their reason.",
  },
];
