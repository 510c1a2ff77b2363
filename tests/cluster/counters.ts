/** A cluster of {@linkcode file://./counter_node.ts} processes on a real NATS and PostgreSQL. */
import { connect, type Sql } from "../../db/open.ts";
import { Rejection } from "../../domain/errors.ts";
import { type Cut, cuttable } from "../support/cut.ts";
import { type RunningNats, startNats } from "../support/nats.ts";
import { ROOT } from "../support/node.ts";
import { type RunningPostgres, startPostgres } from "../support/postgres.ts";
import type { Asked, Told } from "./counter_node.ts";
import { linesOf } from "./lines.ts";

/** One node, and its own ways to the servers. */
export interface CounterNode extends AsyncDisposable {
  readonly name: string;
  readonly pid: number;
  readonly nats: Cut;
  readonly postgres: Cut;
  /** The exit code, once it has ended. */
  readonly ended: Promise<number>;
  /** What it said of its actors, in order. */
  readonly events: readonly { readonly event: string; readonly key: string }[];
  /** Calls a handler of the counter `key`. Rejects as the node was refused. */
  ask<T = number>(
    call: Exclude<Asked["call"], "inspect">,
    key: string,
    input?: unknown,
    deadlineMs?: number,
  ): Promise<T>;
  /** The keys of the counters that live there. */
  living(): Promise<string[]>;
  signal(signal: Deno.Signal): void;
}

export interface Counters extends AsyncDisposable {
  readonly nats: RunningNats;
  readonly postgres: RunningPostgres;
  readonly sql: Sql;
  readonly nodes: readonly CounterNode[];
  /** Another node, beside those that there are. */
  add(name: string): Promise<CounterNode>;
}

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

async function begin(name: string, natsUrl: number, databaseUrl: string): Promise<CounterNode> {
  const database = new URL(databaseUrl);
  const nats = cuttable(natsUrl);
  const postgres = cuttable(Number(database.port));
  database.port = String(postgres.port);
  const child = new Deno.Command("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", Deno.execPath(), "run", "--no-check", "-A", "-q"],
      ...["--lock=tests/deno.lock", "--frozen", "tests/cluster/counter_node.ts"],
      ...[name, `nats://127.0.0.1:${nats.port}`, database.href],
    ],
    cwd: ROOT,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const input = child.stdin.getWriter();
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const events: { event: string; key: string }[] = [];
  const ready = Promise.withResolvers<void>();
  let asked = 0;
  const read = (async () => {
    for await (const line of linesOf(child.stdout)) {
      const said = JSON.parse(line);
      if ("ready" in said) ready.resolve();
      else if ("event" in said) events.push(said);
      else if ("id" in said) {
        const told = said as Told;
        const one = waiting.get(told.id);
        waiting.delete(told.id);
        if ("reply" in told) one?.resolve(told.reply);
        else one?.reject(Rejection.from(told.refused));
      }
    }
    ready.reject(new Error(`${name} ended before it was ready`));
    for (const one of waiting.values()) one.reject(new Error(`${name} has ended`));
  })();
  const send = async (message: WithoutId<Asked>): Promise<unknown> => {
    const id = ++asked;
    const answer = Promise.withResolvers<unknown>();
    waiting.set(id, answer);
    await input.write(new TextEncoder().encode(`${JSON.stringify({ id, ...message })}\n`));
    return await answer.promise;
  };
  const ended = child.status.then(async ({ code }) => {
    await read;
    return code;
  });
  const signal = (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended already
    }
  };
  await ready.promise;
  return {
    name,
    pid: child.pid,
    nats,
    postgres,
    ended,
    events,
    ask: <T>(call: Exclude<Asked["call"], "inspect">, key: string, input?: unknown, ms?: number) =>
      send({ call, key, input, ...(ms && { deadlineMs: ms }) }) as Promise<T>,
    living: async () =>
      (await send({ call: "inspect" }) as { key: string }[]).map(({ key }) => key).sort(),
    signal,
    async [Symbol.asyncDispose]() {
      signal("SIGKILL");
      await ended;
      await input.close().catch(() => {}); // the pipe broke with the process
      await nats[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

/** Starts servers and `many` nodes: `a`, `b`, … */
export async function startCounters(many: number): Promise<Counters> {
  await using owned = new AsyncDisposableStack();
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  owned.use(nats);
  owned.use(postgres);
  const sql = connect(postgres.url, { pool: 2 });
  owned.defer(() => sql.end());
  await sql`
    create table counters
      (key text primary key, epoch bigint not null default 1, total bigint not null default 0)`;
  await sql`
    create table additions (
      key text, total bigint, epoch bigint not null, word text not null, node text not null,
      primary key (key, total)
    )`;
  const add = async (name: string) => owned.use(await begin(name, nats.port, postgres.url));
  const names = Array.from({ length: many }, (_, n) => String.fromCharCode(97 + n));
  const nodes = await Promise.all(names.map(add));
  const kept = owned.move();
  return { nats, postgres, sql, nodes, add, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/**
 * Checks what must hold of every counter whatever happened: what was answered is there once, totals
 * have no hole, and epochs never fall along them. Returns the additions in order.
 */
export async function audit(
  sql: Sql,
  key: string,
  answered: ReadonlyMap<string, number>,
): Promise<readonly { total: number; epoch: number; word: string; node: string }[]> {
  const rows = await sql<{ total: number; epoch: number; word: string; node: string }[]>`
    select total, epoch, word, node from additions where key = ${key} order by total`;
  rows.forEach(({ total, epoch }, at) => {
    if (total !== at + 1) throw new Error(`${key}: ${total} stands where ${at + 1} belongs`);
    const before = rows[at - 1]?.epoch ?? 0;
    if (epoch < before) throw new Error(`${key}: epoch ${epoch} wrote after ${before}`);
  });
  for (const [word, total] of answered) {
    const found = rows.filter((row) => row.word === word);
    if (found.length !== 1) throw new Error(`${key}: "${word}" is there ${found.length} times`);
    if (found[0]?.total !== total) throw new Error(`${key}: "${word}" was answered ${total}`);
  }
  return rows;
}
