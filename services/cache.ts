/** Keeps what was looked up for a while, bounded in size; who changes it says so (O7). */

export interface Cache<T> {
  /**
   * What is kept under `key`; else what `load` gives, which callers that come meanwhile share. A
   * failure, null or undefined is handed on and not kept.
   */
  get(key: string, load: () => Promise<T>): Promise<T>;
  /**
   * To be called after a change: who asks from now on gets what is loaded from now on, also when an
   * older look is still under way.
   */
  forget(key: string): Promise<void>;
}

export interface CacheOptions<T> {
  /** How long a value counts, in ms; 0 keeps none, and only shares a look that is under way. */
  readonly keepMs: number;
  /** What all values may weigh together; past it, those that were asked for longest ago go. */
  readonly most: number;
  /** What one weighs, such as its bytes; default: 1 each. */
  readonly weigh?: (value: T) => number;
  readonly now?: () => number;
}

interface Kept<T> {
  readonly value: Promise<T>;
  /** Infinite while it is still being loaded. */
  until: number;
  weight: number;
}

/** A cache in the memory of this process. */
export function memoryCache<T>(
  { keepMs, most, weigh = () => 1, now = Date.now }: CacheOptions<T>,
): Cache<T> & { readonly weight: number } {
  const kept = new Map<string, Kept<T>>();
  let weight = 0;

  const drop = (key: string, entry: Kept<T>) => {
    if (kept.get(key) !== entry) return; // forgotten meanwhile, and perhaps loaded anew
    kept.delete(key);
    weight -= entry.weight;
  };

  const settle = (key: string, entry: Kept<T>, value: T) => {
    if (kept.get(key) !== entry) return;
    if (value === null || value === undefined || keepMs === 0) return drop(key, entry);
    entry.until = now() + keepMs;
    entry.weight = weigh(value);
    weight += entry.weight;
    for (const [oldest, one] of kept) { // a Map keeps the order of insertion
      if (weight <= most) return;
      if (one.until !== Infinity) drop(oldest, one);
    }
  };

  return {
    get weight() {
      return weight;
    },
    get(key, load) {
      const known = kept.get(key);
      if (known && known.until > now()) {
        kept.delete(key);
        kept.set(key, known);
        return known.value;
      }
      if (known) drop(key, known);
      const entry: Kept<T> = { value: load(), until: Infinity, weight: 0 };
      kept.set(key, entry);
      entry.value.then((value) => settle(key, entry, value), () => drop(key, entry));
      return entry.value;
    },
    forget(key) {
      const known = kept.get(key);
      if (known) drop(key, known);
      return Promise.resolve();
    },
  };
}
