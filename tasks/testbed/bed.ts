/** What a testbed is made of: a node with everything built in, or a cluster with servers of its own. */
import { readHolder } from "../../db/data_lock.ts";
import { socketAddress } from "../../db/embedded.ts";
import { connect } from "../../db/open.ts";
import { type RunningNats, startNats } from "../../tests/support/nats.ts";
import { type RunningNode, startNode } from "../../tests/support/node.ts";
import { type RunningPostgres, startPostgres } from "../../tests/support/postgres.ts";
import { type RunningRedis, startRedis } from "../../tests/support/redis.ts";
import { type RunningWorker, startWorker } from "../../tests/support/worker.ts";
import { type Admin, makeAdmin } from "./make_admin.ts";
import type { Wanted } from "./options.ts";

/** What the line says. */
export interface Testbed {
  readonly nodes: readonly { readonly name: string; readonly url: string; readonly pid: number }[];
  readonly workers: readonly { readonly name: string; readonly pid: number }[];
  readonly databaseUrl: string | null;
  readonly natsUrl: string | null;
  readonly redisUrl: string | null;
  readonly dataDir: string;
  readonly admin: Admin;
}

/** Disposing ends it all, at once: nobody needs what is in it any more. */
export interface Bed extends AsyncDisposable {
  readonly tells: Testbed;
}

/** A cluster with its parts, for whoever disturbs it. */
export interface ClusterBed extends Bed {
  readonly postgres: RunningPostgres;
  readonly nats: RunningNats;
  readonly redis: RunningRedis;
  readonly nodes: readonly RunningNode[];
  readonly workers: readonly RunningWorker[];
  /** Starts one more worker, which ends with the others. */
  worker(name: string): Promise<RunningWorker>;
}

/** It is down within 5 s (O5); what has not stopped by then is killed. In ms. */
const DOWN_MS = 2_500;

async function end(one: RunningNode | RunningWorker): Promise<void> {
  const timer = setTimeout(() => void one.kill9(), DOWN_MS);
  await one.stop();
  clearTimeout(timer);
}

const nodesOf = (nodes: readonly RunningNode[]) =>
  nodes.map(({ url, pid }, at) => ({ name: `node-${at + 1}`, url, pid }));

/** Ends all of `started` side by side when it is disposed of. */
function together(): AsyncDisposable & { add<T extends RunningNode | RunningWorker>(one: T): T } {
  const started: (RunningNode | RunningWorker)[] = [];
  return {
    add(one) {
      started.push(one);
      return one;
    },
    [Symbol.asyncDispose]: async () => void await Promise.all(started.map(end)),
  };
}

/** One node as `deno task start` has it. */
export async function embeddedBed({ limits }: Wanted): Promise<Bed> {
  await using owned = new AsyncDisposableStack();
  const env = { NODE_NAME: "node-1", ...limitsOf(limits) };
  const node = owned.use(together()).add(await startNode({ env }));
  const socketDir = (await readHolder(node.dataDir))?.socketDir;
  if (!socketDir) throw new Error(`${node.dataDir} tells no socket of its database`);
  const admin = await makeAdmin(node.url, () => connect(socketAddress(socketDir), { pool: 1 }));
  const kept = owned.move();
  return {
    tells: {
      ...{ nodes: nodesOf([node]), workers: [], dataDir: node.dataDir, admin },
      ...{ databaseUrl: null, natsUrl: null, redisUrl: null },
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/**
 * A cluster in `dataDir`, which all of it shares, with the keys that the first node makes there.
 * `settings` of nodes and workers come before the testbed's own.
 */
export async function clusterBed(
  wanted: Wanted,
  dataDir: string,
  settings: Record<string, string> = {},
): Promise<ClusterBed> {
  await using owned = new AsyncDisposableStack();
  const [postgres, nats, redis] = await Promise.all([startPostgres(), startNats(), startRedis()]);
  for (const server of [postgres, nats, redis]) owned.use(server);
  const processes = owned.use(together());
  const port = freePort();
  const env = {
    // that of the first node: what one node signs, all of them take
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    ROLES: wanted.workers > 0 ? "web" : "web,worker",
    ...limitsOf(wanted.limits),
    ...settings,
  };
  const node = async (name: string, more: Record<string, string> = {}) =>
    processes.add(await startNode({ env: { ...env, ...more, NODE_NAME: name }, dataDir }));
  const worker = async (name: string) => processes.add(await startWorker({ name, dataDir, env }));
  const first = await node("node-1", { PORT: String(port) });
  const names = (kind: string, from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, at) => `${kind}-${from + at}`);
  // all of them are waited for, whatever becomes of one: else it would be left behind
  const [others, workers] = await Promise.all([
    all(names("node", 2, wanted.nodes).map((name) => node(name))),
    all(names("worker", 1, wanted.workers).map(worker)),
  ]);
  const admin = await makeAdmin(first.url, postgres.connect);
  const nodes = [first, ...others];
  const kept = owned.move();
  return {
    ...{ postgres, nats, redis, nodes, workers, worker },
    tells: {
      nodes: nodesOf(nodes),
      workers: workers.map(({ name, pid }) => ({ name, pid })),
      databaseUrl: postgres.url,
      natsUrl: nats.url,
      redisUrl: redis.url,
      dataDir,
      admin,
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const limitsOf = (limits: boolean) => ({ ...(limits && { RATE_LIMITS: "" }) });

/** What all of them came to, once none is under way any more; throws what the first failure threw. */
async function all<T>(started: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(started);
  return settled.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}
