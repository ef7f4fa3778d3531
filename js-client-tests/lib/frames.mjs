// A WebSocket frame by frame, well formed and not.

import { CLOSE, frame, KEY, parseFrame, UPGRADE } from "./frame.mjs";
import { head, Tcp } from "./tcp.mjs";

export * from "./frame.mjs";

/** The head of a request that opens a WebSocket. */
export function upgradeHead(path, ...headers) {
  return head(`GET ${path}`, ...UPGRADE, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${KEY}`, ...headers);
}

/** A WebSocket whose frames are written and read one by one. */
export class FrameClient extends Tcp {
  /** Opens a WebSocket; `early` bytes are sent together with the request, which has these `headers` as well. */
  static async open(path, early = "", ...headers) {
    const client = new FrameClient();
    client.write(Buffer.concat([Buffer.from(upgradeHead(path, ...headers)), Buffer.from(early)]));
    const answer = await client.answer();
    if (answer?.status !== 101) throw new Error(`no WebSocket: ${answer?.status} ${answer?.body}`);
    return client;
  }

  /** Sends a frame. */
  send(...args) {
    return this.write(frame(...args));
  }

  /** The next frame, as `{final, opcode, reserved, payload}`, or `undefined` if the connection ended. */
  next() {
    return this.read(parseFrame, "a frame");
  }

  /** The next frame of that opcode, or `undefined` if the connection ended. */
  async nextOf(opcode) {
    for (;;) {
      const received = await this.next();
      if (received === undefined || received.opcode === opcode) return received;
    }
  }

  /** The code of the server's close frame: 1005 if it has none, 1006 if the connection ended without the frame. */
  async closeCode() {
    const close = await this.nextOf(CLOSE);
    if (!close) return 1006;
    return close.payload.length >= 2 ? close.payload.readUInt16BE(0) : 1005;
  }
}
