// The server under test. Importing this module starts one, which lives until the importing file's tests are over.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { after } from "node:test";

import { within } from "./wait.mjs";

const command = process.env.CONFORMANCE_SERVER;
if (!command) {
  throw new Error("CONFORMANCE_SERVER must name the server to test: a path, or a command line");
}

const [program, ...args] = existsSync(command) ? [command] : command.trim().split(/\s+/);
const child = spawn(program, args, { env: { ...process.env, PORT: "0" }, stdio: ["ignore", "pipe", "pipe"] });

let said = "";
let complaints = "";
child.stdout.setEncoding("utf8").on("data", (chunk) => (said = (said + chunk).slice(-65_536)));
child.stderr.setEncoding("utf8").on("data", (chunk) => (complaints = (complaints + chunk).slice(-65_536)));

let stopping = false;
const death = new Promise((resolve) => {
  child.once("error", (error) => resolve(error.message));
  child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
});
death.then((cause) => {
  if (!stopping) console.error(`the server died (${cause})\n${complaints}`);
});

const address = new Promise((resolve) => {
  const look = () => {
    const match = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said);
    if (match) resolve(match[1]);
    return match;
  };
  child.stdout.on("data", look);
});
const dead = death.then((cause) => {
  throw new Error(`the server did not start (${cause})`);
});
dead.catch(() => {});

/** Where the server listens, as `http://127.0.0.1:<port>`. */
export const origin = await within(Promise.race([address, dead]), "the server to listen", 20_000);
/** The port of [`origin`]. */
export const port = Number(new URL(origin).port);

process.once("exit", () => child.kill("SIGKILL"));
after(async () => {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error("the server died during the tests");
  stopping = true;
  child.kill("SIGTERM");
  await within(death, "the server to end").catch(() => child.kill("SIGKILL"));
});
