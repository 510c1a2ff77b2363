/** How much processor time processes have taken, read from /proc. */
import { childrenOf } from "../tests/support/processes.ts";

/** Of a second, as all Linux on x86 and ARM count what they tell in /proc (`getconf CLK_TCK`). */
const TICKS = 100;

/** Seconds that a process took by itself, in the program and in the kernel; 0 when it has ended. */
async function ownSeconds(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch((error) => {
    if (error instanceof Deno.errors.NotFound || String(error).includes("os error 3")) return "";
    throw error;
  });
  // after the name, which may have any characters: utime and stime are the 14th and 15th of all
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return stat === "" ? 0 : (Number(fields[11]) + Number(fields[12])) / TICKS;
}

/** Seconds that `pid` and the processes below it have taken until now. */
export async function processorSeconds(pid: number): Promise<number> {
  const pids = [pid, ...(await childrenOf(pid)).map((child) => child.pid)];
  const each = await Promise.all(pids.map(ownSeconds));
  return each.reduce((sum, one) => sum + one, 0);
}

/** What each group of processes takes while something happens, and while nothing does. */
export interface Meter<G extends string> {
  /**
   * Does `work`, and answers with the processor seconds that each group took for it: what it takes
   * when nothing happens, as {@linkcode rest} saw it, is taken off.
   */
  during<T>(work: () => Promise<T>): Promise<{ result: T; seconds: Record<G, number> }>;
  /** Looks for `seconds` at what they take when nothing happens. */
  rest(seconds: number): Promise<void>;
}

/** @param groups processes, each counted with those below it */
export function meterOf<G extends string>(
  groups: Readonly<Record<G, readonly number[]>>,
): Meter<G> {
  const names = Object.keys(groups) as G[];
  const table = (of: (name: G) => number) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<G, number>;
  let idle = table(() => 0);

  const look = async () => {
    const each = await Promise.all(names.map(async (name) => {
      const all = await Promise.all(groups[name].map(processorSeconds));
      return [name, all.reduce((sum, one) => sum + one, 0)] as const;
    }));
    return { at: performance.now(), taken: new Map(each) };
  };
  const between = async <T>(work: () => Promise<T>) => {
    const before = await look();
    const result = await work();
    const after = await look();
    const took = (after.at - before.at) / 1_000;
    return {
      result,
      took,
      taken: table((name) => after.taken.get(name)! - before.taken.get(name)!),
    };
  };
  return {
    async rest(seconds) {
      const { took, taken } = await between(() =>
        new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
      );
      idle = table((name) => taken[name] / took);
    },
    async during(work) {
      const { result, took, taken } = await between(work);
      // less than a tick is not told in /proc
      const least = 1 / TICKS;
      return {
        result,
        seconds: table((name) => Math.max(least, taken[name] - idle[name] * took)),
      };
    },
  };
}
