/** PostgreSQL is restarted under a node that works: callers wait, and nothing acked is lost (O8). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ask, register } from "../support/client.ts";
import { startNode } from "../support/node.ts";
import { startPostgres } from "../support/postgres.ts";
import { until } from "../support/processes.ts";

const CLIENTS = 6;
/** Five seconds of patience (O8), and what a busy machine needs beside. In ms. */
const MOST_MS = 10_000;

interface Told {
  readonly status: number;
  readonly code: string;
  readonly ms: number;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** So many of them at work; disposing of it ends that. */
async function crowd(url: string, told: Told[]) {
  const users = await Promise.all(Array.from({ length: CLIENTS }, () => busyUser(url, told)));
  const stop = async () => void await Promise.all(users.map((user) => user.stop()));
  return {
    async check() {
      await stop();
      for (const user of users) await user.check();
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** Somebody who changes their name again and again; remembers what was acked. */
async function busyUser(url: string, told: Told[]) {
  const { accessToken: token } = await register(url);
  const me = "/api/v1/users/me";
  let acked = 0;
  let tried = 0;
  let going = true;
  const work = (async () => {
    while (going) {
      const began = performance.now();
      const json = { displayName: `${++tried}` };
      const { status, body } = await ask(url, me, { method: "PATCH", token, json });
      if (status === 200) acked = tried;
      told.push({ status, code: String(body.code), ms: performance.now() - began });
      await pause(5);
    }
  })();
  return {
    async stop() {
      going = false;
      await work;
    },
    /** What is there is what was acked last, or a change after it whose outcome was unknown. */
    async check() {
      const { body } = await ask<{ displayName: string }>(url, me, { token });
      const found = Number(body.displayName);
      ok(found >= acked && found <= tried, `${acked} was acked, ${found} is there, of ${tried}`);
    },
  };
}

Deno.test("[O8] a restart under load, fast and immediate: writes wait; what was under way is told", async () => {
  await using postgres = await startPostgres();
  await using node = await startNode({ env: { DATABASE_URL: postgres.url } });
  const told: Told[] = [];
  await using users = await crowd(node.url, told);
  await until("some load", () => Promise.resolve(told.length > 60));
  for (const mode of ["fast", "immediate"] as const) {
    const before = told.length;
    await postgres.end(mode);
    await pause(300); // what was under way has been told
    const from = told.length;
    await pause(500);
    await postgres.begin();
    const back = told.length;
    await until("load again", () => Promise.resolve(told.length > back + 60));
    const failed = (some: Told[]) => some.filter(({ status }) => status !== 200);
    for (const one of failed(told.slice(before))) {
      equal(`${one.status} ${one.code}`, "503 unavailable");
    }
    deepEqual(failed(told.slice(from)), [], `writes did not wait at the ${mode} restart`);
  }
  await users.check();
  ok(Math.max(...told.map(({ ms }) => ms)) < MOST_MS, "somebody waited too long");
  deepEqual(node.logs().filter((line) => line.includes("an error escaped")), []);
});

Deno.test("[O8] it stays away: each caller has a clear `unavailable` after five seconds; then all is well", async () => {
  await using postgres = await startPostgres();
  await using node = await startNode({ env: { DATABASE_URL: postgres.url } });
  const told: Told[] = [];
  await using users = await crowd(node.url, told);
  await postgres.end("fast");
  await pause(200); // what was under way has been told
  const from = told.length;
  await until("each of them is told", () => Promise.resolve(told.length >= from + CLIENTS));
  for (const { status, code, ms } of told.slice(from)) {
    equal(`${status} ${code}`, "503 unavailable");
    ok(ms < MOST_MS, `it took ${ms} ms`);
  }
  await postgres.begin();
  await until("an ack", () => Promise.resolve(told.at(-1)?.status === 200));
  await users.check();
});
