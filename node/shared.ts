/** What nodes share beside the database: how often one may ask, and what was looked up (S5, O7). */
import type { Config } from "../config.ts";
import { limitRules } from "../domain/limits.ts";
import { type Cache, type CacheOptions, memoryCache } from "../services/cache.ts";
import { counted } from "../services/cache_counted.ts";
import { redisCache } from "../services/cache_redis.ts";
import { memoryLimiter } from "../services/limits.ts";
import { redisLimiter } from "../services/limits_redis.ts";
import type { Log } from "../services/log.ts";
import type { Meters } from "./meters.ts";

/**
 * In Redis where REDIS_URL is set, else in memory. Disposing ends the connection.
 *
 * @param alone nobody else changes what is cached. Else, without Redis, nothing is kept: what another
 * node has changed has to hold here at once
 */
export async function sharedOf(
  { config, alone, meters, log }: {
    config: Config;
    alone: boolean;
    meters: Pick<Meters, "cache">;
    log: Log;
  },
) {
  const redis = config.redisUrl
    // loaded where it is used: a node without Redis need not hold a client of it (P10)
    ? (await import("../services/redis.ts")).openRedis({ url: config.redisUrl, log })
    : undefined;
  const rules = limitRules(config.rateLimits);
  return {
    limiter: redis ? redisLimiter(redis, rules) : memoryLimiter(rules),
    /** A cache of rows, which survive JSON, under a name that no other cache has. */
    cacheOf<T>(name: string, options: Omit<CacheOptions<T>, "now">): Cache<T> {
      const cache = redis
        ? redisCache<T>({ redis, name, keepMs: options.keepMs })
        : memoryCache<T>({ ...options, keepMs: alone ? options.keepMs : 0 });
      return counted(cache, (result) => meters.cache(name, result));
    },
    /** Answers when Redis does; undefined where there is none. */
    ping: redis?.ping,
    [Symbol.dispose]: () => redis?.[Symbol.dispose](),
  };
}

export type Shared = Awaited<ReturnType<typeof sharedOf>>;
