// Decided differences of Socket.IO.

import { at, exactly, LEAVES, LEFT } from "./patterns.mjs";

export const sockets = [
  {
    where: "two CONNECTs before the first is answered",
    differs: at("driver", "- ask "),
    why: "One client, one socket in a namespace. The official client sends two when it connects a socket twice.",
  },
  {
    where: [
      "an event right before its client leaves, in one POST",
      "an event right before its client closes, in one POST",
      "an event right before its client leaves, in one write of frames",
    ],
    differs: at("driver", '\\+ event .*"a"'),
    why: "Nothing that was received is lost: leaving does not overtake what came before.",
  },
  {
    where: "an event without a payload",
    differs: [at("WebSocket", "- close, as we did", "\\+ close"), at("driver", "- event ", "\\+ error ")],
    why: "It is none: the connection is closed as for `42[]`.",
  },
  {
    where: [
      'an acknowledgement id that is written " "',
      'an acknowledgement id that is written "1 2"',
      'an acknowledgement id that is written "9007199254740993"',
      'an acknowledgement id that is written "100000000000000000000000"',
    ],
    differs: [at("WebSocket", "- text: 43", "\\+ close"), at("driver", "- event ", "\\+ error ")],
    why: "An id is written in digits, and small enough to be given back as it came: a wrong one acknowledges something else.",
  },
  {
    where: ["1e0", "0x1", "1.0", " 1"].map((count) => `attachments whose number is written "${count}"`),
    differs: [at("WebSocket", "- close, as we did", "\\+ close"), at("driver", "- event ", "\\+ error ")],
    why: "There is one way to write a number.",
  },
  {
    where: "an attachment whose place is a fraction",
    differs: [at("WebSocket", "- close, as we did", "\\+ close"), at("driver", "- event ", "\\+ error ")],
    why: "Never deliver what nobody sent: the JavaScript server puts nothing there.",
  },
  {
    where: "many are asked without saying how long to wait",
    differs: at("driver", "- res .*timed out", "\\+ res .*after 200 ms"),
    why: "Ten seconds are waited, and not the one millisecond into which JavaScript turns `undefined`.",
  },
  {
    where: "an event right behind the CONNECT, in one POST",
    differs: [
      exactly("GET …", "- body: 6", '+ body: 40{"sid":"<id 2>"}'),
      exactly("driver, <id 2>", "+ connection …", ...LEAVES("forced server close")),
    ],
    why: "Nobody is waited for who would refuse the client. It is let go for what it sent before it could know.",
  },
  {
    where: "an event right behind the CONNECT, in one write of frames",
    differs: [
      exactly("WebSocket …", '+ text: 40{"sid":"<id 2>"}'),
      exactly("driver, <id 2>", "+ connection …", ...LEAVES("forced close")),
    ],
    why: "The same.",
  },
  {
    where: "a refusal that is no error",
    differs: exactly(
      "WebSocket …",
      "- text: 44{}",
      "- text: 44{}",
      "- text: 44{}",
      '+ text: 44{"message":"text"}',
      '+ text: 44{"message":""}',
      '+ text: 44{"message":""}',
    ),
    why: "What refuses is an error, and has a message.",
  },
  {
    where: "who leaves before a middleware answers is never connected",
    differs: exactly("driver, <id 2>", "- connection …", ...LEFT),
    why: "Who has left is not connected after it.",
  },
  {
    where: ["over polling", "over WebSocket"].map((way) => `the name of an event may be a number, ${way}`),
    differs: exactly(
      "driver, <id 2>",
      '- event {"args":[1,2],…',
      '- event {"args":[1.5],…',
      '- event {"args":[0],…',
      '+ event {"args":["1",2],…',
      '+ event {"args":["1.5"],…',
      '+ event {"args":["0"],…',
    ),
    why: "Listeners know it by its text, as in JavaScript, where `on(1)` and `on(\"1\")` are the same.",
  },
  {
    where: [
      "a packet that reads 4 ends the connection",
      "a packet that reads 4x ends the connection",
      "a packet that reads 4- ends the connection",
      "the reason, in all its namespaces, when a client sends a packet that Socket.IO cannot read",
      "the reason when a polling client sends what Socket.IO cannot read while a GET waits",
      "MessagePack: text ends the connection",
      "MessagePack: nothing ends the connection",
      "MessagePack: a packet that is cut off ends the connection",
      "MessagePack: a packet that is no map ends the connection",
    ],
    differs: exactly(
      "driver, <id …>",
      '- error {"message":"…","nsp":"…","sid":"<id …>"}',
      '+ error {"message":"…","nsp":"…","sid":"<id …>"}',
    ),
    why: "The words of the JavaScript server are those of an accident: `NaN`, `undefined`, less than no bytes.",
  },
  {
    where: "a packet that reads 42/unended ends the connection",
    differs: exactly("driver, <id 2>", '+ error {"message":"invalid payload",…'),
    why: "It is an event without a payload, which is none.",
  },
  {
    where: "the reason when a polling client sends what Socket.IO cannot read",
    differs: exactly(
      "driver, <id 2>",
      '- error {"message":"unknown packet type nan",…',
      '- disconnecting {"nsp":"/","reason":"forced close",…',
      '- disconnect {"nsp":"/","reason":"forced close",…',
      '+ error {"message":"unknown packet type x",…',
      ...LEAVES("forced server close"),
    ),
    why: "The sockets leave at once, and not with the next GET: as for any other violation, and with its reason.",
  },
  {
    where: "text while attachments are awaited ends the connection, over polling",
    differs: exactly("driver, <id 2>", ...LEFT, ...LEAVES("forced server close")),
    why: "The same.",
  },
  {
    where: [
      "a packet that cannot be read ends a polled connection at the next GET",
      "bytes that nobody awaits end the connection, over polling",
    ],
    differs: [
      exactly("driver, <id 2>", '- error {"message":"…",…'),
      exactly("driver, <id 2>", ...LEFT, '+ error {"message":"…",…', ...LEAVES("forced server close")),
    ],
    why: "The same; and what came before is heard before.",
  },
  {
    where: [
      "a packet that cannot be read is told to all sockets of the connection",
      "bytes that nobody awaits end the connection, over WebSocket",
    ],
    differs: exactly("driver, <id …>", "+ event …"),
    why: "Nothing that was received is lost: what came before is heard before.",
  },
  {
    where: "an event right behind a disconnect, in one write of frames",
    differs: exactly("WebSocket …", "- close, as we did", "+ close"),
    why: "It breaks the rules whether it comes in the same write or in the next.",
  },
  {
    where: "a CONNECT has no attachments: bytes in it are JSON",
    differs: exactly("WebSocket …", '- text: 44…{"type":"Buffer","data":[1,2]}…', "+ text: 44…[1,2]…"),
    why: "JSON has no bytes: each language writes its own in its own way.",
  },
];
