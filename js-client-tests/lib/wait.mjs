// Waiting for something to happen, never for time to pass.

const PATIENCE = 3_000;
/** Time for the server to do something at once: less than that after which it would do so anyway. */
export const PROMPTLY = 900;

/** Resolves as `promise` does; fails, at the caller's line, if that takes too long. */
export async function within(promise, what, patience = PATIENCE) {
  const late = new Error(`waited ${patience} ms in vain for ${what}`);
  let timer;
  const deadline = new Promise((_, reject) => {
    timer = setTimeout(reject, patience, late).unref();
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks until `condition` gives something truthy, and returns that. */
export async function eventually(condition, what, patience = PATIENCE) {
  const deadline = performance.now() + patience;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (performance.now() > deadline) throw new Error(`waited ${patience} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Things in the order in which they arrived, to be waited for one by one. */
export class Inbox {
  #items = [];
  #readers = [];
  #end;

  get size() {
    return this.#items.length;
  }

  push(item) {
    const reader = this.#readers.shift();
    if (reader) reader.resolve(item);
    else this.#items.push(item);
  }

  /** Nothing more will arrive: whoever waits from now on gets this error. */
  end(error) {
    this.#end ??= error;
    for (const reader of this.#readers.splice(0)) reader.reject(error);
  }

  next(what = "the next message", patience = PATIENCE) {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    if (this.#end) return Promise.reject(this.#end);
    const arrival = new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
    return within(arrival, what, patience);
  }
}
