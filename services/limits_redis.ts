/** Counts requests in Redis, for all nodes together; while it is away each counts for itself (S5). */
import type { LimitName, LimitRule } from "../domain/limits.ts";
import { type Limiter, memoryLimiter, SLICES } from "./limits.ts";
import type { Redis } from "./redis.ts";

/**
 * Counts one request in a sliding window of slices. Time is the server's, so that nodes whose clocks
 * differ count alike. `KEYS[1]`: a hash of slice → count. `ARGV`: width of a slice in ms, how many
 * slices a window has, most requests in it, and the time in ms for tests (else empty). Returns
 * whether it is allowed, how many are left, and after how many ms there is room again.
 */
const COUNT = `
local now = tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local width, slices, most = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local slice = math.floor(now / width)
local used, oldest, counts = 0, slice, redis.call('HGETALL', KEYS[1])
for i = 1, #counts, 2 do
  local at = tonumber(counts[i])
  if at < slice - slices then
    redis.call('HDEL', KEYS[1], counts[i])
  else
    used = used + tonumber(counts[i + 1])
    oldest = math.min(oldest, at)
  end
end
local allowed = used < most and 1 or 0
if allowed == 1 then
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', slice), 1)
  redis.call('PEXPIRE', KEYS[1], math.ceil(width * (slices + 1)))
end
return { allowed, math.max(0, most - used - allowed), math.ceil((oldest + slices + 1) * width - now) }
`;

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
        client.evaluate<[allowed: number, remaining: number, resetMs: number]>(
          COUNT,
          [`veza:limit:${name}:${key}`],
          rule.windowMs / SLICES,
          SLICES,
          rule.limit + rule.burst,
          now ? now() : "",
        )
      );
      if (!counted) return here;
      const allowed = counted[0] === 1;
      if (!allowed) own.giveBack(name, key); // it was not let through
      return { rule, allowed, remaining: counted[1], resetMs: Math.max(0, counted[2]) };
    },
  };
}
