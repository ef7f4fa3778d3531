// The chat as people meet it: its page, in Chromium, against the server of `examples/chat`.
//
// CHAT_SERVER    the server to start: a path, or a command line; it obeys PORT and prints where it listens
// CHROMIUM       the browser, /usr/bin/chromium unless told
// SCREENSHOTS    the folder for pictures of the page, js-client-tests/screenshots unless told

import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";

import {
  assertNoOverflow,
  assertOnce,
  closeBrowser,
  closePages,
  connected,
  delivered,
  draft,
  drawPicture,
  enter,
  lastPicture,
  messages,
  openBrowser,
  openPage,
  pillShowed,
  say,
  typeUntil,
  watchPill,
  write,
} from "./chat-page.mjs";
import { startChat } from "./chat-server.mjs";

const SCREENSHOTS = process.env.SCREENSHOTS ?? fileURLToPath(new URL("../../screenshots", import.meta.url));
const PICTURE_LIMIT = 740_000; // bytes that the page sends at most

let server;

before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  server = await startChat();
  await openBrowser(server.origin);
});

after(async () => {
  await closeBrowser();
  await server?.kill();
});

afterEach(closePages);

let roomsSoFar = 0;

/** A name that no other test uses, so that the tests of one server do not meet. */
function freshRoom(what = "room") {
  roomsSoFar += 1;
  return `${what}-${roomsSoFar}`;
}

describe("at the door", () => {
  test("a name is asked for once, and remembered", async () => {
    const page = await openPage();
    const dialog = page.getByRole("dialog", { name: "Welcome" });
    await dialog.getByLabel("Your name").fill("   ");
    await dialog.getByRole("button", { name: "Start chatting" }).click();
    await dialog.getByText("A name of 1 to 32 characters, please.").waitFor();
    await page.keyboard.press("Escape");
    assert.ok(await dialog.isVisible(), "there is no chat without a name");

    await dialog.getByLabel("Your name").fill("  Ada  ");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await connected(page);
    await page.getByRole("complementary").getByText("Ada (you)").waitFor();

    await page.reload();
    await connected(page);
    assert.ok(!(await dialog.isVisible()));
  });

  test("a name that the server refuses is asked for again, with its words", async () => {
    const page = await openPage({ name: "x".repeat(33) });
    const dialog = page.getByRole("dialog", { name: "Welcome" });
    await dialog.getByText("A name of 1 to 32 characters, please.").waitFor();
    await dialog.getByLabel("Your name").fill("Ada");
    await page.keyboard.press("Enter");
    await connected(page);
  });
});

