/**
 * Load's other end: Bun's native publish, a room to all who come, until its input ends. The argument:
 * for how many ms it gathers what it tells; 0 publishes each message by itself.
 */
const gatherMs = Number(process.argv[2]);
let waiting = [];

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response("a room"),
  websocket: {
    open: (socket) => socket.subscribe("room"),
    message(_socket, data) {
      if (gatherMs === 0) server.publish("room", data);
      else if (waiting.push(data) === 1) setTimeout(flush, gatherMs);
    },
  },
});
const encoder = new TextEncoder();
function flush() {
  const data = encoder.encode(waiting.join("\n"));
  waiting = [];
  server.publish("room", data);
}
console.log(server.port);
for await (const _ of Bun.stdin.stream()) { /* until its end */ }
process.exit(0);
