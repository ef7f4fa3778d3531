// Tests in which the client must be on time.

import { monitorEventLoopDelay } from "node:perf_hooks";
import { test } from "node:test";

/** Being held up for longer than this, in milliseconds, a client may have missed its moment. */
const HELD_UP = 40;
const ATTEMPTS = 5;

/** Defines a test in which the client has to do something in time: see [`inTime`]. */
export function timed(name, body) {
  test(name, () => inTime(body));
}

/**
 * Does something that has to be done in time.
 *
 * A failure counts only if the machine let it: one in which this process was held up is tried again.
 */
export async function inTime(body) {
  for (let attempt = 1; ; attempt += 1) {
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    try {
      return await body();
    } catch (error) {
      if (delay.max < HELD_UP * 1e6 || attempt === ATTEMPTS) throw error;
    } finally {
      delay.disable();
    }
  }
}
