// How long to wait for what must happen.

/** For one thing, in milliseconds: the machine may be busy, and a thing that never comes is waited for once. */
export const PATIENCE = 5_000;
