/** `deno task jobs`: what the site works on, what it gave up and why, and to try it again (A16, O4). */
import { ConfigError, readConfig } from "../config.ts";
import { isId } from "../domain/ids.ts";
import { type Job, JOB_STATUSES, JobStatus } from "../domain/jobs.ts";
import type { Page } from "../domain/pages.ts";
import { asksForHelp, parseWords, refuse, UsageError } from "./args.ts";
import { askNode, NoNode } from "./ask_node.ts";

const HELP = `Usage: deno task jobs [--dead | --status=STATUS] [--limit=N] [--json]
       deno task jobs show ID [--json]
       deno task jobs retry ID
       deno task jobs cancel ID

  --dead     what was given up, each with its reason
  --status   one of ${JOB_STATUSES.join(", ")}
  --limit    at most so many, the newest first; default 50
  --json     for programs: the list or the job as JSON
`;

/** What the words ask for. */
export type Order =
  | { readonly do: "help" }
  | {
    readonly do: "list";
    readonly status: JobStatus | undefined;
    readonly limit: number;
    readonly json: boolean;
  }
  | { readonly do: "show" | "retry" | "cancel"; readonly id: string; readonly json: boolean };

/**
 * Reads the words.
 *
 * @throws {UsageError} in a sentence, when they cannot be understood
 */
export function readOrder(words: readonly string[]): Order {
  if (asksForHelp(words)) return { do: "help" };
  const { values, positionals: [verb = "list", id, ...more] } = parseWords(words, {
    dead: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    status: { type: "string" },
    limit: { type: "string", default: "50" },
  });
  const { json } = values;
  if (more.length > 0) throw new UsageError(`Not understood: ${more[0]}`);
  if (verb === "show" || verb === "retry" || verb === "cancel") {
    if (id !== undefined && isId(id)) return { do: verb, id, json };
    throw new UsageError(`${verb} wants the id of a job, not ${id ?? "none"}`);
  }
  if (verb !== "list" || id !== undefined) throw new UsageError(`Not understood: ${id ?? verb}`);
  const limit = Number(values.limit);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new UsageError(`--limit is "${values.limit}": wanted a whole number from 1`);
  }
  const wanted = values.dead ? "dead" : values.status;
  if (wanted === undefined) return { do: "list", status: undefined, limit, json };
  const status = JobStatus.safeParse(wanted);
  if (status.success) return { do: "list", status: status.data, limit, json };
  throw new UsageError(`--status is "${wanted}": wanted one of ${JOB_STATUSES.join(", ")}`);
}

/** A time as a person counts it: `now` minus `then`, both in ms since 1970. */
export function age(then: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - then) / 1_000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 36 * 3_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** A table with a line each; the reason comes last, for it is the longest. */
export function tableOf(jobs: readonly Job[], now: number): string {
  const rows = jobs.map((job) => [
    ...[job.id, job.status, job.kind, job.subject, String(job.attempt)],
    ...[age(Date.parse(job.createdAt), now), job.reason ?? ""],
  ]);
  const all = [["id", "status", "kind", "subject", "attempt", "age", "reason"], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  return all.map((row) => row.map((cell, at) => cell.padEnd(widths[at]!)).join("  ").trimEnd())
    .join("\n");
}

/** Everything of one job, what ffmpeg said last. */
export function pageOf({ stderr, ...job }: Job): string {
  const lines = Object.entries(job).map(([name, value]) => `${name.padEnd(12)} ${value ?? "–"}`);
  return [...lines, ...stderr ? ["", "The last that ffmpeg said:", stderr] : []].join("\n");
}

/** Throws what the node refuses, in its words. */
async function ask<T>(dataDir: string, path: string, method?: string): Promise<T> {
  const { status, body } = await askNode(dataDir, path, method ? { method } : {});
  if (status !== 200) throw new NoNode((body as { detail?: string }).detail ?? `It says ${status}`);
  return body as T;
}

/** The newest jobs, page after page. */
async function list(dataDir: string, { status, limit }: Order & { do: "list" }): Promise<Job[]> {
  const jobs: Job[] = [];
  let cursor: string | null = null;
  do {
    const query: URLSearchParams = new URLSearchParams({
      limit: String(Math.min(100, limit - jobs.length)),
      ...(status && { status }),
      ...(cursor && { cursor }),
    });
    const page: Page<Job> = await ask<Page<Job>>(dataDir, `/admin/jobs?${query}`);
    jobs.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor && jobs.length < limit);
  return jobs;
}

async function main(): Promise<number> {
  const order = readOrder(Deno.args);
  if (order.do === "help") {
    console.log(HELP);
    return 0;
  }
  const { dataDir } = readConfig();
  if (order.do === "list") {
    const jobs = await list(dataDir, order);
    if (order.json) console.log(JSON.stringify(jobs));
    else console.log(jobs.length > 0 ? tableOf(jobs, Date.now()) : "No jobs");
    return 0;
  }
  const { id, json } = order;
  const job = order.do === "show"
    ? await ask<Job>(dataDir, `/admin/jobs/${id}`)
    : await ask<Job>(dataDir, `/admin/jobs/${id}/${order.do}`, "POST");
  console.log(
    json
      ? JSON.stringify(job)
      : order.do === "show"
      ? pageOf(job)
      : `Job ${id} is ${job.status} now`,
  );
  return 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    if (error instanceof UsageError) refuse(HELP, error.message);
    if (!(error instanceof ConfigError || error instanceof NoNode)) throw error;
    console.error(error.message);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
}