describe("two people in a room", () => {
  test("see each other come and go", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    for (const page of [ada, grace])
      for (const name of ["Ada", "Grace"]) await page.locator(".member", { hasText: name }).waitFor();
    await grace.context().close();
    await ada.locator(".member", { hasText: "Grace" }).waitFor({ state: "detached" });
  });

  test("read each other's messages, their own on the right", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    await say(ada, "Good morning");
    await say(ada, "Is the proxy back?");
    await messages(grace, "Is the proxy back?").waitFor();
    await say(grace, "Since six");
    await messages(ada, "Since six").waitFor();

    assert.deepEqual(await ada.locator(".message .text").allInnerTexts(), [
      "Good morning",
      "Is the proxy back?",
      "Since six",
    ]);
    assert.deepEqual(await grace.locator(".message .text").allInnerTexts(), [
      "Good morning",
      "Is the proxy back?",
      "Since six",
    ]);
    assert.equal(await ada.locator(".message.own").count(), 2);
    assert.equal(await grace.locator(".message.own").count(), 1);
    assert.deepEqual(await grace.locator(".starts-group .name").allInnerTexts(), ["Ada", "You"]);
    assert.equal(
      await grace
        .locator(".starts-day")
        .innerText()
        .then((text) => text.split("\n")[0]),
      "Today",
    );
    const middle =
      (await ada.locator("#messages").boundingBox()).x + (await ada.locator("#messages").boundingBox()).width / 2;
    assert.ok((await ada.locator(".own .bubble").first().boundingBox()).x > middle);
    assert.ok((await ada.locator(".message:not(.own) .bubble").first().boundingBox()).x < middle);
  });

  test("see one tick when a message is sent, and two when the server has it", async () => {
    const ada = await enter("Ada", { room: freshRoom() });
    await say(ada, "Tick");
    assert.deepEqual(await ada.evaluate(() => window.tickStates), ["waiting", "sent"]);
    await ada.getByRole("img", { name: "Delivered to the server" }).waitFor();
  });

  test("see that the other one types, until the message is there or nothing follows", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    const notice = grace.getByText("Ada is typing");
    await typeUntil(ada, notice);
    await say(ada, "Hello");
    await messages(grace, "Hello").waitFor();
    await notice.waitFor({ state: "hidden" });

    await typeUntil(ada, notice);
    await notice.waitFor({ state: "hidden" });
  });

  test("find the conversation when they come later", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    await say(ada, "First");
    await say(ada, "Second");
    const grace = await enter("Grace", { room });
    await messages(grace, "Second").waitFor();
    assert.deepEqual(await grace.locator(".message .text").allInnerTexts(), ["First", "Second"]);
  });

  test("see text as text, whatever it contains", async () => {
    const room = freshRoom();
    const name = "<b>Ada</b>";
    const ada = await enter(name, { room });
    const grace = await enter("Grace", { room });
    const text = '<img src=x onerror="alert(1)"> & <b>bold</b> "\'\\ \u{1F980}';
    await say(ada, text);
    await messages(grace, text).waitFor();
    await grace.getByText(name, { exact: true }).first().waitFor();
    assert.equal(await grace.locator(".message img, .message b, .member b").count(), 0);
    const link = "https://example.com/a?b=c";
    await say(ada, `See ${link}.`);
    await grace.getByRole("link", { name: link, exact: true }).waitFor();
    assert.equal(await grace.getByRole("link", { name: link, exact: true }).getAttribute("href"), link);
  });

  test("write with the keyboard alone", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    await ada.getByRole("link", { name: "Skip to the message box" }).focus();
    await ada.keyboard.press("Enter");
    await ada.keyboard.type("One");
    await ada.keyboard.press("Shift+Enter");
    await ada.keyboard.type("Two");
    await ada.keyboard.press("Enter");
    await delivered(ada, "One\nTwo").waitFor();
    assert.equal(await draft(ada).inputValue(), "");
    assert.ok(await draft(ada).evaluate((box) => box === document.activeElement));
  });
});

describe("rooms", () => {
  test("are created by whoever asks, and seen by everybody", async () => {
    const ada = await enter("Ada");
    const grace = await enter("Grace");
    const name = freshRoom("made");
    await ada.getByRole("button", { name: "Create a room" }).click();
    await ada.getByLabel("Name of the room").fill(name);
    await ada.keyboard.press("Enter");
    await ada.getByRole("heading", { name }).waitFor();
    await ada.getByText(`This is the start of ${name}`).waitFor();
    await grace.getByRole("link", { name }).click();
    await grace.locator(".member", { hasText: "Ada" }).waitFor();
    await ada.locator(".member", { hasText: "Grace" }).waitFor();
  });

  test("that one is not in count what was missed, and show where it begins", async () => {
    const [here, there] = [freshRoom("here"), freshRoom("there")];
    const ada = await enter("Ada", { room: there });
    const grace = await enter("Grace", { room: there });
    await say(grace, "Before");
    await messages(ada, "Before").waitFor();
    await ada.evaluate((room) => void (location.hash = `#/${room}`), here);
    await ada.locator(".member", { hasText: "Ada (you)" }).waitFor();
    await ada.locator(".member", { hasText: "Grace" }).waitFor({ state: "detached" });
    await say(grace, "Missed one");
    await say(grace, "Missed two");
    await ada.getByRole("link", { name: `${there} 2 unread` }).waitFor();
    assert.match(await ada.title(), /^\(2\) /);

    await ada.getByRole("link", { name: there }).click();
    await ada.locator(".starts-new", { hasText: "Missed one" }).waitFor();
    await ada.waitForFunction(() => !document.title.startsWith("("));
    await assertOnce(ada, "Before");
  });

  test("keep what one began to write", async () => {
    const [here, there] = [freshRoom("here"), freshRoom("there")];
    const ada = await enter("Ada", { room: here });
    await draft(ada).fill("Half a sent");
    await ada.evaluate((room) => void (location.hash = `#/${room}`), there);
    await ada.getByRole("heading", { name: there }).waitFor();
    assert.equal(await draft(ada).inputValue(), "");
    await ada.goBack();
    await ada.getByRole("heading", { name: here }).waitFor();
    assert.equal(await draft(ada).inputValue(), "Half a sent");
  });
});

