// A driver on the JavaScript server: `node node-driver.mjs driver-eio`, or `driver-sio`. See README.md.

import { fail } from "./node/lines.mjs";

// a process takes as long to start as what it loads
const MODES = {
  "driver-eio": async () => (await import("./node/engine.mjs")).engine(),
  "driver-sio": async () => (await import("./node/sockets.mjs")).sockets(),
};

const mode = MODES[process.argv[2]];
if (mode) await mode();
else fail(`no such mode: ${process.argv[2]}; there are ${Object.keys(MODES).join(", ")}`);
