/**
 * Load's other end: `ws` on Node, a room to all who come, until its input ends. The arguments: where
 * `ws` is, and for how many ms it gathers what it tells; 0 tells each message by itself.
 */
import { createRequire } from "node:module";
import process from "node:process";

const [, , folder, gatherMs] = process.argv;
const { WebSocketServer } = createRequire(`${folder}/`)("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });
let waiting = [];

const tell = (data) => {
  for (const socket of server.clients) socket.send(data, { binary: true });
};
const flush = () => {
  const data = Buffer.from(waiting.join("\n"));
  waiting = [];
  tell(data);
};
server.on("connection", (socket) => {
  socket.on("message", (data) => {
    if (gatherMs === "0") return tell(data);
    if (waiting.push(data.toString()) === 1) setTimeout(flush, Number(gatherMs));
  });
});
server.on("listening", () => console.log(server.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