describe("a page that is cut off", () => {
  test("says so, comes back by itself, and has missed nothing", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    await say(ada, "Before");
    await messages(grace, "Before").waitFor();
    await watchPill(ada);
    await ada.evaluate(() => window.__chat.socket.io.engine.close());
    await say(grace, "While you were away");
    await pillShowed(ada, "reconnecting");
    await connected(ada);
    await messages(ada, "While you were away").waitFor();
    await say(ada, "Back again");
    await messages(grace, "Back again").waitFor();
    for (const text of ["Before", "While you were away", "Back again"])
      for (const page of [ada, grace]) await assertOnce(page, text);
    for (const page of [ada, grace])
      for (const name of ["Ada", "Grace"]) await page.locator(".member", { hasText: name }).waitFor();
  });

  test("keeps what is written meanwhile, and delivers it once and in order", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    await ada.context().setOffline(true);
    await ada.locator('#pill[data-state="offline"]').waitFor();
    assert.equal(await ada.locator("#pill").innerText(), "offline");
    for (const text of ["One", "Two", "Three"]) await write(ada, text);
    await ada.locator('.message.own[data-state="waiting"]', { hasText: "Three" }).waitFor();
    await ada.getByText("3 messages will be sent when the connection is back.").waitFor();
    await ada.screenshot({ path: join(SCREENSHOTS, "offline.png") });

    await ada.context().setOffline(false);
    await connected(ada);
    for (const text of ["One", "Two", "Three"]) {
      await delivered(ada, text).waitFor();
      await messages(grace, text).waitFor();
    }
    for (const page of [ada, grace])
      assert.deepEqual(await page.locator(".message .text").allInnerTexts(), ["One", "Two", "Three"]);
  });

  test("delivers to the room in which it was written, even if another one is open", async () => {
    const [here, there] = [freshRoom("here"), freshRoom("there")];
    const ada = await enter("Ada", { room: here });
    const grace = await enter("Grace", { room: here });
    await ada.context().setOffline(true);
    await ada.locator('#pill[data-state="offline"]').waitFor();
    await write(ada, "For those here");
    await ada.evaluate((room) => void (location.hash = `#/${room}`), there);
    await ada.getByRole("heading", { name: there }).waitFor();
    await ada.context().setOffline(false);
    await messages(grace, "For those here").waitFor();
    await ada.locator(".member", { hasText: "Ada (you)" }).waitFor();
    await say(ada, "For those there");
    assert.deepEqual(await ada.locator(".message .text").allInnerTexts(), ["For those there"]);
    assert.deepEqual(await grace.locator(".message .text").allInnerTexts(), ["For those here"]);
  });

  test("learns that a message had arrived, though its acknowledgement was lost", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    await watchPill(ada);
    await draft(ada).fill("Heard, not answered");
    await ada.evaluate(() => {
      document.getElementById("composer").requestSubmit();
      window.__chat.socket.io.engine.close(); // sends what is buffered, and reads no more
    });
    await pillShowed(ada, "reconnecting");
    await delivered(ada, "Heard, not answered").waitFor();
    await say(ada, "Answered");
    await messages(grace, "Answered").waitFor();
    for (const page of [ada, grace])
      assert.deepEqual(await page.locator(".message .text").allInnerTexts(), ["Heard, not answered", "Answered"]);
  });

  test("may send a message twice: the server stores it once and answers the same", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    const send = (key) =>
      ada.evaluate(
        ({ room, key }) =>
          window.__chat.socket.timeout(10_000).emitWithAck("message", { room, text: `By key ${key}`, key }),
        { room, key },
      );
    const key = `twice-${Date.now()}`;
    const [first, second] = [await send(key), await send(key)];
    assert.equal(typeof first.id, "number");
    assert.ok(Math.abs(first.at - Date.now()) < 60_000, "at is in milliseconds since the epoch");
    assert.deepEqual(second, first);
    const other = await send(`${key}-other`);
    assert.notEqual(other.id, first.id);
    await messages(grace, `By key ${key}-other`).waitFor();
    await assertOnce(grace, `By key ${key}`);
  });
});

