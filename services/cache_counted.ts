/** A cache whose looks are counted: what it had, and what it had to look for elsewhere (O10). */
import type { Cache } from "./cache.ts";

/** @param count is told of each `get` that was answered; a look that others share is theirs */
export function counted<T>(cache: Cache<T>, count: (result: "hit" | "miss") => void): Cache<T> {
  return {
    ...cache,
    async get(key, load) {
      let result: "hit" | "miss" = "hit";
      const value = await cache.get(key, () => {
        result = "miss";
        return load();
      });
      count(result);
      return value;
    },
  };
}
