/**
 * A node of nothing but one actor that writes: the same cluster, runtime and fence as the whole
 * program, so that what befalls it can be looked at closely. It is told what to do by lines of JSON.
 *
 * Arguments: name, NATS_URL, DATABASE_URL.
 */
import { defineActor } from "../../actors/runtime/actor.ts";
import { createSystem } from "../../actors/runtime/system.ts";
import { openDatabase } from "../../db/open.ts";
import { Rejection } from "../../domain/errors.ts";
import { joinCluster } from "../../node/cluster.ts";
import { watchDatabase } from "../../node/database_watch.ts";
import { linesOf } from "./lines.ts";

/** What a test asks: to call a handler, or to tell of itself. */
export type Asked =
  & { readonly id: number }
  & (
    | {
      readonly call: "add" | "total" | "where" | "slow" | "crash";
      readonly key: string;
      readonly input?: unknown;
      readonly deadlineMs?: number;
    }
    | { readonly call: "inspect" }
  );

/** What it answers. */
export type Told =
  & { readonly id: number }
  & ({ readonly reply: unknown } | {
    readonly refused: ReturnType<Rejection["toJSON"]>;
  });

const [name = "", natsUrl = "", databaseUrl = ""] = Deno.args;
const say = (message: Record<string, unknown>) => console.log(JSON.stringify(message));
const log = {
  debug: () => {},
  info: (message: string, details = {}) => say({ log: message, ...details }),
  warn: (message: string, details = {}) => say({ log: message, ...details }),
  error: (message: string, details = {}) => say({ log: message, ...details }),
};

const database = await openDatabase({ databaseUrl, dataDir: "", dbPool: 4 }, log);
const { sql, ping } = database;
const cluster = await joinCluster({ url: natsUrl, name, log });
const system = createSystem({
  cluster,
  log: ({ event, key, ...more }) =>
    say({ event, key, ...("error" in more && { error: String(more.error) }) }),
});
const watching = watchDatabase({ ping, system, members: cluster.members, log });
const counters = system.host(defineActor("counter", {
  async start(key) {
    const [row] = await sql<{ epoch: number; total: number }[]>`
      insert into counters (key) values (${key})
      on conflict (key) do update set epoch = counters.epoch + 1
      returning epoch, total`;
    if (!row) throw new Error("the insert returned nothing");
    return { key, ...row };
  },
  on: {
    /** Adds one, with a word by which it is found again. */
    async add(state, word: string) {
      const [row] = await sql<{ total: number }[]>`
        with counted as (
          update counters set total = total + 1
          where key = ${state.key} and epoch = ${state.epoch} returning total, epoch
        )
        insert into additions (key, total, epoch, word, node)
        select ${state.key}, total, epoch, ${word}, ${name} from counted returning total`;
      if (!row) throw new Rejection("fenced", `Epoch ${state.epoch} is over`);
      return state.total = row.total;
    },
    total: (state) => state.total,
    where: () => name,
    slow: (_state, ms: number) => new Promise((resolve) => setTimeout(() => resolve(name), ms)),
    crash: () => {
      throw new Error("on purpose");
    },
  },
}));

async function serve(asked: Asked): Promise<void> {
  try {
    say({ id: asked.id, reply: await answer(asked) ?? null });
  } catch (error) {
    if (!(error instanceof Rejection)) throw error;
    say({ id: asked.id, refused: error.toJSON() });
  }
}

function answer(asked: Asked): Promise<unknown> {
  if (asked.call === "inspect") return Promise.resolve(system.inspect());
  const { call, key, input, deadlineMs = 5_000 } = asked;
  const counter = counters.get(key, { deadlineMs });
  switch (call) {
    case "add":
      return counter.add(String(input));
    case "slow":
      return counter.slow(Number(input));
    case "total":
    case "where":
    case "crash":
      return counter[call]();
    default:
      throw call satisfies never;
  }
}

Deno.addSignalListener("SIGTERM", async () => {
  await watching[Symbol.asyncDispose]();
  await system.drain({ withinMs: 10_000 });
  await system.stop(5_000);
  await cluster[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
  Deno.exit(0);
});
say({ ready: cluster.members.id });
for await (const line of linesOf(Deno.stdin.readable)) void serve(JSON.parse(line));
