/** Tests of the server by itself: what becomes of an answer that breaks off half-way. */
import { equal, ok } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import { listen } from "./serve.ts";

/** What the server says aloud while `act` goes on. */
async function aloud(act: () => Promise<void>): Promise<unknown[]> {
  const said: unknown[] = [];
  const { error } = console;
  console.error = (...told) => void said.push(...told);
  try {
    await act();
  } finally {
    console.error = error;
  }
  return said;
}

const here = { host: "127.0.0.1", port: 0, tlsCert: undefined, tlsKey: undefined };

Deno.test("[C12] who left too much unread finds the answer broken off, not ended; a defect alone is told", async () => {
  for (const reason of [new Rejection("slow_reader"), new Error("a defect")]) {
    const said = await aloud(async () => {
      await using server = await listen(here);
      const given = Promise.withResolvers<ReadableStreamDefaultController<Uint8Array>>();
      server.answer(() => new Response(new ReadableStream({ start: given.resolve })));
      const conn = await Deno.connect({ port: server.port });
      await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: here\r\n\r\n"));
      const controller = await given.promise;
      // more than the kernel holds for one who does not read
      for (let n = 0; n < 2_000; n++) controller.enqueue(new Uint8Array(16 * 1024));
      await new Promise((resolve) => setTimeout(resolve, 100));
      controller.error(reason);
      const all = await new Response(conn.readable).text();
      ok(all.length < 2_000 * 16 * 1024, "what waited is thrown away");
      ok(!all.endsWith("0\r\n\r\n"), "it looks as if it had been all");
    });
    equal(said.length, reason instanceof Rejection ? 0 : 1, String(said));
  }
});
