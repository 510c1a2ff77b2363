/** A cache that all nodes share, in Redis: a change on any of them is seen by all (O7). */
import { type Cache, memoryCache } from "./cache.ts";
import type { Redis } from "./redis.ts";

/** A look that took longer is not kept: the marker it compares may have come and gone. In ms. */
const LONGEST_LOOK_MS = 60_000;
const MARKER_MS = 2 * LONGEST_LOOK_MS;
/** While a change is under way nothing is kept; if who makes it dies, for so long. In ms. */
const CHANGE_MS = 30_000;

/**
 * Keeps a value unless something was changed since it was looked up. `KEYS`: the value, its marker,
 * the marker of all. `ARGV`: the value, how long it is kept in ms, both markers as they were.
 */
const KEEP = `
if (redis.call('GET', KEYS[2]) or '') == ARGV[3] and redis.call('GET', KEYS[3]) == ARGV[4] then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 1
end
return 0
`;

/**
 * Takes out what is kept, and replaces the marker. `KEYS`: the value, its marker. `ARGV`: the new
 * marker, and how long it stays in ms.
 */
const MARK = `
redis.call('SET', KEYS[2], ARGV[1], 'PX', ARGV[2])
redis.call('DEL', KEYS[1])
return 1
`;

/**
 * Values are kept as JSON under `veza:<name>:`. Each key has a marker, which every change replaces: a
 * value is kept only where the marker is still the one from before the look, so an older look never
 * outlives a change. There is a marker of all too: a node that could not tell Redis of a change
 * replaces it when Redis is back, and all that was kept counts for nothing. Until then this node
 * passes the cache by; one that still reaches Redis may show what was, for `keepMs` at most.
 *
 * While Redis is away, each look goes to where the truth is.
 */
export function redisCache<T>(
  { redis, name, keepMs }: {
    redis: Pick<Redis, "run">;
    /** A word that no other cache has. */
    name: string;
    /** How long a value counts, in ms. */
    keepMs: number;
  },
): Cache<T> {
  const keysOf = (key: string): [value: string, marker: string, all: string] => [
    `veza:${name}:value:${key}`,
    `veza:${name}:marker:${key}`,
    `veza:${name}:all`,
  ];
  /** Lets those that ask together share one look. */
  const sharing = memoryCache<T>({ keepMs: 0, most: 0 });
  /** A change that Redis does not know of yet. */
  let owing = false;

  const settled = async (): Promise<boolean> => {
    if (!owing) return true;
    const [, , all] = keysOf("");
    const done = await redis.run((client) => client.send("SET", all, crypto.randomUUID()));
    if (done !== undefined) owing = false;
    return !owing;
  };

  const look = async (key: string, load: () => Promise<T>): Promise<T> => {
    const keys = keysOf(key);
    const began = performance.now();
    const found = await settled()
      ? await redis.run((client) => client.send<(string | null)[]>("MGET", ...keys))
      : undefined;
    const [kept, marker, all] = found ?? [];
    if (typeof kept === "string") {
      const { value, of }: { value: T; of: string } = JSON.parse(kept);
      if (of === all) return value;
    }
    // the marker of all tells a Redis that came back empty from the one that was asked before
    if (found && !all) {
      await redis.run((client) => client.send("SET", keys[2], crypto.randomUUID(), "NX"));
    }
    const value = await load();
    const took = performance.now() - began;
    const isWorth = value !== null && value !== undefined && took < LONGEST_LOOK_MS;
    if (all && isWorth && !marker?.startsWith("changing")) {
      const json = JSON.stringify({ value, of: all });
      await redis.run((client) => client.evaluate(KEEP, keys, json, keepMs, marker ?? "", all));
    }
    return value;
  };

  const mark = async (key: string, marker: string, ms: number): Promise<void> => {
    const [value, markerKey] = keysOf(key);
    const done = await redis.run((client) => client.evaluate(MARK, [value, markerKey], marker, ms));
    if (done === undefined) owing = true;
  };

  const forget = async (key: string) => {
    await sharing.forget(key);
    await mark(key, crypto.randomUUID(), MARKER_MS);
  };

  return {
    get: (key, load) => sharing.get(key, () => look(key, load)),
    forget,
    async changing(key, work) {
      // a node that dies between its change and the telling of it leaves nothing old behind
      await mark(key, `changing ${crypto.randomUUID()}`, CHANGE_MS);
      try {
        return await work();
      } finally {
        await forget(key);
      }
    },
  };
}
