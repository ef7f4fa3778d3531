// The files of the client that a server hands out.

import { sio } from "../conversation.mjs";

const DEFAULT = {};
const NAMES = ["socket.io.js", "socket.io.min.js", "socket.io.msgpack.min.js", "socket.io.esm.min.js"];
const PLAIN = { headers: ["Accept-Encoding: identity"] };

for (const name of NAMES) {
  sio(`${name} is served, and its map`, "§1.11 client files, serve", DEFAULT, async (c) => {
    await c.get(`/socket.io/${name}`, PLAIN);
    await c.get(`/socket.io/${name}.map`, PLAIN);
  });
}

sio("a file is compressed as its reader likes", "§1.11 serve", DEFAULT, async (c) => {
  for (const accept of ["gzip", "deflate", "br", "gzip, deflate, br", "identity", "gzip;q=0"]) {
    await c.get("/socket.io/socket.io.min.js", { headers: [`Accept-Encoding: ${accept}`] });
  }
  await c.get("/socket.io/socket.io.min.js");
});

sio("a file that the reader has is not sent again", "§1.11 serve; §2 row 122", DEFAULT, async (c) => {
  const { headers } = await c.get("/socket.io/socket.io.js", PLAIN);
  for (const tag of [headers.etag, `W/${headers.etag}`, '"other"', "*"]) {
    await c.get("/socket.io/socket.io.js", { headers: [`If-None-Match: ${tag}`, ...PLAIN.headers] });
  }
});

sio("a file is served to any method, whatever the query", "§1.11 serve; §2 row 14", DEFAULT, async (c) => {
  await c.get("/socket.io/socket.io.js?v=1&EIO=4&transport=polling", PLAIN);
  for (const method of ["HEAD", "POST", "PUT"])
    await c.request(method, "/socket.io/socket.io.js", { ...PLAIN, body: method === "HEAD" ? undefined : "" }).answer;
});

sio("a file that there is not is a bad request", "§2 row 14", DEFAULT, async (c) => {
  for (const name of [
    "socket.io.slim.js",
    "SOCKET.IO.js",
    "socket.io.js/",
    "x/socket.io.js",
    "socket.io.min.js.map.map",
  ])
    await c.get(`/socket.io/${name}`, PLAIN);
  await c.get("/socket.io.js", PLAIN);
});

sio("where no files are served there are none", "§1.10 serveClient", { options: { serveClient: false } }, async (c) => {
  for (const name of NAMES) await c.get(`/socket.io/${name}`, PLAIN);
});
