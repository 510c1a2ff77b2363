import { equal, ok } from "node:assert/strict";
import { memoryCache } from "../../services/cache.ts";
import { redisCache } from "../../services/cache_redis.ts";
import { openRedis } from "../../services/redis.ts";
import { quiet } from "../support/database.ts";
import { until } from "../support/processes.ts";
import { type RunningRedis, startRedis } from "../support/redis.ts";
import { cacheContract } from "./cache_contract.ts";

let server: RunningRedis;
Deno.test.beforeAll(async () => void (server = await startRedis()));
Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

cacheContract("in memory", ({ keepMs }) => {
  // one node is alone with it
  const cache = memoryCache<{ title: string; count: number } | null>({ keepMs, most: 100 });
  return Promise.resolve({ near: cache, far: cache, async [Symbol.asyncDispose]() {} });
});

const connected = async (url = server.url) => {
  const redis = openRedis({ url, log: quiet });
  await until("Redis", () => redis.ping().then(() => true, () => false));
  return redis;
};

cacheContract("in Redis", async ({ keepMs }) => {
  const [one, two] = [await connected(), await connected()];
  return {
    near: redisCache({ redis: one, name: "thing", keepMs }),
    far: redisCache({ redis: two, name: "thing", keepMs }),
    [Symbol.asyncDispose]() {
      one[Symbol.dispose]();
      two[Symbol.dispose]();
      return Promise.resolve();
    },
  };
});

Deno.test("[O7] Redis away: looks go on without it, and nothing from before a change comes back", async () => {
  await using server = await startRedis();
  for (const fault of ["kill9", "freeze"] as const) {
    using redis = await connected(server.url);
    const cache = redisCache<string>({ redis, name: "away", keepMs: 60_000 });
    let truth = "old";
    const look = () => cache.get("a", () => Promise.resolve(truth));
    await look();
    await look();
    await server[fault]();
    const began = performance.now();
    equal(await look(), "old");
    await cache.changing("a", () => Promise.resolve(truth = "new"));
    equal(await look(), "new");
    ok(performance.now() - began < 1_500, "callers waited for Redis");
    if (fault === "freeze") server.thaw(); // with all that it had
    else await server.restart();
    await until(
      "Redis",
      async () => await redis.run((client) => client.send("PING")) !== undefined,
    );
    equal(await look(), "new");
    truth = "behind its back";
    await look();
    equal(await look(), await look(), "it keeps again");
    await cache.forget("a");
  }
});

Deno.test("[O7] a node that dies in the middle of a change leaves nothing old behind", async () => {
  using redis = await connected();
  const [one, two] = [1, 2].map(() => redisCache<string>({ redis, name: "dies", keepMs: 60_000 }));
  let truth = "old";
  const look = () => two!.get("a", () => Promise.resolve(truth));
  await look();
  await look();
  const died = Promise.withResolvers<void>();
  const change = one!.changing("a", () => died.promise); // it never gets to tell
  await until(
    "the change",
    async () => await redis.run((client) => client.send("EXISTS", "veza:dies:value:a")) === 0,
  );
  equal(await look(), "old");
  truth = "new"; // committed
  equal(await look(), "new");
  died.resolve();
  await change;
});
