/** Tests of how many connections the encoders' port holds, and what the next one is told. */
import { equal, match } from "node:assert/strict";
import type { Log } from "../../services/log.ts";
import { rawEncoder } from "../../tests/support/encoders.ts";
import { type EncoderDesk, listenForEncoders } from "./encoder.ts";

const log = { info() {}, warn() {}, error() {}, debug() {} } as unknown as Log;
const TIMES = { head: 60_000, finish: 1_000 };

function port(room: { ofOneAddress?: number; ofAll?: number }) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const desk = {} as EncoderDesk; // nobody comes as far as that
  const encoders = listenForEncoders({
    ...{ listener, desk, log, room, times: TIMES },
    translate: (error) => error,
  });
  const kept = new AsyncDisposableStack();
  kept.use(encoders);
  const connect = async () => kept.use(await rawEncoder(listener.addr.port));
  return { connect, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

Deno.test("[L2] one address holds so many connections of the encoders' port, and no more", async () => {
  await using held = port({ ofOneAddress: 3 });
  const first = await held.connect();
  await held.connect();
  await held.connect();
  const next = await held.connect();
  match(await next.all(), /^HTTP\/1\.0 429 .*3 connections from 127\.0\.0\.1 are open/s);
  // the place of one that leaves is free again
  await first.write("OPTIONS / HTTP/1.0\r\n\r\n");
  match(await first.all(), /^HTTP\/1\.0 200 /);
  first[Symbol.dispose]();
  next[Symbol.dispose]();
  for (let tries = 0;; tries++) {
    const again = await held.connect();
    await again.write("OPTIONS / HTTP/1.0\r\n\r\n");
    if (/ 200 /.test(await again.all())) break;
    equal(tries < 20, true, "no place became free");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

Deno.test("[L2] all together hold so many, and the next is told to come later", async () => {
  await using held = port({ ofAll: 2 });
  await held.connect();
  await held.connect();
  match(await (await held.connect()).all(), /^HTTP\/1\.0 503 .*No more encoders/s);
});
