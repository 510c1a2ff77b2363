/** A list of jobs: how far each is, why it was given up, and to try it again. */
import type { Job } from "../../domain/jobs.ts";
import { STAGE_ORDER } from "../shared/stages.ts";
import { t } from "../shared/words.ts";
import { toast } from "../shared/toasts.tsx";
import { Problem, sayProblem } from "../shared/api.ts";
import { actOnJob } from "./client.ts";
import { figure, span } from "./shown.ts";

interface Props {
  readonly jobs: readonly Job[];
  /** ms since 1970 */
  readonly now: number;
  /** Where forms lead back to, without script. */
  readonly back: string;
  /** Something has been done: the list is not as it was. */
  readonly changed: () => void;
}

const nameOf = (job: Job) => job.title ?? t().admin.jobs.untitled;
const isOpen = ({ status }: Job) => status === "running" || status === "waiting";

function Act({ job, act, back, changed }: {
  job: Job;
  act: "retry" | "cancel";
  back: string;
  changed: () => void;
}) {
  const words = t().admin.jobs;
  const label = act === "cancel" ? words.stop : job.status === "waiting" ? words.now : words.retry;
  const title = (act === "cancel" ? words.stopOf : words.retryOf)(nameOf(job));
  const send = async () => {
    try {
      await actOnJob(job.id, act);
      toast(act === "cancel" ? words.stopped : words.retried);
    } catch (error) {
      toast(error instanceof Problem ? error.message : sayProblem("internal"));
    }
    changed();
  };
  return (
    <form
      method="post"
      action={`/admin/jobs/${job.id}/${act}`}
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <input type="hidden" name="next" value={back} />
      <button type="submit" class="button button-small" aria-label={title}>{label}</button>
    </form>
  );
}

/** How it is in a line: attempt, stage, where, since when. */
function facts(job: Job, now: number): string {
  const words = t().admin.jobs;
  const stage = STAGE_ORDER.find((one) => one === job.stage);
  const waits = job.status === "waiting" && Date.parse(job.runAfter) > now;
  return [
    job.attempt > 0 && words.attempt(figure(job.attempt)),
    isOpen(job) && stage && t().stages[stage],
    job.status === "running" && job.worker && words.on(job.worker),
    job.lost > 0 && words.lost(job.lost),
    waits
      ? words.from(span(new Date(now).toISOString(), Date.parse(job.runAfter)))
      : t().admin.runtime.ago(span(job.updatedAt, now)),
  ].filter(Boolean).join(" · ");
}

export function JobList({ jobs, now, back, changed }: Props) {
  const words = t().admin.jobs;
  return (
    <ol class="jobs">
      {jobs.map((job) => (
        <li key={job.id} class="job" data-status={job.status} data-job={job.id}>
          <div class="job-head">
            <p class="job-name">
              {job.trackId
                ? <a href={`/tracks/${job.trackId}`}>{nameOf(job)}</a>
                : <span>{nameOf(job)}</span>}
            </p>
            <span class={job.status === "dead" ? "tag tag-trouble" : "tag"}>
              {words.status[job.status]}
            </span>
          </div>
          <p class="quiet">{facts(job, now)}</p>
          {job.status === "running" && (
            <progress
              max="100"
              value={job.percent ?? 0}
              aria-label={words.percentOf(nameOf(job))}
            />
          )}
          {job.reason && !["running", "done"].includes(job.status) && (
            <p class="trouble job-reason">{job.reason}</p>
          )}
          {job.stderr && !["running", "done"].includes(job.status) && (
            <details class="cell-error">
              <summary>{words.said}</summary>
              <pre tabindex={0}>{job.stderr}</pre>
            </details>
          )}
          {job.status !== "done" && (
            <div class="cell-acts">
              {job.status !== "running" && (
                <Act job={job} act="retry" back={back} changed={changed} />
              )}
              {isOpen(job) && <Act job={job} act="cancel" back={back} changed={changed} />}
            </div>
          )}
        </li>
      ))}
    </ol>
  );
}
