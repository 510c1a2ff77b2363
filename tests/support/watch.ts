/** A visitor who keeps using a site while something else goes wrong on it. */
import assert from "node:assert/strict";

export interface Visitor {
  /** Ends the visit; fails when any answer was wrong or late, or when there were too few. */
  leave(): Promise<void>;
}

/** How late an answer may be on a machine that is busy with tests, in ms. */
const LATE_MS = 5_000;

/** Does `visits` in turn, again and again; each throws when the site is not well. */
export function visit(visits: Readonly<Record<string, () => Promise<void>>>): Visitor {
  const wrong: string[] = [];
  let rounds = 0;
  let left = false;
  const going = (async () => {
    while (!left) {
      for (const [name, one] of Object.entries(visits)) {
        const began = performance.now();
        try {
          await one();
        } catch (error) {
          wrong.push(`${name}: ${error}`);
        }
        const ms = performance.now() - began;
        if (ms > LATE_MS) wrong.push(`${name} took ${Math.round(ms)} ms`);
      }
      rounds++;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  return {
    async leave() {
      left = true;
      await going;
      assert.deepEqual(wrong, []);
      assert.ok(rounds > 0, "nothing was visited");
    },
  };
}
