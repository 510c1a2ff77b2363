/** How late this process was, as a measure of how late a busy machine makes all others. */

/** How often it looks, in ms. */
const LOOK_MS = 20;

/** Watches until it is disposed of. `longest` is in ms, since it was last taken. */
export function lateness() {
  let longest = 0;
  let due = performance.now() + LOOK_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - due);
    due = now + LOOK_MS;
  }, LOOK_MS);
  return {
    /** The longest since this was last asked, in ms. */
    take(): number {
      const taken = longest;
      longest = 0;
      return taken;
    },
    [Symbol.dispose]: () => clearInterval(timer),
  };
}
