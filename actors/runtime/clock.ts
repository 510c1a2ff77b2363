/** Time, timers and chance, as one argument: whoever needs them takes a {@linkcode Clock}. */

/** What the runtime asks of its surroundings; `testing.ts` has one that is moved by hand. */
export interface Clock {
  /** Milliseconds since 1970 that never run backwards. */
  now(): number;
  /** At least 0 and below 1; spreads back-offs. */
  random(): number;
  /** Calls `fire` once, `ms` milliseconds from now; gives a function that cancels it. */
  timer(ms: number, fire: () => void): () => void;
}

/** What `setTimeout` can count to: it fires at once when it is told more. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. It is monotonic: a stepped wall clock must not expire every deadline. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  random: Math.random,
  timer(ms, fire) {
    let id: ReturnType<typeof setTimeout>;
    const arm = (left: number) => {
      id = left > LONGEST_MS
        ? setTimeout(arm, LONGEST_MS, left - LONGEST_MS)
        : setTimeout(fire, left);
    };
    arm(ms);
    return () => clearTimeout(id);
  },
};

/** Resolves after `ms` milliseconds, or as soon as `signal` aborts; it never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      cancel();
      signal.removeEventListener("abort", wake);
      resolve();
    };
    const cancel = clock.timer(ms, wake);
    signal.addEventListener("abort", wake, { once: true });
  });
}
