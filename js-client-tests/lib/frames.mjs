// WebSocket frames, well formed and not.

import { randomBytes } from "node:crypto";

import { head, Tcp } from "./tcp.mjs";

export const CONTINUATION = 0x0;
export const TEXT = 0x1;
export const BINARY = 0x2;
export const CLOSE = 0x8;
export const PING = 0x9;
export const PONG = 0xa;

const RULES = { fin: true, reserved: 0, masked: true };

/** Encodes a frame as a client sends it. `length` is what the frame says, if that is to differ from what it has. */
export function frame(opcode, payload = "", { length, ...rules } = {}) {
  const { fin, reserved, masked } = { ...RULES, ...rules };
  const data = Buffer.from(payload);
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const declared = BigInt(length ?? data.length);
  const header = declared < 126n ? Buffer.alloc(2) : declared < 65_536n ? Buffer.alloc(4) : Buffer.alloc(10);
  header[0] = first;
  header[1] = masked ? 0x80 : 0;
  if (header.length === 2) header[1] |= Number(declared);
  else if (header.length === 4) header.writeUInt16BE(Number(declared), 2);
  else header.writeBigUInt64BE(declared, 2);
  if (header.length > 2) header[1] |= header.length === 4 ? 126 : 127;
  if (!masked) return Buffer.concat([header, data]);
  const mask = randomBytes(4);
  return Buffer.concat([header, mask, data.map((byte, index) => byte ^ mask[index % 4])]);
}

/** The head of a request that opens a WebSocket. */
export function upgradeHead(path, ...headers) {
  return head(`GET ${path}`, ...UPGRADE, "Sec-WebSocket-Version: 13", `Sec-WebSocket-Key: ${KEY}`, ...headers);
}

export const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket"];
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

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

  /** The next frame, as `{opcode, reserved, payload}`, or `undefined` if the connection ended. */
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

function parseFrame(received) {
  if (received.length < 2) return undefined;
  let length = received[1] & 0x7f;
  let start = 2;
  if (length === 126) {
    if (received.length < 4) return undefined;
    length = received.readUInt16BE(2);
    start = 4;
  } else if (length === 127) {
    if (received.length < 10) return undefined;
    length = Number(received.readBigUInt64BE(2));
    start = 10;
  }
  const end = start + length;
  if (received.length < end) return undefined;
  const [opcode, reserved] = [received[0] & 0x0f, (received[0] >> 4) & 0x07];
  return [{ opcode, reserved, payload: Buffer.from(received.subarray(start, end)) }, end];
}
