/**
 * Gives out what came in bursts at the pace it is to be heard: encoders send a second at a time, and
 * some much faster than they should.
 */

export interface Pacer {
  /** Takes what lasts `samples` at 48 kHz; `give` is called when it is due. */
  put(samples: number, give: () => void): void;
  /** Resolves when no more than {@linkcode FULL_MS} wait: the sender is left to wait meanwhile. */
  room(): Promise<void>;
  /** Resolves when all is given out. */
  drained(): Promise<void>;
  /** Gives out at once what waits, and what comes later. */
  hurry(): void;
  /** Drops what waits, and what comes later: who waits for room, or for the end, waits no more. */
  [Symbol.dispose](): void;
}

/** What is held back at first, in ms: less would be late at the first hiccup of the network. */
const CUSHION_MS = 100;
/** With so much waiting, nothing more is read from the sender, in ms. */
export const FULL_MS = 4_000;
/** With so much waiting it is given out faster, so that a fast clock never fills it, in ms. */
const LONG_MS = 2_500;
/** How much faster. */
const HASTE = 0.99;
const SAMPLES_A_MS = 48;

/** `now` in ms, of a clock that never steps. */
export function pacer(now: () => number = () => performance.now()): Pacer {
  let queue: { readonly ms: number; readonly give: () => void }[] = [];
  let waiting = 0;
  let due: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let hurried = false;
  let over = false;
  let rooms: (() => void)[] = [];
  let drains: (() => void)[] = [];

  const answer = () => {
    if (waiting <= FULL_MS) {
      rooms.forEach((resolve) => resolve());
      rooms = [];
    }
    if (queue.length > 0) return;
    drains.forEach((resolve) => resolve());
    drains = [];
  };

  const run = () => {
    timer = undefined;
    let done = 0;
    for (const one of queue) {
      if (!hurried && due !== undefined && due > now()) break;
      done++;
      waiting -= one.ms;
      due = (due ?? now()) + one.ms * (waiting > LONG_MS ? HASTE : 1);
      one.give();
    }
    queue = queue.slice(done);
    if (queue.length > 0) timer = setTimeout(run, Math.max(1, (due ?? 0) - now()));
    answer();
  };

  return {
    put(samples, give) {
      if (over) return; // a decoder may still have been at it
      const at = now();
      // what comes late moves all that follows: it has found out how long the bursts are
      if (queue.length === 0) due = due === undefined ? at + CUSHION_MS : Math.max(due, at);
      const ms = samples / SAMPLES_A_MS;
      waiting += ms;
      queue.push({ ms, give });
      if (hurried) run();
      else timer ??= setTimeout(run, Math.max(0, (due ?? at) - at));
    },
    room: () =>
      waiting <= FULL_MS ? Promise.resolve() : new Promise((resolve) => void rooms.push(resolve)),
    drained: () =>
      queue.length === 0 ? Promise.resolve() : new Promise((resolve) => void drains.push(resolve)),
    hurry() {
      hurried = true;
      clearTimeout(timer);
      run();
    },
    [Symbol.dispose]() {
      over = true;
      clearTimeout(timer);
      queue = [];
      waiting = 0;
      answer();
    },
  };
}
