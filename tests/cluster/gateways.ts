/** Whole nodes for people who chat: each with its own way to NATS, and rooms whose owner is known. */
import { connect, type Sql } from "../../db/open.ts";
import { type Grant, register } from "../support/client.ts";
import { type Cut, cuttable } from "../support/cut.ts";
import { type RunningNats, startNats } from "../support/nats.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { startPostgres } from "../support/postgres.ts";
import { temporary, until } from "../support/processes.ts";
import { join, makeRoom, type Probe, probeAs, type Said } from "../support/sockets.ts";

export interface Gateway {
  readonly node: RunningNode;
  /** This node's own way to NATS. */
  readonly way: Cut;
}

export interface Gateways extends AsyncDisposable {
  readonly nats: RunningNats;
  /** Of the database that they share. */
  readonly sql: Sql;
  readonly gateways: readonly Gateway[];
  readonly anna: Grant;
  readonly ben: Grant;
  /** A public room whose actor lives on the node `at`: who asks first has it (A14). */
  room(at: number): Promise<string>;
  /** Opens a socket on the node `at`, and joins. */
  sit(at: number, who: Grant, ...roomIds: string[]): Promise<Probe>;
}

/** `many` nodes on one NATS, one database and one folder. */
export async function startGateways(many: number): Promise<Gateways> {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  owned.use(nats);
  owned.use(postgres);
  const start = async (at: number): Promise<Gateway> => {
    const way = owned.use(cuttable(nats.port));
    const env = {
      PUBLIC_URL: "http://localhost:1", // nobody asks there; the nodes have it in common
      NATS_URL: `nats://127.0.0.1:${way.port}`,
      DATABASE_URL: postgres.url,
      NODE_NAME: String.fromCharCode(97 + at),
    };
    return { node: owned.use(await startNode({ dataDir: folder.path, env })), way };
  };
  const first = await start(0); // makes the keys
  const others = Array.from({ length: many - 1 }, (_, at) => start(at + 1));
  const gateways = [first, ...await Promise.all(others)];
  const sql = connect(postgres.url, { pool: 1 });
  owned.defer(() => sql.end());
  const urlOf = (at: number) => gateways[at]!.node.url;
  const [anna, ben] = [await register(urlOf(0)), await register(urlOf(0))];
  const sit = async (at: number, who: Grant, ...roomIds: string[]) => {
    const probe = await probeAs(urlOf(at), who);
    for (const id of roomIds) {
      // a node that was cut off may still be on its way back
      await until("a seat", async () => (await probe.ask(join(id))).type === "room", 15_000);
    }
    return probe;
  };
  const kept = owned.move();
  return {
    nats,
    sql,
    gateways,
    anna,
    ben,
    sit,
    async room(at) {
      const { id }: Said = await makeRoom(urlOf(at), anna);
      using _first = await sit(at, anna, id);
      return id;
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
