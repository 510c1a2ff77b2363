/** Gives up what takes too long, with one timer for all that is under way: requests are many. */

/** The longest that a look may come late, in ms. */
const LATE_MS = 1_000;

/**
 * Makes a function that hands on what `work` comes to, or rejects with `late()` after `ms`
 * milliseconds and at most a tenth more. What `work` comes to after that is nobody's any more.
 *
 * Most requests end before the next begins, so that a timer set and cleared for each costs as much
 * as the rest of this. One that looks now and then, and ends when it finds nobody, costs nothing.
 */
export function deadlines(
  { ms, late, now = () => performance.now() }: {
    readonly ms: number;
    readonly late: () => Error;
    readonly now?: () => number;
  },
): <T>(work: Promise<T>) => Promise<T> {
  /** In order of their ends, for all have the same time. */
  const waiting = new Set<{ readonly until: number; readonly give: (error: Error) => void }>();
  const everyMs = Math.min(LATE_MS, ms / 10);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    for (const one of waiting) {
      if (one.until > now()) break;
      waiting.delete(one);
      one.give(late());
    }
    timer = waiting.size > 0 ? setTimeout(look, everyMs) : undefined;
  };

  return (work) =>
    new Promise((resolve, reject) => {
      const one = { until: now() + ms, give: reject };
      waiting.add(one);
      timer ??= setTimeout(look, everyMs);
      work.then((value) => {
        waiting.delete(one);
        resolve(value);
      }, (error) => {
        waiting.delete(one);
        reject(error);
      });
    });
}
