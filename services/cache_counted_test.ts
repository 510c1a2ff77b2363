/** What a cache answers by itself is a hit (O10). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { memoryCache } from "./cache.ts";
import { counted } from "./cache_counted.ts";

Deno.test("[O10] the first look is a miss, the next a hit, and after a change it is a miss again", async () => {
  const told: string[] = [];
  const cache = counted(
    memoryCache<number>({ keepMs: 60_000, most: 10 }),
    (one) => void told.push(one),
  );
  let at = 0;
  const load = () => Promise.resolve(++at);
  equal(await cache.get("a", load), 1);
  equal(await cache.get("a", load), 1);
  await cache.changing("a", () => Promise.resolve());
  equal(await cache.get("a", load), 2);
  deepEqual(told, ["miss", "hit", "miss"]);
  await rejects(cache.get("b", () => Promise.reject(new Error("away"))), /away/);
  equal(told.length, 3, "what failed was no answer");
});
