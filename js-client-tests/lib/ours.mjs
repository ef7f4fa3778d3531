import { test } from "node:test";

/**
 * A promise in which we differ from the JavaScript server on purpose: test/wire/DIFFERENCES.md says why.
 *
 * Skipped only where the suite itself is checked against that server, with `REFERENCE=node`.
 */
export function ours(name, body) {
  test(name, { skip: process.env.REFERENCE === "node" }, body);
}
