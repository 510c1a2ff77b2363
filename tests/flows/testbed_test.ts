/** The testbed: one line of JSON, a node with an administrator, and nothing left behind (O5). */
import assert from "node:assert/strict";
import type { Testbed } from "../../tasks/testbed.ts";
import { ask } from "../support/client.ts";
import { alive, childrenOf } from "../support/processes.ts";
import { run, type Running } from "../support/run.ts";

async function start(): Promise<{ running: Running; bed: Testbed }> {
  const running = run(["task", "testbed", "--embedded"], { input: true });
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
  const { running, bed } = await start();
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
  const { running, bed } = await start();
  Deno.kill(running.child.pid, "SIGTERM");
  await running.ended;
  await running.child.stdin.close().catch(() => {}); // its other end has gone
  assert.equal(await exists(bed.dataDir), false);
});

Deno.test("[O5] what it cannot do yet is refused in words", async () => {
  for (const words of [["--nodes", "3"], ["--embedded", "--workers=2"], []]) {
    const running = run(["task", "testbed", ...words]);
    assert.equal(await running.ended, 2);
    assert.match(running.lines.join("\n"), words.length > 0 ? /use --embedded/ : /no --embedded/);
  }
});