test("a server that is killed and started again is found again, and talk goes on", async (t) => {
  const mortal = await startChat();
  t.after(() => mortal.kill());
  const room = freshRoom();
  const ada = await enter("Ada", { room, origin: mortal.origin });
  const grace = await enter("Grace", { room, origin: mortal.origin });
  await say(ada, "Before the crash");
  await messages(grace, "Before the crash").waitFor();
  await mortal.kill();
  for (const page of [ada, grace]) await page.locator('#pill[data-state="reconnecting"]').waitFor();
  assert.equal(await ada.locator("#pill").innerText(), "reconnecting…");
  await write(ada, "Written while it was dead");
  await ada.locator('.message.own[data-state="waiting"]').waitFor();
  await ada.screenshot({ path: join(SCREENSHOTS, "reconnecting.png") });

  const reborn = await startChat(mortal.port);
  t.after(() => reborn.kill());
  for (const page of [ada, grace]) await connected(page);
  await delivered(ada, "Written while it was dead").waitFor();
  for (const page of [ada, grace])
    for (const name of ["Ada", "Grace"]) await page.locator(".member", { hasText: name }).waitFor();
  await messages(grace, "Written while it was dead").waitFor();
  await say(grace, "After the crash");
  await messages(ada, "After the crash").waitFor();
  for (const page of [ada, grace])
    assert.deepEqual(await page.locator(".message .text").allInnerTexts(), [
      "Before the crash",
      "Written while it was dead",
      "After the crash",
    ]);
});

describe("over one transport alone", () => {
  for (const transports of ["polling", "websocket"]) {
    test(`${transports}, people talk, and the page says which it is`, async () => {
      const room = freshRoom();
      const ada = await enter("Ada", { room, transports });
      const grace = await enter("Grace", { room });
      await say(ada, "Hello");
      await messages(grace, "Hello").waitFor();
      const file = await drawPicture(grace, { width: 64, height: 48 });
      await grace.getByLabel("Picture to send").setInputFiles(file);
      await grace.getByRole("button", { name: "Send", exact: true }).click();
      const { width, height } = await lastPicture(ada, { from: "Grace" });
      assert.deepEqual([width, height], [64, 48]);
      assert.deepEqual(await ada.evaluate(() => window.pillStates.filter((state) => state !== "connecting")), [
        transports,
      ]);
    });
  }
});

