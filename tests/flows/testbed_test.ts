/** The testbed: one line of JSON, a node with an administrator, and nothing left behind (O5). */
import assert from "node:assert/strict";
import type { Testbed } from "../../tasks/testbed/bed.ts";
import type { JobPage } from "../../domain/jobs.ts";
import { song } from "../support/audio.ts";
import { ask, upload, waitForTrack } from "../support/client.ts";
import { alive, childrenOf, until } from "../support/processes.ts";
import { run, type Running } from "../support/run.ts";

async function start(...words: string[]): Promise<{ running: Running; bed: Testbed }> {
  const running = run(["task", "testbed", ...words], { input: true });
  while (!running.lines.some((line) => line.startsWith("{"))) {
    const code = await Promise.race([
      running.ended,
      new Promise<undefined>((resolve) => setTimeout(resolve, 50)),
    ]);
    assert.equal(code, undefined, running.lines.join("\n"));
  }
  const line = running.lines.find((text) => text.startsWith("{")) ?? "";
  return { running, bed: JSON.parse(line) };
}

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("[O5] the testbed tells all in one line, and goes when its input closes", async () => {
  const { running, bed } = await start("--embedded");
  const { nodes, admin, dataDir, ...rest } = bed;
  assert.deepEqual(rest, { workers: [], databaseUrl: null, natsUrl: null, redisUrl: null });
  assert.equal(nodes.length, 1);
  const { url, pid } = nodes[0] ?? { url: "", pid: 0 };
  assert.equal((await ask(url, "/readyz")).status, 200);
  const token = admin.accessToken;
  const me = await ask<{ roles: string[] }>(url, "/api/v1/users/me", { token });
  assert.equal(me.status, 200);
  assert.ok(me.body.roles.includes("admin"), JSON.stringify(me.body));
  // rate limits are off: a burst that they would stop
  const { login, password } = admin;
  for (let turn = 0; turn < 12; turn++) {
    const answer = await ask(url, "/api/v1/auth/login", { json: { login, password } });
    assert.equal(answer.status, 200);
  }
  const family = await childrenOf(running.child.pid);
  const began = performance.now();
  await running.child.stdin.close();
  assert.equal(await running.ended, 0);
  assert.ok(performance.now() - began < 5_000, "it was not down in 5 s");
  assert.equal(await exists(dataDir), false);
  assert.equal(await alive(pid), false);
  for (const one of family) assert.equal(await alive(one.pid), false, one.command);
});

Deno.test("[O5] SIGTERM ends the testbed too", async () => {
  const { running, bed } = await start("--embedded");
  Deno.kill(running.child.pid, "SIGTERM");
  await running.ended;
  await running.child.stdin.close().catch(() => {}); // its other end has gone
  assert.equal(await exists(bed.dataDir), false);
});

/** Where a testbed keeps all that it makes. */
const folderOf = ({ dataDir }: Testbed) => /^.*\/veza-testbed-[^/]+/.exec(dataDir)?.[0] ?? dataDir;

Deno.test("[O5] a cluster: nodes and workers of their own that share one site; down in 5 s", async () => {
  const { running, bed } = await start("--nodes", "3", "--workers", "2");
  const { nodes, workers, admin } = bed;
  assert.deepEqual(nodes.map(({ name }) => name), ["node-1", "node-2", "node-3"]);
  assert.deepEqual(workers.map(({ name }) => name), ["worker-1", "worker-2"]);
  const pids = [...nodes, ...workers].map(({ pid }) => pid);
  assert.equal(new Set(pids).size, 5);
  for (const pid of pids) assert.equal(await alive(pid), true);
  assert.match(bed.databaseUrl ?? "", /^postgres:\/\/veza:.+@127\.0\.0\.1:\d+\/veza$/);
  assert.match(bed.natsUrl ?? "", /^nats:\/\/127\.0\.0\.1:\d+$/);
  assert.match(bed.redisUrl ?? "", /^redis:\/\/127\.0\.0\.1:\d+$/);
  const token = admin.accessToken;
  for (const { url } of nodes) { // what one of them signed, each of them takes
    const me = await ask<{ roles: string[] }>(url, "/api/v1/users/me", { token });
    assert.equal(me.status, 200);
    assert.ok(me.body.roles.includes("admin"));
    const ready = await ask<{ status: string; checks: { name: string }[] }>(url, "/readyz");
    assert.equal(ready.body.status, "ok", JSON.stringify(ready.body));
    assert.ok(ready.body.checks.some(({ name }) => name === "redis"));
  }
  const [, second, third] = nodes;
  const { body } = await upload(second?.url ?? "", token, await song("flac", 2));
  await waitForTrack(third?.url ?? "", body.track.id, ["ready"], { token });
  const { items } = (await ask<JobPage>(nodes[0]?.url ?? "", "/api/v1/admin/jobs", { token })).body;
  assert.match(items[0]?.worker ?? "", /^worker-[12]$/);
  const family = await childrenOf(running.child.pid);
  const began = performance.now();
  await running.child.stdin.close();
  assert.equal(await running.ended, 0);
  assert.ok(performance.now() - began < 5_000, "it was not down in 5 s");
  for (const one of family) assert.equal(await alive(one.pid), false, one.command);
  assert.equal(await exists(folderOf(bed)), false);
});

Deno.test("[O5] killed -9, a testbed leaves neither processes nor files behind", async () => {
  const { running, bed } = await start("--nodes=1", "--workers=1");
  const family = await childrenOf(running.child.pid);
  const task = family.find(({ command }) => command.includes("tasks/testbed.ts"));
  assert.ok(task, "there is no testbed");
  for (const pid of [running.child.pid, task.pid]) Deno.kill(pid, "SIGKILL");
  await running.ended;
  await running.child.stdin.close().catch(() => {}); // its other end has gone
  await until("the end of all", async () => {
    const left = await Promise.all(family.map(({ pid }) => alive(pid)));
    return !left.includes(true) && !await exists(folderOf(bed));
  });
});

Deno.test("[O5] what a testbed cannot do is refused in words", async () => {
  const running = run(["task", "testbed", "--embedded", "--workers=2"]);
  assert.equal(await running.ended, 2);
  assert.match(running.lines.join("\n"), /leave out --nodes and --workers/);
});
