/** Load's other end: Fastify's hello on Node, until its input ends. The argument: where Fastify is. */
import { createRequire } from "node:module";
import process from "node:process";

const fastify = createRequire(`${process.argv[2]}/`)("fastify");
const app = fastify({ logger: false });
app.get("/", () => Promise.resolve({ hello: "world" }));
await app.listen({ host: "127.0.0.1", port: 0 });
console.log(app.server.address().port);
process.stdin.on("end", () => process.exit(0)).resume();