describe("a picture", () => {
  test("that is chosen arrives as it is, with its caption", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const grace = await enter("Grace", { room });
    await ada.getByLabel("Picture to send").setInputFiles(await drawPicture(ada, { width: 321, height: 123 }));
    await ada.getByText(/^picture\.png \(\d+ KB\)$/).waitFor();
    await say(ada, "A caption");
    await messages(grace, "A caption").waitFor();
    assert.deepEqual(await lastPicture(grace), await lastPicture(ada));
    const { width, height } = await lastPicture(grace);
    assert.deepEqual([width, height], [321, 123]);
    await grace.getByRole("button", { name: /^Picture: A caption/ }).click();
    await grace.getByRole("dialog", { name: "Picture" }).waitFor();
    await grace.keyboard.press("Escape");
    await grace.getByRole("dialog", { name: "Picture" }).waitFor({ state: "hidden" });
  });

  for (const [way, type] of [
    ["paste", "ClipboardEvent"],
    ["drop", "DragEvent"],
  ]) {
    test(`comes in by ${way}, too`, async () => {
      const room = freshRoom();
      const ada = await enter("Ada", { room });
      const grace = await enter("Grace", { room });
      const { buffer, mimeType } = await drawPicture(ada, { width: 200, height: 150, type: "image/jpeg" });
      await ada.evaluate(
        ({ way, type, mimeType, base64 }) => {
          const data = new DataTransfer();
          data.items.add(
            new File([Uint8Array.from(atob(base64), (unit) => unit.charCodeAt(0))], "photo.jpg", { type: mimeType }),
          );
          const target = document.getElementById("draft");
          target.dispatchEvent(
            new window[type](way, { clipboardData: data, dataTransfer: data, bubbles: true, cancelable: true }),
          );
        },
        { way, type, mimeType, base64: buffer.toString("base64") },
      );
      await ada.getByText(/^photo\.jpg/).waitFor();
      await ada.keyboard.press("Enter");
      const { width, height } = await lastPicture(grace, { from: "Ada" });
      assert.deepEqual([width, height], [200, 150]);
    });
  }

  test("that is too large is made smaller", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room, transports: "polling" }); // where the limit is tightest
    const grace = await enter("Grace", { room });
    const file = await drawPicture(ada, { width: 1500, height: 1000, noise: true });
    assert.ok(file.buffer.length > PICTURE_LIMIT);
    await ada.getByLabel("Picture to send").setInputFiles(file);
    await ada.getByText(/made smaller from/).waitFor();
    await ada.getByRole("button", { name: "Send", exact: true }).click();
    const { width, height } = await lastPicture(grace, { from: "Ada" });
    assert.ok(width <= 1500 && Math.abs(width / height - 1.5) < 0.01, `${width} x ${height}`);
    await ada.locator('.message.own[data-state="delivered"]').waitFor();
  });

  test("that just fits goes through polling", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room, transports: "polling" });
    const grace = await enter("Grace", { room });
    const { buffer, ...file } = await drawPicture(ada, { width: 300, height: 200 });
    // What follows the end of a PNG is ignored by those who draw it.
    await ada
      .getByLabel("Picture to send")
      .setInputFiles({ ...file, buffer: Buffer.concat([buffer, Buffer.alloc(PICTURE_LIMIT - buffer.length, 7)]) });
    await ada.getByText("picture.png (740 KB)").waitFor();
    await say(ada, "x".repeat(4_000));
    const { width, height } = await lastPicture(grace);
    assert.deepEqual([width, height], [300, 200]);
  });

  test("has to be one: other files are declined in a friendly way", async () => {
    const ada = await enter("Ada", { room: freshRoom() });
    const choose = (file) => ada.getByLabel("Picture to send").setInputFiles(file);
    await choose({ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") });
    await ada.getByRole("alert").getByText("Only pictures can be sent: PNG, JPEG, GIF or WebP.").waitFor();
    await choose({ name: "broken.png", mimeType: "image/png", buffer: Buffer.from("broken") });
    await ada.getByRole("alert").getByText("That picture cannot be read. It may be damaged.").waitFor();
    assert.ok(await ada.locator("#attachment").isHidden());
  });

  test("is one of many: a room with a dozen of them can still be entered", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room });
    const file = await drawPicture(ada, { width: 40, height: 30 });
    for (let count = 1; count <= 12; count += 1) {
      await ada.getByLabel("Picture to send").setInputFiles(file);
      await ada.getByText(/^picture\.png/).waitFor();
      await say(ada, `Number ${count}`);
    }
    // The official clients accept ten attachments in a packet, no more.
    const grace = await enter("Grace", { room });
    await messages(grace, "Number 12").waitFor();
    assert.equal(await grace.locator(".message").count(), 12);
    const { width } = await lastPicture(grace);
    assert.equal(width, 40);
    await say(grace, "All there");
  });
});

