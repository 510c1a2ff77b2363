import { equal, ok } from "node:assert/strict";
import { limitRules } from "../../domain/limits.ts";
import { memoryLimiter } from "../../services/limits.ts";
import { redisLimiter } from "../../services/limits_redis.ts";
import { openRedis } from "../../services/redis.ts";
import { quiet } from "../support/database.ts";
import { until } from "../support/processes.ts";
import { type RunningRedis, startRedis } from "../support/redis.ts";
import { limitsContract } from "./limits_contract.ts";

let server: RunningRedis;
Deno.test.beforeAll(async () => void (server = await startRedis()));
Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

limitsContract("in memory", (rules, now) => {
  const limiter = memoryLimiter(rules, now);
  return Promise.resolve({ near: limiter, far: limiter, async [Symbol.asyncDispose]() {} });
});

/** Two connections, as of two nodes, that are there. */
async function connected(url = server.url) {
  const open = async () => {
    const redis = openRedis({ url, log: quiet });
    await until("Redis", () => redis.ping().then(() => true, () => false));
    return redis;
  };
  const [near, far] = [await open(), await open()];
  return {
    near,
    far,
    [Symbol.dispose]() {
      near[Symbol.dispose]();
      far[Symbol.dispose]();
    },
  };
}

limitsContract("in Redis", async (rules, now) => {
  const redis = await connected();
  return {
    near: redisLimiter(redis.near, rules, now),
    far: redisLimiter(redis.far, rules, now),
    [Symbol.asyncDispose]: () => Promise.resolve(redis[Symbol.dispose]()),
  };
});

Deno.test("[S5] by the server's clock too: a window passes, and there is room", async () => {
  using redis = await connected();
  const rules = limitRules({ login: { limit: 2, windowMs: 1_000, burst: 0 } });
  const [near, far] = [redisLimiter(redis.near, rules), redisLimiter(redis.far, rules)];
  const key = crypto.randomUUID();
  equal((await near.take("login", key))?.allowed, true);
  equal((await far.take("login", key))?.allowed, true);
  const refused = await near.take("login", key);
  equal(refused?.allowed, false);
  ok(refused!.resetMs > 0 && refused!.resetMs <= 1_100, `${refused!.resetMs}`);
  await new Promise((resolve) => setTimeout(resolve, refused!.resetMs + 5));
  equal((await far.take("login", key))?.allowed, true);
});

Deno.test("[S5] Redis killed, frozen: each node counts for itself at once; back, they count together", async () => {
  await using server = await startRedis();
  using redis = await connected(server.url);
  const rules = limitRules({ api: { limit: 5, windowMs: 3_600_000, burst: 0 } });
  const [near, far] = [redisLimiter(redis.near, rules), redisLimiter(redis.far, rules)];
  const admitted = async (limiter: typeof near, key: string) => {
    let count = 0;
    for (let knock = 0; knock < 8; knock++) if ((await limiter.take("api", key))?.allowed) count++;
    return count;
  };
  for (const fault of ["kill9", "freeze"] as const) {
    const [before, during, after] = [1, 2, 3].map(() => crypto.randomUUID()) as [
      string,
      ...string[],
    ];
    equal(await admitted(near, before!), 5);
    await server[fault]();
    const began = performance.now();
    equal(await admitted(near, before!), 0, "what this node let through counts without Redis");
    equal(await admitted(near, during!), 5);
    equal(await admitted(far, during!), 5);
    ok(performance.now() - began < 1_500, "callers waited for Redis");
    if (fault === "freeze") server.thaw();
    else await server.restart();
    for (const one of [redis.near, redis.far]) {
      await until(
        "Redis",
        async () => await one.run((client) => client.send("PING")) !== undefined,
      );
    }
    equal(await admitted(near, after!) + await admitted(far, after!), 5);
  }
});
