/** Short work on demand, in this process: so much at once, so much waiting, the rest `busy` (U10). */
import { Rejection } from "../domain/errors.ts";
import { turns } from "./turns.ts";

export interface WorkQueue extends AsyncDisposable {
  /**
   * Does `work` when its turn comes. Rejects with what it threw, the reason of `signal`, `busy` when
   * too much is waiting, or `shutting_down`.
   */
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Disposing ends all work with `shutting_down` and waits for it. */
export function workQueue(
  { concurrency, capacity }: { readonly concurrency: number; readonly capacity: number },
): WorkQueue {
  const turn = turns(concurrency);
  const closing = new AbortController();
  const live = new Set<Promise<unknown>>();

  const begin = async <T>(work: (signal: AbortSignal) => Promise<T>, given?: AbortSignal) => {
    if (live.size >= concurrency + capacity) {
      throw new Rejection("busy", `${capacity} wait already`);
    }
    const signal = given ? AbortSignal.any([given, closing.signal]) : closing.signal;
    using _turn = await turn(signal);
    return await work(signal);
  };
  return {
    run(work, signal) {
      const running = begin(work, signal);
      const settled = running.then(() => undefined, () => undefined);
      live.add(settled);
      settled.then(() => live.delete(settled));
      return running;
    },
    async [Symbol.asyncDispose]() {
      closing.abort(new Rejection("shutting_down"));
      await Promise.all(live);
    },
  };
}
