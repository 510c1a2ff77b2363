/** Nodes of a cluster to measure, with servers of its own; each process's log goes to a file. */
import { startNats } from "../tests/support/nats.ts";
import { startPostgres } from "../tests/support/postgres.ts";
import { startRedis } from "../tests/support/redis.ts";
import type { Stage } from "./bench.ts";
import { answersAfter, launch, type Launched } from "./launched.ts";

export interface BenchCluster {
  readonly nodes: readonly Launched[];
  /** Of each, without a slash at its end. */
  readonly urls: readonly string[];
  readonly databaseUrl: string;
  /** Process ids of the servers. */
  readonly servers: { readonly postgres: number; readonly nats: number; readonly redis: number };
  /** Asks for one node more, which may not answer yet. */
  further(): Launched;
}

/** Programs that a cluster wants on PATH. */
export const CLUSTER_TOOLS = ["nats-server", "redis-server"];

/**
 * Starts servers and `count` nodes that make no music, and resolves when all answer; they end with
 * the stage. They share a data folder, with the keys that the first one makes there.
 */
export async function startCluster(
  { owned, folder }: Pick<Stage, "owned" | "folder">,
  count: number,
): Promise<BenchCluster> {
  const postgres = owned.use(await startPostgres());
  const nats = owned.use(await startNats());
  const redis = owned.use(await startRedis());
  let nth = 0;
  const further = () =>
    launch(`${folder}/cluster`, {
      ...{ DATABASE_URL: postgres.url, NATS_URL: nats.url, REDIS_URL: redis.url },
      ...{ ROLES: "web", ENCODER_PORT: "0", NODE_NAME: `node-${++nth}` },
    });
  const nodes = [owned.use(further())];
  await answersAfter(nodes[0]!, "/readyz");
  while (nodes.length < count) nodes.push(owned.use(further()));
  for (const node of nodes) await answersAfter(node, "/readyz");
  return {
    nodes,
    urls: nodes.map(({ url }) => url),
    databaseUrl: postgres.url,
    servers: { postgres: postgres.pid, nats: nats.pid, redis: redis.pid },
    further,
  };
}
