/** The page of jobs: by status, as they are now (A16). */
import { useState } from "preact/hooks";
import type { JobPage, JobStatus } from "../../domain/jobs.ts";
import { t } from "../shared/words.ts";
import { useAsking } from "./asking.ts";
import { fetchJobs } from "./client.ts";
import { JobList } from "./job_list.tsx";
import { clock, figure } from "./shown.ts";

interface Props {
  readonly page: JobPage;
  readonly status: JobStatus | null;
  readonly cursor: string | null;
  /** ISO 8601, when the page was asked for. */
  readonly at: string;
}

/** The page is asked for this often, in ms. */
const ASK_MS = 2_000;

export const jobSearch = (status: JobStatus | null, cursor: string | null): URLSearchParams =>
  new URLSearchParams({ ...(status && { status }), ...(cursor && { cursor }) });

/** In the order in which somebody should look. */
const ORDER: readonly JobStatus[] = ["running", "waiting", "dead", "cancelled", "done"];

export default function JobsBoard({ page: given, status, cursor, at: givenAt }: Props) {
  const words = t().admin;
  const [page, setPage] = useState(given);
  const [at, setAt] = useState(givenAt);
  const { stale, now: askNow } = useAsking(ASK_MS, async () => {
    setPage(await fetchJobs(jobSearch(status, cursor)));
    setAt(new Date().toISOString());
  });
  const all = ORDER.reduce((sum, one) => sum + page.counts[one], 0);
  const tab = (of: JobStatus | null, label: string, count: number) => (
    <a
      href={of === null ? "/admin/jobs" : `/admin/jobs?status=${of}`}
      aria-current={of === status ? "page" : undefined}
    >
      {label} <span class="label">{figure(count)}</span>
    </a>
  );
  const search = jobSearch(status, cursor).toString();
  return (
    <div class="jobs-board">
      <nav class="filter-links" aria-label={words.jobs.by}>
        {tab(null, words.jobs.any, all)}
        {ORDER.map((one) => tab(one, words.jobs.statuses[one], page.counts[one]))}
      </nav>
      <p class={stale ? "trouble" : "quiet"} role="status">
        {(stale ? words.live.stale : words.live.asOf)(clock(at))}
      </p>
      {page.items.length > 0
        ? (
          <JobList
            jobs={page.items}
            now={Date.parse(at)}
            back={search ? `/admin/jobs?${search}` : "/admin/jobs"}
            changed={askNow}
          />
        )
        : (
          <div class="empty">
            <p>{all === 0 ? words.jobs.empty : words.jobs.none}</p>
          </div>
        )}
      {page.nextCursor && (
        <p class="more">
          <a class="button" href={`/admin/jobs?${jobSearch(status, page.nextCursor)}`}>
            {words.jobs.more}
          </a>
        </p>
      )}
    </div>
  );
}
