/** A work queue of one process: first come, first served, bounded, cancelled by signal. */
import { Rejection } from "../domain/errors.ts";
import { turns } from "./turns.ts";

/** Where jobs are handed in. */
export interface Jobs<Job, Result> extends AsyncDisposable {
  /**
   * Runs `job` when its turn comes. Rejects with what the run threw, the reason of `signal`, or
   * `busy` when too much is waiting already.
   */
  submit(job: Job, options?: SubmitOptions): Promise<Result>;
}

export interface SubmitOptions {
  /** Takes a waiting job out of the queue, or ends a running one. */
  readonly signal?: AbortSignal;
}

/** What a run is given beside its job. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** A place among the long ladders, as `transcode` takes it; short work does not wait for it. */
  readonly turn: (signal: AbortSignal) => Promise<Disposable>;
}

export interface JobsOptions<Job, Result> {
  readonly run: (job: Job, context: RunContext) => Promise<Result>;
  /** Jobs that run at once, most of them waiting for a ladder's place. */
  readonly concurrency?: number;
  /** Ladders that encode at once; one alone keeps several cores busy. */
  readonly ladders?: number;
  /** Jobs that may wait; the next is refused. */
  readonly capacity?: number;
}

/**
 * A queue in this process. A new upload is measured, and has its first segment, while the ladders
 * of earlier ones are still made: only those are limited to `ladders`. Disposing ends all jobs
 * with `shutting_down` and waits for them.
 */
export function inProcessJobs<Job, Result>(
  { run, concurrency = 4, ladders = 1, capacity = 1_000 }: JobsOptions<Job, Result>,
): Jobs<Job, Result> {
  const places = turns(concurrency, capacity);
  const ladder = turns(ladders, Infinity);
  const closing = new AbortController();
  const live = new Set<Promise<unknown>>();

  const work = async (job: Job, given?: AbortSignal): Promise<Result> => {
    const signal = given ? AbortSignal.any([given, closing.signal]) : closing.signal;
    using _place = await places(signal);
    return await run(job, { signal, turn: ladder });
  };
  return {
    submit(job, { signal } = {}) {
      const running = work(job, signal);
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
