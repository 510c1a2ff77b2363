/** Tests of stream keys. */
import { equal, match, notEqual } from "node:assert/strict";
import { streamKeys } from "./stream_keys.ts";

const SECRET = new Uint8Array(32).fill(7);
const [ONE, TWO] = ["019a0000-0000-7000-8000-000000000001", "019a0000-0000-7000-8000-000000000002"];

Deno.test("[L2] [S8] a key is 32 characters, the same on each node, another for each stream and generation", async () => {
  const keys = await streamKeys(SECRET);
  const key = await keys.of(ONE, 1);
  match(key, /^[A-Za-z0-9_-]{32}$/);
  equal(await (await streamKeys(SECRET)).of(ONE, 1), key);
  for (
    const other of [
      await keys.of(ONE, 2),
      await keys.of(TWO, 1),
      await (await streamKeys(new Uint8Array(32))).of(ONE, 1),
    ]
  ) notEqual(other, key);
  equal(await keys.fits(key, ONE, 1), true);
  equal(await keys.fits(key, ONE, 2), false, "an old key");
  equal(await keys.fits(key, TWO, 1), false, "of another stream");
  for (const wrong of ["", key.slice(1), `${key}a`, key.toLowerCase()]) {
    equal(await keys.fits(wrong, ONE, 1), false, JSON.stringify(wrong));
  }
});
