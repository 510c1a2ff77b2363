/** Runs now and then what tidies up: one that fails stops neither the others nor the node. */
import { overWithin } from "../media/over_within.ts";
import type { Log } from "../services/log.ts";

/**
 * Whoever stops waits so long for what is under way, in ms: it would find the database closed. Longer
 * takes only what waits for a store that is away, and the next round, on any node, takes that up.
 */
const PATIENCE_MS = 2_000;

export interface Sweep {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Sweeping extends AsyncDisposable {
  /** Runs all of them side by side, but for those still under way; never rejects. */
  now(): Promise<void>;
}

/**
 * Begins a round every `everyMs` milliseconds; disposing ends that, and waits for what is under way,
 * for at most `patienceMs`.
 */
export function sweeping(
  { sweeps, everyMs, log, patienceMs = PATIENCE_MS }: {
    sweeps: readonly Sweep[];
    everyMs: number;
    log: Pick<Log, "error" | "warn">;
    patienceMs?: number;
  },
): Sweeping {
  const busy = new Map<Sweep, Promise<void>>();
  const work = async (sweep: Sweep) => {
    try {
      await sweep.run();
    } catch (error) {
      log.error("a sweep failed, the next goes on", { sweep: sweep.name, error });
    }
  };
  const run = (sweep: Sweep): Promise<void> | undefined => {
    if (busy.has(sweep)) return;
    const under = work(sweep).finally(() => busy.delete(sweep));
    busy.set(sweep, under);
    return under;
  };
  const now = async () => void await Promise.all(sweeps.map(run));
  const timer = setInterval(() => void now(), everyMs);
  return {
    now,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      if (await overWithin(Promise.all(busy.values()), patienceMs)) return;
      const left = [...busy.keys()].map(({ name }) => name);
      log.warn("what tidies up is left in the middle: another round goes on with it", { left });
    },
  };
}
