/** Tests of the runner: claims, order, heartbeats, cancelling, and the end of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { isRejection } from "../domain/errors.ts";
import { jobRunner, type RunnerOptions } from "./jobs.ts";

interface Job {
  readonly id: string;
  readonly subject: string;
  readonly attempt: number;
}

/** Jobs that wait in a row, and who holds which. */
function table(...names: string[]) {
  const free = names.map((id): Job => ({ id, subject: `of ${id}`, attempt: 1 }));
  const lost = new Set<string>();
  const released: string[] = [];
  let away = false;
  const rows = {
    claim: (_worker: string, except: readonly string[]) => {
      if (away) return Promise.reject(new Error("away"));
      const at = free.findIndex(({ id }) => !except.includes(id));
      return Promise.resolve(at < 0 ? null : free.splice(at, 1)[0]!);
    },
    beat: (held: readonly Job[]) =>
      Promise.resolve(held.map(({ id }) => id).filter((id) => !lost.has(id))),
    release: ({ id }: Job) => Promise.resolve(void released.push(id)),
  };
  return { rows, free, lost, released, setAway: (now: boolean) => void (away = now) };
}

const until = async (what: string, test: () => boolean) => {
  for (let turn = 0; turn < 400; turn++) {
    if (test()) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${what} did not come`);
};
const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason), { once: true })
  );

/** A runner of attempts that end when they are told to. */
function runner(
  jobs: ReturnType<typeof table>,
  options: Partial<RunnerOptions<Job>> = {},
) {
  const started: string[] = [];
  const ended: string[] = [];
  const gates = new Map<string, (afterMs: number | null) => void>();
  const warnings: string[] = [];
  const made = jobRunner<Job>({
    rows: jobs.rows,
    worker: "w",
    warn: (message) => void warnings.push(message),
    work: async ({ id }, { signal }) => {
      started.push(id);
      const { promise, resolve } = Promise.withResolvers<number | null>();
      gates.set(id, resolve);
      try {
        return await Promise.race([promise, aborted(signal)]);
      } catch (error) {
        if (isRejection(error, "fenced")) return null;
        throw error;
      } finally {
        ended.push(id);
      }
    },
    ...options,
  });
  return { runner: made, started, ended, gates, warnings };
}

Deno.test("[A16] woken, it takes what waits in order, never more at once than allowed", async () => {
  const jobs = table("a", "b", "c", "d");
  const { runner: made, started, gates } = runner(jobs, { concurrency: 2 });
  await using _made = made;
  made.wake();
  await until("two", () => started.length === 2);
  deepEqual(started, ["a", "b"]);
  gates.get("b")?.(null);
  await until("the third", () => started.length === 3);
  deepEqual(started, ["a", "b", "c"], "nobody had to wake it again");
});

Deno.test("[U6] a job that comes while it looks is not left for the next look", async () => {
  const jobs = table();
  const { runner: made, started } = runner(jobs);
  await using _made = made;
  for (let turn = 0; turn < 50; turn++) {
    made.wake();
    jobs.free.push({ id: `${turn}`, subject: "", attempt: 1 });
    made.wake();
    await until(`job ${turn}`, () => started.length === turn + 1 || started.length === 4);
    if (started.length === 4) break;
  }
  equal(started.length, 4);
});

Deno.test("[A16] a job that is to wait is looked for when its time has come", async () => {
  const jobs = table("a");
  const { runner: made, started, gates } = runner(jobs);
  await using _made = made;
  made.wake();
  await until("the first attempt", () => started.length === 1);
  gates.get("a")?.(40);
  await new Promise((resolve) => setTimeout(resolve, 5));
  jobs.free.push({ id: "a", subject: "of a", attempt: 2 });
  equal(started.length, 1);
  await until("the second attempt", () => started.length === 2);
});

Deno.test("[A16] without a word it looks by itself, also after the rows were away", async () => {
  const jobs = table();
  const { runner: made, started, warnings } = runner(jobs, { lookMs: 10 });
  await using _made = made;
  jobs.setAway(true);
  await until("a warning", () => warnings.length > 0);
  jobs.free.push({ id: "a", subject: "", attempt: 1 });
  jobs.setAway(false);
  await until("the job", () => started.length === 1);
});

Deno.test("[A16] what a heartbeat does not find any more is ended; the rest goes on", async () => {
  const jobs = table("a", "b");
  const { runner: made, started, ended, released } = {
    ...runner(jobs, { heartbeatMs: 10 }),
    ...jobs,
  };
  await using _made = made;
  made.wake();
  await until("both", () => started.length === 2);
  jobs.lost.add("a");
  await until("the end of one", () => ended.length === 1);
  deepEqual([ended, released], [["a"], []]);
});

Deno.test("[A16] after an outage a runner does not take from itself what it still works on", async () => {
  const jobs = table("a");
  const { runner: made, started, ended, gates } = runner(jobs);
  made.wake();
  await until("the first", () => started.length === 1);
  jobs.free.push({ id: "a", subject: "of a", attempt: 2 }); // its own heartbeat had been silent
  made.wake();
  await new Promise((resolve) => setTimeout(resolve, 30));
  deepEqual([started, ended], [["a"], []]);
  jobs.free.length = 0;
  gates.get("a")?.(null);
  await made[Symbol.asyncDispose]();
});

Deno.test("[U15] cancelled, the attempt has ended when the call resolves", async () => {
  const jobs = table("a", "b");
  const { runner: made, started, ended } = runner(jobs);
  await using _made = made;
  made.wake();
  await until("both", () => started.length === 2);
  await made.cancel("of b");
  deepEqual(ended, ["b"]);
  await made.cancel("of nothing");
});

Deno.test("[A16] its end gives back what runs, and takes nothing new", async () => {
  const jobs = table("a", "b");
  const { runner: made, started, ended } = runner(jobs, { concurrency: 1 });
  made.wake();
  await until("one", () => started.length === 1);
  await made[Symbol.asyncDispose]();
  made.wake();
  deepEqual([started, ended, jobs.released], [["a"], ["a"], ["a"]]);
});

Deno.test("[A16] an attempt that can tell nobody is warned of, and its place is free again", async () => {
  const jobs = table("a", "b");
  const { runner: made, started, warnings } = runner(jobs, {
    concurrency: 1,
    work: ({ id }) => (started.push(id), Promise.reject(new Error("no word gets through"))),
  });
  await using _made = made;
  made.wake();
  await until("the second", () => started.length === 2);
  await until("the warnings", () => warnings.length === 2);
  deepEqual(jobs.released, []);
});

Deno.test("[U6] jobs that wait for their ladder hold up no new one, up to a bound", async () => {
  const jobs = table("a", "b", "c", "d", "e", "f");
  const begun: string[] = [];
  const made = jobRunner<Job>({
    rows: jobs.rows,
    worker: "w",
    warn: () => {},
    concurrency: 1,
    most: 4,
    work: async ({ id }, { signal, turn }) => {
      begun.push(id);
      using _turn = await turn(signal);
      return await aborted(signal);
    },
  });
  made.wake();
  await until("four", () => begun.length === 4);
  await new Promise((resolve) => setTimeout(resolve, 30));
  deepEqual(begun, ["a", "b", "c", "d"]);
  await made[Symbol.asyncDispose]();
});

Deno.test("[U10] a new job is measured while an earlier ladder runs", async () => {
  const seen: string[] = [];
  const gate = Promise.withResolvers<void>();
  const jobs = table("a", "b");
  const { runner: made } = runner(jobs, {
    work: async ({ id }, { turn, signal }) => {
      seen.push(`measured ${id}`);
      using _turn = await turn(signal);
      seen.push(`ladder ${id}`);
      await gate.promise;
      return null;
    },
  });
  await using _made = made;
  made.wake();
  await until("three", () => seen.length === 3);
  ok(seen.includes("measured b") && !seen.includes("ladder b"));
  gate.resolve();
  await until("all", () => seen.length === 4);
});
