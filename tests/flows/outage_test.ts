/** The database goes away under a node, and comes back (O2, O8, O16). */
import assert from "node:assert/strict";
import { socketAddress } from "../../db/embedded.ts";
import { type Answer, ask, PASSWORD, register } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { alive, childrenOf, until } from "../support/processes.ts";

interface Problem {
  readonly status: number;
  readonly code: string;
}
interface Ready {
  readonly status: string;
  readonly checks: readonly { name: string; status: string }[];
}

const ready = (node: RunningNode) => ask<Ready>(node.url, "/readyz");
/** A request that cannot be answered without the database. */
const login = (node: RunningNode, email: string) =>
  ask<Problem>(node.url, "/api/v1/auth/login", { json: { login: email, password: PASSWORD } });

function assertUnavailable({ status, headers, body }: Answer<Problem>): void {
  assert.equal(status, 503, JSON.stringify(body));
  assert.match(headers.get("Content-Type") ?? "", /^application\/problem\+json/);
  assert.equal(body.code, "unavailable");
}

const serverOf = async (node: RunningNode) => {
  const found = (await childrenOf(node.pid)).find(({ command }) =>
    / -D .*\/postgres /.test(command)
  );
  assert.ok(found, "the node has no postgres");
  return found.pid;
};

Deno.test("[O2] the embedded database is killed: it comes back by itself, with all that was answered", async () => {
  await using node = await startNode();
  const { user } = await register(node.url);
  const pid = await serverOf(node);
  Deno.kill(pid, "SIGKILL");
  const answers: Answer<Problem>[] = [];
  await until("a login", async () => {
    const answer = await login(node, `${user.username}@example.org`);
    answers.push(answer);
    return answer.status === 200;
  });
  for (const answer of answers.slice(0, -1)) assertUnavailable(answer);
  await until("readiness", async () => (await ready(node)).status === 200);
  assert.notEqual(await serverOf(node), pid);
  assert.ok(node.logs().some((line) => line.includes("PostgreSQL ended under us")));
});

Deno.test("[O2] an embedded database that dies again and again ends the node, which says so", async () => {
  const node = await startNode();
  for (let deaths = 1; deaths <= 6; deaths++) {
    Deno.kill(await serverOf(node), "SIGKILL");
    const back = () => node.logs().filter((line) => line.includes("PostgreSQL is back")).length;
    await until(
      deaths < 6 ? `life ${deaths + 1}` : "the end of the node",
      async () => deaths < 6 ? back() === deaths : !await alive(node.pid),
    );
  }
  assert.ok(node.logs().some((line) => /^PostgreSQL ended 6 times in a minute/.test(line)));
  await node.stop();
});

Deno.test("[O16] a frozen database: not ready, but alive; ready again when it thaws", async () => {
  await using node = await startNode();
  const pid = await serverOf(node);
  const frozen = [pid, ...(await childrenOf(pid)).map((child) => child.pid)];
  for (const one of frozen) Deno.kill(one, "SIGSTOP");
  try {
    const { status, body } = await ready(node);
    assert.equal(status, 503);
    assert.equal(body.checks.find(({ name }) => name === "postgresql")?.status, "down");
    assert.equal((await ask(node.url, "/healthz")).status, 200);
  } finally {
    for (const one of frozen) Deno.kill(one, "SIGCONT");
  }
  await until("readiness", async () => (await ready(node)).status === 200);
});

Deno.test("[O8] an external database goes away: a clear `unavailable`, and on it goes when it is back", async () => {
  await using database = await testDatabase();
  await using cut = cuttable(socketAddress(database.socketDir).path);
  const url = `postgres://veza@127.0.0.1:${cut.port}/${database.name}`;
  await using node = await startNode({ env: { DATABASE_URL: url } });
  assert.deepEqual(
    (await childrenOf(node.pid)).filter(({ command }) => command.includes("postgres")),
    [],
  );
  const { user } = await register(node.url);
  const email = `${user.username}@example.org`;
  cut.down();
  const began = performance.now();
  // the node may first use connections that it does not know to be dead
  await Promise.all([1, 2, 3, 4].map(async () => assertUnavailable(await login(node, email))));
  // each waits five seconds at the most, and twice where a connection dies under it
  assert.ok(performance.now() - began < 20_000, "callers waited too long");
  assert.equal((await ready(node)).status, 503);
  assert.equal((await ask(node.url, "/healthz")).status, 200);
  cut.up();
  await until("readiness", async () => (await ready(node)).status === 200);
  assert.equal((await login(node, email)).status, 200);
});

Deno.test("[O8] a node stops cleanly while its database is away", async () => {
  await using database = await testDatabase();
  await using cut = cuttable(socketAddress(database.socketDir).path);
  const url = `postgres://veza@127.0.0.1:${cut.port}/${database.name}`;
  const node = await startNode({ env: { DATABASE_URL: url } });
  cut.down();
  const began = performance.now();
  await node.stop();
  assert.ok(performance.now() - began < 20_000); // as long as DRAIN_SECONDS is; idle it takes 2 s
  assert.equal(await alive(node.pid), false);
});
