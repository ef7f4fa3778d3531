// Decided differences for clients of protocol 3, and of Socket.IO 1 and 2.

import { at, exactly, LEAVES, OK, POLLED, UNKNOWN } from "./patterns.mjs";

export const protocol3 = [
  {
    where: [
      "a handshake by script calls a function",
      ...["", "12", "1a2;alert(3)//", "abc"].map((j) => `of the name of the function only digits are taken: "${j}"`),
      "what is no script is escaped",
      "a form brings packets",
      "a form without packets is answered, and says nothing",
      "a form with an empty packet ends the session",
      "a session by script that the server closes is told",
      "a client of protocol 3 uses scripts too",
      "a socket may be connected by script",
    ],
    differs: exactly(
      "GET …",
      "- content-type: text/plain; charset=UTF-8",
      "+ content-type: text/javascript; charset=UTF-8",
    ),
    why: "Browsers refuse to run text where a page is served with `nosniff`.",
  },
  {
    where: "a form without packets is answered, and says nothing",
    differs: exactly("driver, <id 1>", '+ message {"id":"<id 1>","t":"b"}'),
    why: "Of a field that is there twice the last is meant, as everywhere else in a query.",
  },
  {
    where: "a client of protocol 3 pings, and is answered without its words",
    differs: exactly("GET …", "- body: 1:31:3", "+ body: 1:3"),
    why: "One pong answers all pings before it; a client that pings and never polls would have them pile up.",
  },
  {
    where: ["a length with a point", "a length with an exponent", "a space before a length"].map(
      (length) => `${length} is read in protocol 3`,
    ),
    differs: [
      exactly(
        "driver, <id 1>",
        '- message {"id":"<id 1>","t":"a"}',
        '- message {"id":"<id 1>","t":"ok"}',
        '+ close {"id":"<id 1>","reason":"parse error"}',
      ),
      exactly("ending", "+ the script stopped: waited 5000 ms in vain for the line message"),
    ],
    why: "There is one way to write a number.",
  },
  {
    where: ["with a length that is too large", "with a length of 311 digits", "with a kind that there is not"].map(
      (wrong) => `a binary POST ${wrong}, in protocol 3`,
    ),
    differs: [
      exactly("POST …", ...OK, ...UNKNOWN),
      at("driver, <id 1>", '- message {"id":"<id 1>","t":"another"}', '\\+ close {"id":"<id 1>","reason":"parse error"}'),
      exactly("GET …", ...UNKNOWN),
      exactly("driver", '+ connection_error {"code":1,…', '+ connection_error {"code":1,…'),
    ],
    why: "A payload that cannot be read ends the session, whether it is text or bytes. The JavaScript server passes it over.",
  },
  {
    where: "a binary POST with a digit beyond nine, in protocol 3",
    differs: exactly("driver, <id 1>", '- close …"transport close"}', '+ close …"parse error"}'),
    why: "The JavaScript server reads a packet of type 1 out of it, by accident.",
  },
  {
    where: "a binary POST with nothing after a good packet but a kind, in protocol 3",
    differs: exactly("driver, <id 1>", '+ message {"id":"<id 1>","t":"a"}'),
    why: "Nothing that was received is lost: what came before the error is heard before.",
  },
  {
    where: [
      "the ids of a client of Socket.IO 2 are those of its session",
      "what a client of Socket.IO 2 adds to the name of a namespace is its auth",
    ],
    differs: exactly(
      "driver, <id 2>",
      '- connection …"nsp":"/admin","recovered":false,"rooms":["<id 2>"],"sid":"<id 2>"}',
      '+ connection …"nsp":"/admin","recovered":false,"rooms":["/admin#<id 1>","<id 2>"],"sid":"<id 2>"}',
    ),
    why: "An id has one form. The socket is in the room of the id that its client knows.",
  },
  {
    where: "the ids of a client of Socket.IO 2 are those of its session",
    differs: exactly("ending", "- the namespace and the session's id", "+ another id"),
    why: "The same.",
  },
  {
    where: "a client of Socket.IO 2 reads of a middleware's refusal its data, or its message",
    differs: exactly(
      "driver",
      ...["- ask …", "- ask …", "- ask …"].map((line) => `${line}"name":"mw","nsp":"/guarded","sid":"<id 2>"}`),
      ...[3, 4, 5].map((id) => `+ ask …"name":"mw","nsp":"/guarded","sid":"<id ${id}>"}`),
    ),
    why: "The same: who tries again is another socket.",
  },
  {
    where: "what a client of Socket.IO 2 adds to the name of a namespace is its auth",
    differs: [
      exactly("WebSocket …", "- close, as we did", "+ close"),
      exactly("driver, <id 1>", ...LEAVES("forced close")),
      exactly("driver, <id 2>", '- event {"args":["by another way"],…', ...LEAVES("forced close")),
      exactly("ending", "+ the script stopped: waited 5000 ms in vain for the line event"),
    ],
    why: "A namespace is called by its name: `/../admin` is none.",
  },
];
