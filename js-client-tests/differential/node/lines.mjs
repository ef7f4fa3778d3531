// JSON lines: commands come in, what happens goes out.

import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";

/** Ends the process with exit code 2: the test asks for what there is not. */
export function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}

/** Writes a line. Bytes within are written `{"$b": "<base64>"}`; what is `undefined` is left out. */
export function tell(ev, fields) {
  process.stdout.write(`${JSON.stringify({ ev, ...withoutBytes(fields) })}\n`);
}

/** Calls the handler of every command as it comes: all the lines of one read before anything else runs. */
export function obey(commands) {
  let rest = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("data", (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.trim() === "") continue;
      const { op, ...fields } = JSON.parse(line);
      if (!Object.hasOwn(commands, op)) fail(`no such command: ${op}`);
      commands[op](withBytes(fields));
    }
  });
  process.stdin.on("end", () => process.exit(0));
  process.on("SIGTERM", () => process.exit(0));
}

/** Questions that the test answers. */
export class Questions {
  #waiting = new Map();

  /** Asks; `then` is called with the arguments of the answer. */
  ask(name, fields, then) {
    const n = this.#waiting.size + 1;
    this.#waiting.set(n, then);
    tell("ask", { n, name, ...fields });
  }

  /** Handles the command `answer`. An answer may come twice: what that does is up to whoever asked. */
  answer({ n, a = [] }) {
    const then = this.#waiting.get(n);
    if (!then) fail(`nothing was asked with the number ${n}`);
    then(...a);
  }
}

/** What a question about a request says of it. */
export function request({ url, headers, method }) {
  return { url, headers, method };
}

/** Makes an HTTP server whose own answer has that status and body. */
export function httpServer(status, body) {
  return createHttpServer((_, response) => response.writeHead(status).end(body));
}

/** Listens on both loopback addresses, where there are two, and says so. */
export function listen(server) {
  server.listen(Number(process.env.LISTEN_PORT ?? 0), "127.0.0.1", () => {
    const { port } = server.address();
    const listening = () => tell("listening", { port });
    const second = createServer((socket) => server.emit("connection", socket));
    second.once("error", listening).listen(port, "::1", listening);
  });
}

function withoutBytes(value) {
  if (value instanceof Uint8Array) return { $b: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(withoutBytes);
  if (value === null || typeof value !== "object" || "toJSON" in value) return value;
  return Object.fromEntries(Object.entries(value).map(([key, within]) => [key, withoutBytes(within)]));
}

function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.$b === "string") return Buffer.from(value.$b, "base64");
  return Object.fromEntries(Object.entries(value).map(([key, within]) => [key, withBytes(within)]));
}
