/** The runner of a node: claims jobs, works on several at once, and keeps them while it does (A16). */
import { isRejection, Rejection } from "../domain/errors.ts";
import { HEARTBEAT_MS } from "../domain/jobs.ts";
import { turns } from "./turns.ts";

/** A claimed job, as far as the runner looks at it. */
interface Claimed {
  readonly id: string;
  readonly subject: string;
  /** The fence of this attempt. */
  readonly attempt: number;
}

/** The rows of jobs, as a runner needs them; `db/jobs.ts` has them. */
export interface JobRows<Job extends Claimed> {
  /** Takes a job that is free, and is none of `except`; null when there is none. */
  claim(worker: string, except: readonly string[]): Promise<Job | null>;
  /** Says that these attempts go on; answers with the ids of the jobs that are still theirs. */
  beat(held: readonly Job[]): Promise<readonly string[]>;
  /** Gives back what it cannot go on with. */
  release(job: Job): Promise<void>;
}

/** What an attempt is given beside its job. */
export interface RunContext {
  /** Aborts with `shutting_down`, or with `fenced` when the job is not this attempt's any more. */
  readonly signal: AbortSignal;
  /** Says that only long work is left: the next job may begin. So does asking for a turn. */
  readonly prepared: () => void;
  /** A place among the long ladders, as `transcode` takes it; short work does not wait for it. */
  readonly turn: (signal: AbortSignal) => Promise<Disposable>;
}

export interface RunnerOptions<Job extends Claimed> {
  readonly rows: JobRows<Job>;
  /**
   * Works on one attempt and tells its outcome to who decides on it; answers with the ms after which
   * the job is to be taken again, null for never. What it throws could not be told to anyone: the
   * job is free again when its heartbeat has been silent long enough.
   */
  readonly work: (job: Job, context: RunContext) => Promise<number | null>;
  /** Who we are, for people to read. */
  readonly worker: string;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  /** Jobs that are on the way to their ladder at once; those who wait for its turn do not count. */
  readonly concurrency?: number;
  /** Jobs that are held at once, most of them waiting for a ladder's turn. */
  readonly most?: number;
  /** Ladders that encode at once; one alone keeps several cores busy. */
  readonly ladders?: number;
  /** How often to look for what nobody told of, in ms: the waking is quick, this is the safety net. */
  readonly lookMs?: number;
  readonly heartbeatMs?: number;
}

export interface Runner extends AsyncDisposable {
  /** Whether it works on anything. */
  readonly isBusy: boolean;
  /** There may be something to do: looks at once. */
  wake(): void;
  /** Ends what runs here for this subject, and waits until it has ended. */
  cancel(subject: string): Promise<void>;
}

/**
 * Starts to look for jobs. A new upload is measured, and has its first segment, while the ladders of
 * earlier ones are still made: only those are limited to `ladders`. Disposing ends all that runs
 * with `shutting_down`, gives it back, and waits for it.
 */
export function jobRunner<Job extends Claimed>(
  {
    rows,
    work,
    worker,
    warn,
    concurrency = 4,
    most = 32,
    ladders = 1,
    lookMs = HEARTBEAT_MS,
    heartbeatMs = HEARTBEAT_MS,
  }: RunnerOptions<Job>,
): Runner {
  const turn = turns(ladders);
  const running = new Map<string, { job: Job; end: AbortController; ended: Promise<void> }>();
  const alarms = new Set<ReturnType<typeof setTimeout>>();
  let closing = false;
  let looking: Promise<void> | null = null;
  let again = false;

  let preparing = 0;
  /** Called when a job waits for its ladder, or ends before that: the next may begin. */
  const prepared = () => {
    let told = false;
    preparing++;
    return () => {
      if (told) return;
      told = true;
      preparing--;
      wake();
    };
  };

  const attempt = async (job: Job, signal: AbortSignal, ready: () => void): Promise<void> => {
    try {
      const afterMs = await work(job, {
        signal,
        prepared: ready,
        turn: (until) => {
          ready();
          return turn(until);
        },
      });
      if (afterMs !== null) wakeIn(afterMs);
    } catch (error) {
      if (isRejection(signal.reason, "shutting_down")) return await rows.release(job);
      warn("an attempt could not tell its outcome; the job is taken again", { job: job.id, error });
    }
  };

  const begin = (job: Job) => {
    const end = new AbortController();
    const ready = prepared();
    const ended = attempt(job, end.signal, ready)
      // the database is away: silence frees the job
      .catch((error) => warn("a job was not given back", { job: job.id, error }))
      .finally(() => {
        running.delete(job.id);
        ready();
        wake();
      });
    running.set(job.id, { job, end, ended });
  };

  const look = async (): Promise<void> => {
    try {
      do {
        again = false;
        while (!closing && preparing < concurrency && running.size < most) {
          const job = await rows.claim(worker, [...running.keys()]);
          if (!job) break;
          begin(job);
        }
      } while (again && !closing);
    } catch (error) {
      warn("no look at the jobs; the next comes soon", { error });
    }
  };

  const wake = () => {
    again = true;
    if (closing) return;
    looking ??= look().finally(() => {
      looking = null;
    });
  };

  const wakeIn = (ms: number) => {
    if (closing) return;
    const alarm = setTimeout(() => {
      alarms.delete(alarm);
      wake();
    }, ms);
    alarms.add(alarm);
  };

  const beat = async () => {
    const held = [...running.values()];
    if (held.length === 0) return;
    try {
      const ours = new Set(await rows.beat(held.map(({ job }) => job)));
      for (const { job, end } of held) {
        if (!ours.has(job.id)) end.abort(new Rejection("fenced", "The job is another's now"));
      }
    } catch (error) {
      warn("no heartbeat", { error }); // who takes the job meanwhile fences what runs here
    }
  };

  const timers = [setInterval(wake, lookMs), setInterval(() => void beat(), heartbeatMs)];
  return {
    get isBusy() {
      return running.size > 0;
    },
    wake,
    async cancel(subject) {
      const found = [...running.values()].filter(({ job }) => job.subject === subject);
      for (const { end } of found) end.abort(new Rejection("fenced", "It is not wanted any more"));
      await Promise.all(found.map(({ ended }) => ended));
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      timers.forEach(clearInterval);
      alarms.forEach(clearTimeout);
      await looking;
      const left = [...running.values()];
      for (const { end } of left) end.abort(new Rejection("shutting_down"));
      await Promise.all(left.map(({ ended }) => ended));
    },
  };
}
