import { equal, rejects } from "node:assert/strict";
import { memoryCache } from "./cache.ts";

const setUp = (options: { keepMs?: number; most?: number } = {}) => {
  let time = 0;
  let loads = 0;
  const cache = memoryCache<string>({
    ...{ keepMs: 1_000, most: 100, ...options },
    weigh: (value) => value.length,
    now: () => time,
  });
  return {
    cache,
    look: (key: string, value = key) =>
      cache.get(key, () => {
        loads++;
        return Promise.resolve(value);
      }),
    pass: (ms: number) => time += ms,
    loads: () => loads,
  };
};

Deno.test("[O7] what was looked up is kept for its time, then looked up again", async () => {
  const t = setUp();
  equal(await t.look("a", "1"), "1");
  t.pass(999);
  equal(await t.look("a", "2"), "1");
  t.pass(1);
  equal(await t.look("a", "2"), "2");
  equal(t.loads(), 2);
});

Deno.test("[O7] what was changed is looked up again at once", async () => {
  const t = setUp();
  await t.look("a", "1");
  await t.cache.forget("a");
  equal(await t.look("a", "2"), "2");
});

Deno.test("[O7] a look that began before a change is neither kept nor shared after it", async () => {
  const t = setUp();
  const old = Promise.withResolvers<string>();
  const first = t.cache.get("a", () => old.promise);
  await t.cache.forget("a");
  const second = t.look("a", "new");
  old.resolve("old");
  equal(await first, "old");
  equal(await second, "new");
  equal(await t.look("a", "newest"), "new");
});

Deno.test("[O7] those who ask together share one look", async () => {
  const t = setUp({ keepMs: 0 });
  await Promise.all([t.look("a"), t.look("a"), t.look("a")]);
  equal(t.loads(), 1);
  await t.look("a");
  equal(t.loads(), 2, "with no time to keep, the next looks again");
});

Deno.test("[O7] a failure, and what is not there, are not kept", async () => {
  const cache = memoryCache<string | null>({ keepMs: 1_000, most: 10 });
  await rejects(cache.get("a", () => Promise.reject(new Error("away"))), /away/);
  equal(await cache.get("a", () => Promise.resolve(null)), null);
  equal(await cache.get("a", () => Promise.resolve("there")), "there");
  equal(cache.weight, 1);
});

Deno.test("[O7] past its bound a cache lets go of what was asked for longest ago", async () => {
  const t = setUp({ most: 10 });
  await t.look("a", "1234");
  await t.look("b", "1234");
  await t.look("a");
  await t.look("c", "1234");
  equal(t.cache.weight, 8);
  equal(await t.look("a", "x"), "1234");
  equal(await t.look("b", "x"), "x");
  for (let i = 0; i < 1_000; i++) await t.look(`key ${i}`, "12345");
  equal(t.cache.weight, 10);
  await t.look("huge", "more than all of it");
  equal(t.cache.weight, 0);
});
