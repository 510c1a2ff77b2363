/** Turns at something scarce: so many at once, the others wait in order (U10). */

/** Waits for a turn; disposing of it lets the next one in. Rejects with the reason of `signal`. */
export type Turns = (signal: AbortSignal) => Promise<Disposable>;

/** A counting semaphore, fair: `count` at once, first come, first served. */
export function turns(count: number): Turns {
  let free = count;
  const waiting = new Set<() => void>();
  const release = () => {
    const next = waiting.values().next().value;
    if (next) next();
    else free++;
  };
  const place = (): Disposable => {
    let held = true;
    return {
      [Symbol.dispose]() {
        if (held) release();
        held = false;
      },
    };
  };
  return (signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (free > 0) {
        free--;
        return resolve(place());
      }
      const leave = () => {
        waiting.delete(enter);
        reject(signal.reason);
      };
      const enter = () => {
        waiting.delete(enter);
        signal.removeEventListener("abort", leave);
        resolve(place());
      };
      waiting.add(enter);
      signal.addEventListener("abort", leave, { once: true });
    });
}
