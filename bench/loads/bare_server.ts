/** Load's other end: Deno's server with a file in memory and nothing around it, until its input ends. */
const bytes = await Deno.readFile(Deno.args[0]!);
const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen: ({ port }) => console.log(port),
}, () => new Response(bytes));
for await (const _ of Deno.stdin.readable);
await server.shutdown();
