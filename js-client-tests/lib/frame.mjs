// How a WebSocket frame is written and read.

import { randomBytes } from "node:crypto";

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

export const UPGRADE = ["Connection: Upgrade", "Upgrade: websocket"];
export const KEY = "dGhlIHNhbXBsZSBub25jZQ==";

/** Reads a frame as a server sends it: `[{final, opcode, reserved, payload}, length]`, or `undefined` if it is not all there. */
export function parseFrame(received) {
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
  const [final, opcode, reserved] = [received[0] >= 0x80, received[0] & 0x0f, (received[0] >> 4) & 0x07];
  return [{ final, opcode, reserved, payload: Buffer.from(received.subarray(start, end)) }, end];
}
