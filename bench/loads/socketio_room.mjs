/**
 * Load's other end: socket.io on Node, a room to all who come, until its input ends. The arguments:
 * where it is, and for how many ms it gathers what it tells; 0 tells each message by itself.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import process from "node:process";

const [, , folder, gatherMs] = process.argv;
const { Server } = createRequire(`${folder}/`)("socket.io");
const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
let waiting = [];

const flush = () => {
  const data = waiting.join("\n");
  waiting = [];
  io.to("room").emit("m", data);
};
io.on("connection", (socket) => {
  socket.join("room");
  socket.on("m", (data) => {
    if (gatherMs === "0") io.to("room").emit("m", data);
    else if (waiting.push(data) === 1) setTimeout(flush, Number(gatherMs));
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
