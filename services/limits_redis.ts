/** Counts requests in Redis, for all nodes together; while it is away each counts for itself (S5). */
import type { LimitName, LimitRule } from "../domain/limits.ts";
import { type Limiter, memoryLimiter, SLICES } from "./limits.ts";
import type { Redis } from "./redis.ts";

/**
 * A limiter that all nodes on `redis` share. A node also counts what it lets through itself: so it
 * never lets more than `limit + burst` through in any window, whatever becomes of Redis, and a
 * flood that it refuses already is nothing to Redis.
 *
 * @param now for tests, in ms; else the time of the Redis server counts
 */
export function redisLimiter(
  redis: Pick<Redis, "run">,
  rules: Readonly<Record<LimitName, LimitRule>> | null,
  now?: () => number,
): Limiter {
  if (!rules) return { take: () => null };
  const own = memoryLimiter(rules, now);
  return {
    async take(name, key) {
      const here = own.take(name, key);
      if (!here?.allowed) return here;
      const { rule } = here;
      const counted = await redis.run((client) =>
        client.count(
          `veza:limit:${name}:${key}`,
          rule.windowMs / SLICES,
          SLICES,
          rule.limit + rule.burst,
          now ? now() : "",
        )
      );
      if (!counted) return here;
      if (!counted.allowed) own.giveBack(name, key); // it was not let through
      return { rule, ...counted };
    },
  };
}
