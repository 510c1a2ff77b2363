/** What those who run a site see at a glance: the runtime as it is now, and the site in figures. */
import { z } from "zod";
import { ActorList } from "./actor_list.ts";
import { Job, JobPage } from "./jobs.ts";
import { NodeView, RuntimeEvent } from "./runtime.ts";
import { STATUSES } from "./tracks.ts";

const count = z.number().int();
/** What actors are about, by `kind/key`; those about nothing with a page are left out. */
const About = z.record(z.string(), z.object({ title: z.string(), path: z.string() }));
const JobCounts = JobPage.shape.counts;

/** The runtime at one moment: everything that its page shows (X3). */
export const RuntimeSnapshot = z.object({
  /** ISO 8601, UTC */
  at: z.string(),
  actors: ActorList,
  /** Of the listed actors, and of those that something happened to lately. */
  about: About,
  nodes: z.array(NodeView),
  jobs: z.object({
    counts: JobCounts,
    /** What runs, then what waits; the first of them. */
    open: z.array(Job),
    /** What was given up, the newest first; some of it. */
    dead: z.array(Job),
  }),
  /** Whether actors may be made to crash (DEMO). */
  demo: z.boolean(),
});
export type RuntimeSnapshot = z.infer<typeof RuntimeSnapshot>;

export const ACCOUNT_STATES = ["active", "pending", "banned"] as const;

/** The site in figures. */
export const Overview = z.object({
  /** ISO 8601, UTC */
  at: z.string(),
  people: z.record(z.enum(ACCOUNT_STATES), count),
  tracks: z.record(z.enum(STATUSES), count),
  /** Bytes of the files that people sent, each counted once. */
  originalBytes: count,
  /** The disk that DATA_DIR of this node is on, in bytes. */
  disk: z.object({ freeBytes: count, wholeBytes: count }),
  jobs: JobCounts,
  /** How many actors live, of each kind. */
  actors: z.record(z.string(), count),
  nodes: z.array(NodeView),
  /** The last crashes, and actors that were given up; the newest first. */
  troubles: z.array(RuntimeEvent),
  about: About,
});
export type Overview = z.infer<typeof Overview>;
