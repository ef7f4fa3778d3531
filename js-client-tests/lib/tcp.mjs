// Bytes on a connection, for what no proper HTTP or WebSocket client would send.

import { Connection, headFor } from "./connection.mjs";
import { port } from "./server.mjs";

/** A TCP connection to the server. */
export class Tcp extends Connection {
  constructor() {
    super(port);
  }
}

/** Sends one HTTP request, byte by byte as given, and returns the answer. */
export async function exchange(...lines) {
  const tcp = new Tcp().write(head(...lines));
  try {
    return await tcp.answer();
  } finally {
    tcp.close();
  }
}

/** The head of an HTTP request: the request line and headers, `Host` added. */
export function head(requestLine, ...headers) {
  return headFor(port, requestLine, ...headers);
}
