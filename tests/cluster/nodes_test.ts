/** Two whole nodes on one site: what an administrator sees of both, and how one leaves (A13, A18, A19). */
import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { connect } from "../../db/open.ts";
import { userStore } from "../../db/users.ts";
import type { ActorList } from "../../domain/actor_list.ts";
import type { RuntimeSnapshot } from "../../domain/overview.ts";
import { song } from "../support/audio.ts";
import { ask, register, signIn, upload, waitForTrack } from "../support/client.ts";
import { startNats } from "../support/nats.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { startPostgres } from "../support/postgres.ts";
import { temporary, until } from "../support/processes.ts";
import { run } from "../support/run.ts";
import { follow } from "./lifecycle_socket.ts";

/** What a node that does not start says. */
async function refusal(env: Record<string, string>): Promise<string> {
  return await startNode({ env }).then(
    async (node) => {
      await node.stop();
      throw new Error("it started");
    },
    (error) => error.message,
  );
}

const PUBLIC_URL = "http://localhost:1"; // nobody asks there; the nodes have it in common

async function site() {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  const [nats, postgres] = await Promise.all([startNats(), startPostgres()]);
  owned.use(nats);
  owned.use(postgres);
  const env = { PUBLIC_URL, NATS_URL: nats.url, DATABASE_URL: postgres.url, DRAIN_SECONDS: "5" };
  const node = async (name: string) =>
    owned.use(
      await startNode({ dataDir: folder.path, env: { ...env, NODE_NAME: name, DEMO: "1" } }),
    );
  const a = await node("a"); // makes the keys
  const b = await node("b");
  const person = await register(a.url);
  const sql = connect(postgres.url, { pool: 1 });
  equal(await userStore(sql).setRoles(person.user.id, ["admin"]), true);
  await sql.end();
  const { accessToken: token } = await signIn(a.url, person.user.username);
  const kept = owned.move();
  return { a, b, nats, token, env, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

Deno.test("[A13] [A18] [A19] two nodes are one site: seen, disturbed and left from either", async () => {
  await using cluster = await site();
  const { a, b, token, nats } = cluster;
  const told = await follow(b, token);
  const { body } = await upload(a.url, token, await song("wav", 20));
  const { id } = body.upload;
  await told.saw("runtime.actor.started.v1", `track_upload/${id}`);

  const listOf = async ({ url }: RunningNode) =>
    (await ask<ActorList>(url, "/api/v1/admin/actors?kind=track_upload", { token })).body;
  for (const node of [a, b]) {
    const { items, total, found } = await listOf(node);
    equal([items.map(({ key }) => key), total, found], [[id], { track_upload: 1 }, 1]);
  }
  const snapshot = await ask<RuntimeSnapshot>(b.url, "/api/v1/admin/runtime", { token });
  equal(snapshot.body.nodes.map(({ name }) => name), ["b", "a"]);
  for (const node of [a, b]) {
    const path = `/api/v1/admin/actors/track_upload/${id}/restart`;
    equal((await ask(node.url, path, { method: "POST", token })).status, 200);
  }
  const task = run(["task", "-q", "actors", "--json"], { env: { DATA_DIR: a.dataDir } });
  equal(await task.ended, 0, task.lines.join("\n"));
  const shown: ActorList = JSON.parse(task.lines.find((line) => line.startsWith("{")) ?? "{}");
  equal(shown.items.map(({ key }) => key), [id]);
  equal((await waitForTrack(b.url, body.track.id, ["ready", "failed"], { token })).status, "ready");

  const ready = async ({ url }: RunningNode) =>
    (await ask<{ status: string }>(url, "/readyz")).body.status;
  equal(await ready(a), "ok");
  await nats.kill9();
  await until("readyz to say so", async () => await ready(a) === "degraded");
  equal((await ask(a.url, `/api/v1/tracks/${body.track.id}`, { token })).status, 200);
  await nats.restart();
  await until("it to be well again", async () => await ready(a) === "ok");

  const there = await follow(a, token);
  const began = performance.now();
  await a.stop();
  ok(performance.now() - began < 5_000);
  equal([await a.ended, await there.closed], [0, 1012]);
  await told.saw("runtime.node.left.v1", "a");
  equal((await listOf(b)).found <= 1, true);
  told.close();
});

Deno.test("[A19] a node that is killed is told of by those that live, once", async () => {
  await using cluster = await site();
  const { a, b, token } = cluster;
  const told = await follow(b, token);
  await a.kill9();
  const began = performance.now();
  await told.saw("runtime.node.left.v1", "a");
  ok(performance.now() - began < 8_000);
  const { body } = await ask<RuntimeSnapshot>(b.url, "/api/v1/admin/runtime", { token });
  equal(body.nodes.map(({ name }) => name), ["b"]);
  told.close();
});

Deno.test("[A11] [O2] a node that has other keys, or finds no NATS, does not start, and says why", async () => {
  await using cluster = await site();
  const { env } = cluster;
  const message = await refusal({ ...env, NODE_NAME: "stranger" });
  match(
    message,
    /JWT_PRIVATE_KEY and ENCRYPTION_KEY of this node differ from those of node [ab]: .*DATA_DIR/,
  );
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  match(
    await refusal({ ...env, NATS_URL: `nats://127.0.0.1:${port}` }),
    new RegExp(`NATS_URL is nats://127.0.0.1:${port}: nobody answers there`),
  );
});
