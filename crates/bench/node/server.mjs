// Node's socket.io, as its documentation writes a server; `ws` with its defaults.

import { createServer } from "node:http";
import { Server } from "socket.io";

const http = createServer();
const io = new Server(http, { serveClient: false, perMessageDeflate: process.argv.includes("--deflate") });

io.on("connection", (socket) => {
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("binary", (...args) => socket.emit("binary", ...args));
  socket.on("ack", (value, answer) => answer(value));
  socket.on("join", (room, answer) => {
    socket.join(room);
    answer?.();
  });
  socket.on("bcast", (room, ...args) => io.to(room).emit("bcast", ...args));
});

http.listen(0, "127.0.0.1", () => console.log(`127.0.0.1:${http.address().port}`));