describe("on the screen", () => {
  let stage; // a server of its own, so that the pictures show this conversation only

  before(async () => {
    stage = await startChat();
  });
  after(() => stage?.kill());

  /** A conversation as it might be. */
  async function conversation(room) {
    const there = { room, origin: stage.origin };
    const grace = await enter("Grace Hopper", there);
    const alan = await enter("Alan", there);
    await say(grace, "The proxy in front of staging swallows WebSocket upgrades again.");
    await say(grace, "Everybody stays on polling there, and nobody lost a message.");
    await say(alan, "Then it is a note for the runbook and not an incident \u{1F642}");
    await grace
      .getByLabel("Picture to send")
      .setInputFiles(await drawPicture(grace, { width: 900, height: 480, type: "image/jpeg" }));
    await grace.getByText(/^picture\.jpeg/).waitFor();
    await say(grace, "Greetings from the hills, by the way");
    return { grace, alan };
  }

  /** Opens Ada's page with the whole conversation on it. */
  async function look(room, options) {
    const ada = await enter("Ada", { room, origin: stage.origin, deviceScaleFactor: 2, ...options });
    await messages(ada, "Greetings from the hills, by the way").waitFor();
    return ada;
  }

  async function takePicture(page, name) {
    await page
      .locator(".log img")
      .last()
      .evaluate((image) => image.decode());
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  test("a conversation fits, in light and in dark", async () => {
    const { grace, alan } = await conversation("general");
    const katherine = await enter("Katherine Johnson", { room: "design", origin: stage.origin });
    for (const colorScheme of ["light", "dark"]) {
      const ada = await look("general", { colorScheme });
      if (colorScheme === "light") {
        await say(ada, "How lovely! I cut my page from the network for a minute.");
        await say(ada, "It came back by itself, and what I had written meanwhile was delivered once.");
      } else {
        await say(grace, "That is what I like to hear.");
      }
      await say(katherine, `The new icons are there, in ${colorScheme}`);
      await ada.getByRole("link", { name: "design 1 unread" }).waitFor();
      await typeUntil(alan, ada.getByText("Alan is typing"));
      await assertNoOverflow(ada);
      await takePicture(ada, colorScheme);
      const ground = await ada.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const brightness =
        ground
          .match(/\d+/g)
          .slice(0, 3)
          .reduce((sum, part) => sum + Number(part), 0) / 765;
      assert.ok(colorScheme === "light" ? brightness > 0.9 : brightness < 0.15, `${colorScheme} is ${ground}`);
      await ada.context().close();
    }
  });

  test("the theme follows the system until somebody chooses, and the choice is remembered", async () => {
    const ada = await enter("Ada", { room: freshRoom(), colorScheme: "dark" });
    const ground = () => ada.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await ground();
    await ada.emulateMedia({ colorScheme: "light" });
    const light = await ground();
    assert.notEqual(light, dark);
    await ada.getByRole("button", { name: "Dark theme" }).click();
    assert.equal(await ground(), dark);
    await ada.reload();
    await connected(ada);
    assert.equal(await ground(), dark);
    assert.equal(await ada.getByRole("button", { name: "Dark theme" }).getAttribute("aria-pressed"), "true");
  });

  test("a narrow page has no horizontal overflow, and drawers at its sides", async () => {
    const room = "travelling";
    const { alan } = await conversation(room);
    const ada = await look(room, { width: 390, height: 844 });
    await say(ada, "I read that on the train, and lost nothing in the tunnels.");
    await say(alan, "Mind the gap");
    await messages(ada, "Mind the gap").waitFor();
    await assertNoOverflow(ada);
    await takePicture(ada, "narrow");
    const endless = `A-word-without-end-${"x".repeat(300)}`;
    await say(alan, "https://example.com/".padEnd(200, "path/"));
    await say(alan, endless);
    await messages(ada, endless).waitFor();
    await assertNoOverflow(ada);

    for (const [opener, drawer] of [
      ["Open the list of rooms", "navigation"],
      [/^People in this room/, "complementary"],
    ]) {
      await ada.getByRole("button", { name: opener }).focus();
      await ada.keyboard.press("Enter");
      await ada.getByRole(drawer).waitFor();
      assert.ok(await ada.getByRole(drawer).evaluate((panel) => panel.contains(document.activeElement)));
      await ada.screenshot({ path: join(SCREENSHOTS, `narrow-${drawer}.png`) });
      await assertNoOverflow(ada);
      await ada.keyboard.press("Escape");
      await ada.getByRole(drawer).waitFor({ state: "hidden" });
      assert.ok(
        await ada.getByRole("button", { name: opener }).evaluate((button) => button === document.activeElement),
      );
    }
    await ada.setViewportSize({ width: 320, height: 600 });
    await assertNoOverflow(ada);
  });

  test("what is new further down is announced to those who read further up", async () => {
    const room = freshRoom();
    const ada = await enter("Ada", { room, height: 420 });
    const grace = await enter("Grace", { room });
    for (let count = 1; count <= 12; count += 1) await say(grace, `Line ${count}`);
    await messages(ada, "Line 12").waitFor();
    await ada.getByRole("log").evaluate((log) => void (log.scrollTop = 0));
    await ada.getByRole("button", { name: "Newest messages" }).waitFor();
    await say(grace, "Line 13");
    await ada.getByRole("button", { name: "1 new message" }).click();
    await ada.waitForFunction(() => {
      const log = document.getElementById("log");
      return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
    });
    await ada.locator("#jump").waitFor({ state: "hidden" });
  });
});
