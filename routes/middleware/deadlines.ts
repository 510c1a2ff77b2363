/** Gives up what takes too long, with one timer for all that is under way: requests are many. */

/**
 * Makes a function that hands on what `work` comes to, or rejects with `late()` after `ms`
 * milliseconds. What `work` comes to after that is nobody's any more.
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
  let timer: ReturnType<typeof setTimeout> | undefined;

  const look = () => {
    timer = undefined;
    for (const one of waiting) {
      const left = one.until - now();
      if (left > 0) {
        timer = setTimeout(look, left);
        return;
      }
      waiting.delete(one);
      one.give(late());
    }
  };

  return (work) =>
    new Promise((resolve, reject) => {
      const one = { until: now() + ms, give: reject };
      const done = () => {
        waiting.delete(one);
        if (waiting.size > 0) return;
        clearTimeout(timer);
        timer = undefined;
      };
      waiting.add(one);
      timer ??= setTimeout(look, ms);
      work.then((value) => {
        done();
        resolve(value);
      }, (error) => {
        done();
        reject(error);
      });
    });
}
