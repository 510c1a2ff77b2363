/** How soon somebody may do again what they have just done, by however many lines they are here. */
export interface Pace {
  /** Ms until `key` may; 0: now, which is noted. */
  take(key: string): number;
}

/** @param everyMs between two of one key */
export function pace(everyMs: number, now: () => number = Date.now): Pace {
  /** When each did last, in ms; who did so lately is last. */
  const doneAt = new Map<string, number>();
  return {
    take(key) {
      const at = now();
      for (const [one, last] of doneAt) {
        if (at - last < everyMs) break;
        doneAt.delete(one);
      }
      const last = doneAt.get(key);
      if (last !== undefined) return last + everyMs - at;
      doneAt.set(key, at);
      return 0;
    },
  };
}
