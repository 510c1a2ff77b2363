/** Runs now and then what tidies up: one that fails stops neither the others nor the node. */
import type { Log } from "../services/log.ts";

export interface Sweep {
  readonly name: string;
  readonly run: () => Promise<void>;
}

export interface Sweeping extends Disposable {
  /** Runs all of them side by side, but for those still under way; never rejects. */
  now(): Promise<void>;
}

/** Begins a round every `everyMs` milliseconds; disposing ends that, not what is under way. */
export function sweeping(
  { sweeps, everyMs, log }: {
    sweeps: readonly Sweep[];
    everyMs: number;
    log: Pick<Log, "error">;
  },
): Sweeping {
  const busy = new Set<Sweep>();
  const run = async (sweep: Sweep) => {
    if (busy.has(sweep)) return;
    busy.add(sweep);
    try {
      await sweep.run();
    } catch (error) {
      log.error("a sweep failed, the next goes on", { sweep: sweep.name, error });
    } finally {
      busy.delete(sweep);
    }
  };
  const now = async () => void await Promise.all(sweeps.map(run));
  const timer = setInterval(() => void now(), everyMs);
  return { now, [Symbol.dispose]: () => clearInterval(timer) };
}
