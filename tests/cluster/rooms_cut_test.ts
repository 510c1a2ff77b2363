/** A room whose node is cut off: another opens it, and what the first still writes is refused (A12). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { connect } from "../../db/open.ts";
import { ask, register } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { startNats } from "../support/nats.ts";
import { startNode } from "../support/node.ts";
import { startPostgres } from "../support/postgres.ts";
import { temporary, until } from "../support/processes.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";

/** Two nodes; what the first says to NATS goes through `cut`. */
async function place() {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  owned.use(nats);
  owned.use(postgres);
  const cut = owned.use(cuttable(nats.port));
  const sql = connect(postgres.url, { pool: 1 });
  owned.defer(() => sql.end());
  const env = { PUBLIC_URL: "http://127.0.0.1:1", DATABASE_URL: postgres.url };
  const node = async (NODE_NAME: string, NATS_URL: string) =>
    owned.use(
      await startNode({ dataDir: folder.path, env: { ...env, NODE_NAME, NATS_URL } }),
    );
  const a = await node("a", `nats://127.0.0.1:${cut.port}`); // makes the keys
  const b = await node("b", nats.url);
  const kept = owned.move();
  return { a, b, cut, sql, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

Deno.test("[A12] [C4] the owner of a room cut from NATS: another opens it, and what it writes then is refused", async () => {
  await using t = await place();
  const { a, b, cut, sql } = t;
  const anna = await register(a.url);
  const room = await makeRoom(a.url, anna);
  using line = await probeAs(a.url, anna);
  await line.ask(join(room.id));
  const first = await line.ask(message(room.id, "before"));
  equal([first.type, first.data.seq], ["message", 1]);
  const rowNow = async () =>
    (await sql<{ epoch: number; lastSeq: number }[]>`
      select epoch, last_seq as "lastSeq" from rooms where id = ${room.id}`)[0]!;
  const { epoch } = await rowNow();

  cut.stall();
  const began = performance.now();
  const seen = async () =>
    (await ask(b.url, `/api/v1/rooms/${room.id}`, { token: anna.accessToken })).status === 200;
  await until("another node to open the room", seen, 12_000);
  ok(performance.now() - began < 12_000);
  ok((await rowNow()).epoch > epoch, "it has the next epoch");

  const stale = message(room.id, "meanwhile");
  const answer = await line.ask(stale, 8_000);
  equal([answer.type, answer.data.code], ["error", "fenced"], JSON.stringify(answer));
  equal((await rowNow()).lastSeq, 1, "nothing was written under the old epoch");

  cut.flow();
  using again = await probeAs(b.url, anna);
  await again.ask(join(room.id));
  const acked = await again.ask(stale);
  equal([acked.type, acked.data.seq], ["message", 2]);
  await until("the first node to hear of it", async () => {
    using probe = await probeAs(a.url, anna);
    const { data } = await probe.ask({ ...stale });
    return data.duplicate === true && data.seq === 2;
  });
  const stored = await sql<{ content: string }[]>`
    select content from room_entries where room_id = ${room.id} order by seq`;
  equal(stored.map(({ content }) => content), ["before", "meanwhile"]);
});
