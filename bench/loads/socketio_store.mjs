/**
 * Load's other end: socket.io on Node, with a message stored before it is told; until its input
 * ends. The argument is JSON: where packages are, the database, and for how many ms it gathers
 * what it stores and tells; 0: an INSERT, and an event, a message.
 */
import { createServer } from "node:http";
import { createRequire } from "node:module";
import process from "node:process";

const { folder, database, gatherMs } = JSON.parse(process.argv[2]);
const packages = createRequire(`${folder}/`);
const { Server } = packages("socket.io");
const sql = packages("postgres")({ ...database, max: 10, onnotice() {} });
await sql`create table if not exists messages (id bigint generated always as identity primary key,
  sender text not null, content text not null, created_at timestamptz not null default now())`;
const http = createServer();
const io = new Server(http, { transports: ["websocket"] });
let waiting = [];

const flush = async () => {
  const rows = waiting;
  waiting = [];
  const stored = await sql`insert into messages ${sql(rows, "sender", "content")}
    returning id, sender, content, created_at`;
  io.to("room").emit("m", stored.map((row) => JSON.stringify(row)).join("\n"));
};
io.on("connection", (socket) => {
  socket.join("room");
  socket.on("m", async (content) => {
    const sender = socket.id;
    if (gatherMs > 0) {
      if (waiting.push({ sender, content }) === 1) setTimeout(flush, gatherMs);
      return;
    }
    const [row] = await sql`insert into messages (sender, content) values (${sender}, ${content})
      returning id, sender, content, created_at`;
    io.to("room").emit("m", JSON.stringify(row));
  });
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
