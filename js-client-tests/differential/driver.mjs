// A driver that runs: commands go in, lines come out.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { within } from "../lib/wait.mjs";
import { PATIENCE } from "./patience.mjs";

const START = 10_000;
/** Where the files are that `serveClient` serves. */
const CLIENT_DIST = dirname(createRequire(import.meta.url).resolve("socket.io-client/dist/socket.io.js"));

const nodeDriver = fileURLToPath(new URL("node-driver.mjs", import.meta.url));

/** The command line of the driver on the JavaScript server. */
export const NODE = [process.execPath, nodeDriver];

/** The command line of the driver that the environment names: a path, or a command line. */
export function driverOf(command) {
  return existsSync(command) ? [command] : command.trim().split(/\s+/);
}

/** One process of a driver, and all that it has said. */
export class Driver {
  #child;
  #lines = [];
  #waiting = [];
  #taken = new Set();
  #complaints = "";
  #ended = false;

  /** Starts a driver and waits until it listens. */
  static async start([program, ...args], mode, options) {
    const driver = new Driver(program, [...args, `driver-${mode}`], mode, options);
    try {
      driver.port = (await driver.line("listening", {}, START)).port;
    } catch (error) {
      await driver.stop();
      throw new Error(`${error.message}\n${driver.complaints}`);
    }
    return driver;
  }

  constructor(program, args, mode, options) {
    const given = { LISTEN_PORT: "0", CLIENT_DIST, [`${mode.toUpperCase()}_OPTS`]: JSON.stringify(options) };
    const env = { ...process.env, ...given };
    delete env.NODE_TEST_CONTEXT;
    this.#child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.#child.stdin.on("error", () => {});
    this.#child.stderr.setEncoding("utf8").on("data", (chunk) => (this.#complaints += chunk));
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.#lines.push(parseLine(line));
      this.#look();
    });
    /** Resolves when the process is gone, to its exit code or the signal that ended it. */
    this.ended = new Promise((resolve) => {
      const end = (how) => {
        this.#ended = true;
        this.#look();
        resolve(how);
      };
      this.#child.once("error", (error) => end(error.message));
      this.#child.once("close", (code, signal) => end(code ?? signal));
    });
  }

  /** All that was said until now. */
  get lines() {
    return this.#lines;
  }

  /** What went to the standard error. */
  get complaints() {
    return this.#complaints.trim();
  }

  /** Gives commands, all in one write. */
  say(...commands) {
    this.#child.stdin.write(commands.map((command) => `${JSON.stringify(command)}\n`).join(""));
  }

  /** The first line of that name with these fields, or for which that function is true, that was not asked for before. */
  line(ev, fields = {}, patience = PATIENCE) {
    const same = (line) => Object.entries(fields).every(([name, value]) => line[name] === value);
    const fits = typeof fields === "function" ? fields : same;
    const wanted = (line) => line.ev === ev && fits(line);
    const found = new Promise((resolve, reject) => {
      const look = () => {
        const line = this.#lines.find((candidate) => !this.#taken.has(candidate) && wanted(candidate));
        if (line) this.#taken.add(line);
        if (line) resolve(line);
        else if (this.#ended) reject(new Error(`the driver ended before its line ${ev}`));
        else return false;
        return true;
      };
      if (!look()) this.#waiting.push(look);
    });
    return within(found, `the line ${ev}`, patience);
  }

  /** Asks the process to end, as a supervisor does. */
  terminate() {
    this.#child.kill("SIGTERM");
  }

  /** Ends the process. */
  async stop() {
    this.#child.stdin.end();
    await within(this.ended, "the driver to end", 1_000).catch(() => this.#child.kill("SIGKILL"));
  }

  #look() {
    this.#waiting = this.#waiting.filter((look) => !look());
  }
}

function parseLine(line) {
  try {
    return JSON.parse(line);
  } catch {
    return { ev: "no JSON", line };
  }
}
