/** Tests of an encoder's raw connection: how long a head may be, and how long it may take (L2). */
import { equal, ok } from "node:assert/strict";
import { refusal } from "../../actors/runtime/testing.ts";
import { encoderConnection } from "./encoder_connection.ts";
import { HEAD_MOST } from "./encoder_head.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** Both ends of a connection. */
async function ends() {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const [ours, theirs] = await Promise.all([listener.accept(), Deno.connect({ port })]);
  const connection = encoderConnection(ours);
  return {
    connection,
    async say(bytes: Uint8Array) {
      for (let done = 0; done < bytes.length;) done += await theirs.write(bytes.subarray(done));
    },
    [Symbol.dispose]() {
      connection.close();
      theirs.close();
    },
  };
}

Deno.test("[L2] a head may have 8 KiB, and what follows it is none of it", async () => {
  const head = (length: number) => {
    const [before, after] = ["PUT / HTTP/1.1\r\nX: ", "\r\n\r\n"];
    return before + "x".repeat(length - before.length - after.length) + after;
  };
  {
    using both = await ends();
    const asked = both.connection.head(5_000);
    await both.say(encode(`${head(HEAD_MOST)}sound`));
    const { head: found, rest } = (await asked)!;
    equal(found.length, 8_192);
    equal(new TextDecoder().decode(rest), "sound");
  }
  for (const long of [head(HEAD_MOST + 1), "x".repeat(HEAD_MOST + 1)]) {
    using both = await ends();
    const asked = refusal(both.connection.head(5_000));
    await both.say(encode(long));
    equal(await asked, "too_large");
  }
});

Deno.test("[L2] a head that comes drop by drop has its time, and not one for each drop", async () => {
  using both = await ends();
  const began = performance.now();
  const asked = refusal(both.connection.head(400));
  const timer = setInterval(() => void both.say(encode("x")), 50);
  const late = setTimeout(() => both.connection.close(), 5_000);
  try {
    equal(await asked, "timeout");
    ok(performance.now() - began < 4_000, "it was waited for too long");
  } finally {
    clearInterval(timer);
    clearTimeout(late);
  }
});
