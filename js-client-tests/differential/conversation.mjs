// A conversation: a script, played to one driver of its own, and the transcript of it.

import { within } from "../lib/wait.mjs";
import { Driver } from "./driver.mjs";
import { Context } from "./script.mjs";
import { transcript } from "./transcript.mjs";

const PATIENCE = 20_000;

/** All conversations, in the order in which they were written down. */
export const conversations = [];

/**
 * Writes down a conversation with an Engine.IO server.
 *
 * `row` says which rule of the protocol it shows; `options` are the server's, and `hears` names the lines of the driver
 * that are compared besides those that always are. One that is `timed` has to do things in time, and is not played
 * while others are. The script is given a [`Context`].
 */
export function eio(name, row, settings, script) {
  add("eio", name, row, settings, script);
}

/** Writes down a conversation with a Socket.IO server. */
export function sio(name, row, settings, script) {
  add("sio", name, row, settings, script);
}

/** Writes down the same conversation over polling and over WebSocket; the script is given the session as well. */
export function overEach(kind, name, row, settings, script) {
  for (const [way, open] of [
    ["over polling", "polling"],
    ["over WebSocket", "ws"],
  ]) {
    kind(`${name}, ${way}`, row, settings, async (c) => script(c, await c[open](settings.query)));
  }
}

function add(mode, name, row, { options = {}, hears = [], timed = false }, script) {
  if (conversations.some((other) => other.name === name)) throw new Error(`there is already: ${name}`);
  conversations.push({ mode, name, row, options, hears, timed, script });
}

/** Plays a conversation to the driver of that command line, and returns its transcript. */
export async function play({ mode, options, hears, script }, command) {
  const driver = await Driver.start(command, mode, options);
  const context = new Context(driver, mode, options);
  try {
    let stopped;
    try {
      await within(script(context), "the end of the script", PATIENCE);
      await context.settle();
    } catch (error) {
      stopped = error;
    }
    const said = driver.lines.slice();
    await context.finish();
    return { ...transcript({ context, said, hears, stopped }), stopped, complaints: driver.complaints };
  } finally {
    await driver.stop();
  }
}
