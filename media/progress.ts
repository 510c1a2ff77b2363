/** Reports in order and not too many: stages all of them, percents a few times a second. */
import type { Report } from "./job.ts";

/** Least time between two reports of bare percents, in milliseconds. */
const EVERY_MS = 100;

export interface Progress {
  /** Told in order; never waited for, so that a slow listener does not hold up the work. */
  stage(report: Report): void;
  /** Dropped when it comes too soon, goes back, or the last report is still being taken. */
  percent(percent: number): void;
  /** Aborted with what `report` threw. */
  readonly failed: AbortSignal;
  /** Waits until all is told; throws what `report` threw. */
  close(): Promise<void>;
}

export function progressTo(
  report: (report: Report) => void | Promise<void>,
  now: () => number = () => performance.now(),
): Progress {
  const failed = new AbortController();
  let reached = 0;
  let last = -Infinity;
  let waiting = 0;
  let told: Promise<void> = Promise.resolve();
  const tell = (what: Report) => {
    waiting++;
    last = now();
    told = told.then(() => failed.signal.aborted ? undefined : report(what))
      .catch((error) => failed.abort(error))
      .finally(() => waiting--);
  };
  return {
    failed: failed.signal,
    stage(what) {
      reached = Math.max(reached, what.percent);
      tell({ ...what, percent: reached });
    },
    percent(percent) {
      const whole = Math.floor(percent * 10) / 10;
      if (whole <= reached || waiting > 0 || now() - last < EVERY_MS) return;
      reached = whole;
      tell({ stage: null, percent: whole });
    },
    async close() {
      await told;
      failed.signal.throwIfAborted();
    },
  };
}
