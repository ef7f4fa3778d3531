// People at the page of the chat, in Chromium.
//
// CHROMIUM       the browser, /usr/bin/chromium unless told

import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const PATIENCE = 15_000; // ms, for whatever is waited for
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let browser;
let home; // where pages are opened unless told otherwise
let contexts = [];
let complaints = [];

export async function openBrowser(origin) {
  home = origin;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export async function closeBrowser() {
  await browser?.close();
}

/** Closes all pages; fails if one of them had an error. */
export async function closePages() {
  const heard = complaints;
  await Promise.all(contexts.map((context) => context.close()));
  contexts = [];
  complaints = [];
  assert.deepEqual(heard, [], "the pages complained");
}

/** Opens the page in a browser profile of its own; without a name it is the first visit. */
export async function openPage({
  name,
  room = "general",
  transports,
  origin = home,
  colorScheme = "light",
  width = 1280,
  height = 800,
  deviceScaleFactor = 1,
} = {}) {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    deviceScaleFactor,
    reducedMotion: "reduce",
  });
  contexts.push(context);
  context.setDefaultTimeout(PATIENCE);
  if (name)
    await context.addInitScript(
      (name) => localStorage.getItem("chat.name") ?? localStorage.setItem("chat.name", name),
      name,
    );
  await context.addInitScript(recordChanges);
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(`${name}: ${error.stack}`));
  page.on("console", (message) => {
    // The browser reports requests that fail as their session or server ends; that is what some of the tests are about.
    if (message.type() === "error" && !message.location().url.includes("/socket.io/"))
      complaints.push(`${name}: ${message.text()}`);
  });
  const query = transports ? `?transports=${transports}` : "";
  await page.goto(`${origin}/${query}#/${encodeURIComponent(room)}`);
  return page;
}

/** Opens the page as somebody who was here before, and waits until they are in the room. */
export async function enter(name, options = {}) {
  const page = await openPage({ name, ...options });
  await connected(page, options.transports);
  await page.locator(".member", { hasText: `${name} (you)` }).waitFor({ state: "attached" });
  return page;
}

/** Runs in the page: keeps what the pill and the ticks showed, however briefly. */
function recordChanges() {
  window.pillStates = [];
  window.tickStates = [];
  new MutationObserver((changes) => {
    for (const { target, oldValue } of changes) {
      if (target.id === "pill") window.pillStates.push(target.dataset.state);
      else if (oldValue) window.tickStates.push(oldValue);
    }
  }).observe(document, { subtree: true, attributeFilter: ["data-state"], attributeOldValue: true });
}

export async function connected(page, transport = "websocket") {
  await page.locator(`#pill[data-state="${transport}"]`).waitFor();
  assert.equal(await page.locator("#pill").innerText(), transport);
}

/** Forgets what the pill has shown so far. */
export const watchPill = (page) => page.evaluate(() => void (window.pillStates.length = 0));

/** Waits until the pill has shown a state since it is watched. */
export const pillShowed = (page, state) => page.waitForFunction((state) => window.pillStates.includes(state), state);

export const draft = (page) => page.getByRole("textbox", { name: "Message" });
export const messages = (page, text) => page.locator(".message", { has: page.getByText(text, { exact: true }) });
export const delivered = (page, text) =>
  page.locator('.message.own[data-state="delivered"]', { has: page.getByText(text, { exact: true }) });

export async function write(page, text) {
  await draft(page).fill(text);
  await draft(page).press("Enter");
}

/** Writes, and waits for the server's acknowledgement. */
export async function say(page, text) {
  await write(page, text);
  await delivered(page, text).waitFor();
}

/** Types until the others see it: the event is volatile, so any single one may be dropped. */
export async function typeUntil(page, notice) {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    await draft(page).press("x");
    try {
      return await notice.waitFor({ timeout: 1_000 });
    } catch (error) {
      if (performance.now() > deadline) throw error;
    }
  }
}

export async function assertOnce(page, text) {
  assert.equal(await messages(page, text).count(), 1, `"${text}" stands there once`);
}

/** A picture, drawn by the browser, as a file to be chosen. */
export async function drawPicture(page, { width, height, type = "image/png", noise = false, name = "picture" }) {
  const base64 = await page.evaluate(
    async ({ width, height, type, noise }) => {
      const canvas = Object.assign(document.createElement("canvas"), { width, height });
      const context = canvas.getContext("2d");
      const sky = context.createLinearGradient(0, 0, 0, height);
      sky.addColorStop(0, "#2b2a55");
      sky.addColorStop(0.55, "#b4647c");
      sky.addColorStop(0.7, "#f4b183");
      context.fillStyle = sky;
      context.fillRect(0, 0, width, height);
      context.fillStyle = "#ffe9c9";
      context.beginPath();
      context.arc(width * 0.68, height * 0.6, height * 0.09, 0, 2 * Math.PI);
      context.fill();
      for (const [depth, colour] of [
        [0.62, "#5a3d63"],
        [0.74, "#3a2b4d"],
        [0.86, "#211b33"],
      ]) {
        context.fillStyle = colour;
        context.beginPath();
        context.moveTo(0, height);
        for (let x = 0; x <= width; x += 1)
          context.lineTo(
            x,
            height *
              (depth - 0.07 * Math.sin((x / width) * 9 + depth * 31) - 0.03 * Math.sin((x / width) * 23 + depth * 7)),
          );
        context.lineTo(width, height);
        context.fill();
      }
      if (noise) {
        const pixels = context.getImageData(0, 0, width, height);
        for (let at = 0; at < pixels.data.length; at += 4) pixels.data[at] = Math.random() * 256;
        context.putImageData(pixels, 0, 0);
      }
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, type, 0.9));
      return new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result.split(",")[1]);
        reader.readAsDataURL(blob);
      });
    },
    { width, height, type, noise },
  );
  return { name: `${name}.${type.split("/")[1]}`, mimeType: type, buffer: Buffer.from(base64, "base64") };
}

/** Waits for the last picture of the conversation, and tells its size in pixels and in bytes. */
export async function lastPicture(page, { from } = {}) {
  const picture = page.locator(from ? `.message img[alt="Picture from ${from}"]` : ".message img").last();
  await picture.waitFor();
  return picture.evaluate(async (image) => {
    await image.decode();
    const width = image.naturalWidth;
    const height = image.naturalHeight;
    // The page's policy forbids to fetch a blob, but not to copy an image.
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    canvas.getContext("2d").drawImage(image, 0, 0);
    const corner = [...canvas.getContext("2d").getImageData(0, 0, 1, 1).data];
    return { width, height, corner };
  });
}

export async function assertNoOverflow(page) {
  const [content, window_] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok(content <= window_, `the page is ${content} px wide in a window of ${window_} px`);
  const outside = await page.evaluate(() =>
    [...document.querySelectorAll("#main *")]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > innerWidth + 0.5)
      .map((element) => element.className),
  );
  assert.deepEqual(outside, [], "something stands out on the right");
}
