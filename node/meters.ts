/** What the parts of a node and of a worker count up, for Prometheus; the names are a contract (O10). */
import type { Config } from "../config.ts";
import type { Log } from "../services/log.ts";
import { type Metrics, metrics } from "../services/metrics.ts";

/** What of it is counted up by parts that know no metrics. */
export interface Meters extends Metrics {
  /** An actor started, crashed, moved and so on. */
  readonly lifecycle: (kind: string, event: string) => void;
  /** An attempt at a job came to its end. */
  readonly attempt: (outcome: string) => void;
  /** A rendition of another worker's ladder came to its end here. */
  readonly part: (outcome: string) => void;
  /** A program of ffmpeg begins; what it answers is to be told how that ended. */
  readonly ffmpeg: (program: string) => (outcome: string) => void;
}

export function metersOf({ config, log }: { config: Config; log: Log }): Meters {
  const all = metrics((name, error) => log.debug("a figure could not be told", { name, error }));
  const programs = new Map([["ffmpeg", 0], ["ffprobe", 0]]);
  const add = (program: string, more: number) =>
    programs.set(program, (programs.get(program) ?? 0) + more);
  all.figure({
    name: "ffmpeg_processes",
    help: "Programs of ffmpeg that run.",
    labels: ["program"],
    read: () => Array.from(programs, ([program, count]) => [[program], count] as const),
  });
  all.figure({
    name: "db_pool_size",
    help: "Connections to the database that this process holds at most.",
    read: () => config.dbPool,
  });
  const ran = all.counter(
    "ffmpeg_runs_total",
    "Programs of ffmpeg that ended: done, failed, or ended by us.",
    ["program", "outcome"],
  );
  return {
    ...all,
    lifecycle: all.counter("actor_lifecycle_total", "What happened to actors.", ["kind", "event"]),
    attempt: all.counter("job_attempts_total", "Attempts at jobs, by what they came to.", [
      "outcome",
    ]),
    part: all.counter("job_parts_total", "Renditions for other workers, by what became of them.", [
      "outcome",
    ]),
    ffmpeg(program) {
      add(program, 1);
      return (outcome) => {
        add(program, -1);
        ran(program, outcome);
      };
    },
  };
}
