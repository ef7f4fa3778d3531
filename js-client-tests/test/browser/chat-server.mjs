// Starts the chat, and ends it as abruptly as a crash does.
//
// CHAT_SERVER    the server to start: a path, or a command line; it obeys PORT and prints where it listens

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";

import { within } from "../../lib/wait.mjs";

const PATIENCE = 20_000; // ms

const command = process.env.CHAT_SERVER;
if (!command) throw new Error("CHAT_SERVER must name the server to test: a path, or a command line");

/** Resolves to a running server; port 0 is a free one. */
export async function startChat(port = 0) {
  const [program, ...args] = existsSync(command) ? [command] : command.trim().split(/\s+/);
  // A group of its own, so that nothing survives it if the command is a wrapper.
  const child = spawn(program, args, {
    env: { ...process.env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });

  let said = "";
  let complaints = "";
  child.stderr.setEncoding("utf8").on("data", (chunk) => (complaints = (complaints + chunk).slice(-65_536)));
  const address = new Promise((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      said = (said + chunk).slice(-65_536);
      const match = /^listening on (http:\/\/127\.0\.0\.1:\d+)$/m.exec(said);
      if (match) resolve(match[1]);
    });
  });
  const death = new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  const dead = death.then((cause) => {
    throw new Error(`the chat did not start (${cause})\n${complaints}`);
  });
  dead.catch(() => {}); // once it has started, its end is no failure of the start

  const end = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGKILL");
  };
  process.once("exit", end);
  const kill = async () => {
    end();
    await within(death, "the chat to end", PATIENCE);
    process.removeListener("exit", end);
  };

  try {
    const origin = await within(Promise.race([address, dead]), "the chat to listen", PATIENCE);
    return { origin, port: Number(new URL(origin).port), kill };
  } catch (error) {
    end();
    throw error;
  }
}
