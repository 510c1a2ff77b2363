/** Load's other end: Hono's hello on Deno, until its input ends. */
import { Hono } from "hono";

const app = new Hono().get("/", (c) => c.json({ hello: "world" }));
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, (request) => app.fetch(request));
for await (const _ of Deno.stdin.readable);
await server.shutdown();
