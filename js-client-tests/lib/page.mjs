// As much of a page as clients need that poll by JSONP: scripts that are run, and forms that are sent.

import vm from "node:vm";

class Element {
  style = {};
  children = [];

  constructor(name) {
    // Clients try the form of old browsers first.
    if (name.startsWith("<")) throw new Error(`no element has the name ${name}`);
    this.tagName = name;
  }

  setAttribute(name, value) {
    this[name] = value;
  }

  appendChild(child) {
    this.children.push(child);
    child.parentNode = this;
    if (child.tagName === "script") void run(child);
  }

  removeChild(child) {
    this.children = this.children.filter((other) => other !== child);
  }

  /** Sends the form as a browser does, with every new line as two characters, and shows the answer in its frame. */
  submit() {
    const fields = this.children.filter(({ tagName }) => tagName === "textarea");
    const body = new URLSearchParams(fields.map(({ name, value }) => [name, value.replace(/\r?\n/g, "\r\n")]));
    const frame = () => this.children.find(({ tagName }) => tagName === "iframe");
    fetch(this.action, { method: this.method, body }).then(
      () => frame()?.onload?.(),
      () => frame()?.onload?.(),
    );
  }
}

async function run(script) {
  try {
    const answer = await fetch(script.src);
    if (!answer.ok) throw new Error(`${script.src} was answered ${answer.status}`);
    vm.runInThisContext(await answer.text());
  } catch (error) {
    script.onerror?.(error);
  }
}

/** Makes this process a page, for good: a client that was closed may have a last script to run. */
export function openPage() {
  globalThis.document = {
    body: new Element("body"),
    createElement: (name) => new Element(name),
    getElementsByTagName: () => [],
  };
}
