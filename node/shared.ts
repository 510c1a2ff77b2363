/** What nodes share beside the database: how often one may ask, and what was looked up (S5, O7). */
import type { Config } from "../config.ts";
import { limitRules } from "../domain/limits.ts";
import { type Cache, type CacheOptions, memoryCache } from "../services/cache.ts";
import { redisCache } from "../services/cache_redis.ts";
import { memoryLimiter } from "../services/limits.ts";
import { redisLimiter } from "../services/limits_redis.ts";
import type { Log } from "../services/log.ts";
import { openRedis } from "../services/redis.ts";

/**
 * In Redis where REDIS_URL is set, else in memory. Disposing ends the connection.
 *
 * @param alone nobody else changes what is cached. Else, without Redis, nothing is kept: what another
 * node has changed has to hold here at once
 */
export function sharedOf({ config, alone, log }: { config: Config; alone: boolean; log: Log }) {
  const redis = config.redisUrl ? openRedis({ url: config.redisUrl, log }) : undefined;
  const rules = limitRules(config.rateLimits);
  return {
    limiter: redis ? redisLimiter(redis, rules) : memoryLimiter(rules),
    /** A cache of rows, which survive JSON, under a name that no other cache has. */
    cacheOf<T>(name: string, options: Omit<CacheOptions<T>, "now">): Cache<T> {
      if (redis) return redisCache<T>({ redis, name, keepMs: options.keepMs });
      return memoryCache<T>({ ...options, keepMs: alone ? options.keepMs : 0 });
    },
    /** Answers when Redis does; undefined where there is none. */
    ping: redis?.ping,
    [Symbol.dispose]: () => redis?.[Symbol.dispose](),
  };
}

export type Shared = ReturnType<typeof sharedOf>;
