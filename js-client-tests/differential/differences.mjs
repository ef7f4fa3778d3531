// Where we differ from the JavaScript server on purpose: the one list of it.
//
// `where` names a conversation, or several; `differs` is a pattern, or several, for the places in which the transcripts
// differ there, as the suite prints them: a line `@ <stream>`, then theirs with `- `, then ours with `+ `. Every place
// needs an entry, and every pattern a place: what is not needed any more fails the suite.

/** A place in a stream where ours says what theirs does not, or the other way round. */
const at = (stream, ...lines) => new RegExp([`^@ ${stream}`, ...lines].join("[^]*"));

export const differences = [
  {
    where: "a WebSocket of another EIO than 4 is refused",
    differs: at("WebSocket", "- status 101", "\\+ status 400"),
    why: "A client cannot read an answer that is written into an open WebSocket; nothing has to be opened to know it.",
  },
  {
    where: [
      "a WebSocket request for polling opens no session",
      "a WebSocket request for polling does not disturb the session that it names",
    ],
    differs: at("WebSocket", "- status 101", "\\+ status 400"),
    why: "The same: what cannot become a session is refused before it opens.",
  },
  {
    where: "without an id there is no session over WebSocket",
    differs: at("WebSocket", "- status 101", "\\+ status 400"),
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
    differs: at("WebSocket", "- text: 3probe", "\\+ close"),
    why: "Nobody does that but somebody who has stolen the id.",
  },
  {
    where: "a ping that was polled and is never answered, not on the WebSocket either",
    differs: [
      at("WebSocket", "- close, as we did", "\\+ close"),
      at("driver", "\\+ close .*ping timeout"),
      at("ending", "- not let go"),
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
    differs: [at("POST", "- status 200", "\\+ status 400"), at("driver", "- message .*\uFFFD", "\\+ close ")],
    why: "Never deliver what nobody sent.",
  },
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
];
