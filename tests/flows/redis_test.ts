/** Two nodes and a Redis: limits and caches are common; without it they go on by themselves (O7, S5). */
import { equal, ok } from "node:assert/strict";
import { socketAddress } from "../../db/embedded.ts";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";
import { startRedis } from "../support/redis.ts";

interface Ready {
  readonly status: string;
  readonly checks: readonly { name: string; status: string }[];
}

/** Two nodes on one database and one Redis, with a limit of five sign-ins an hour. */
async function place() {
  await using owned = new AsyncDisposableStack();
  const database = owned.use(await testDatabase());
  const door = owned.use(cuttable(socketAddress(database.socketDir).path));
  const folder = owned.use(await temporary());
  const redis = owned.use(await startRedis());
  const env = {
    DATABASE_URL: `postgres://veza@127.0.0.1:${door.port}/${database.name}`,
    REDIS_URL: redis.url,
    RATE_LIMITS: "login=5/1h,register=100/1h",
    PUBLIC_URL: "http://127.0.0.1:1",
  };
  const start = async () => owned.use(await startNode({ env, dataDir: folder.path }));
  const [near, far] = [await start(), await start()];
  const kept = owned.move();
  return { redis, near, far, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

Deno.test("[O7] Redis: nodes count and remember together; it dies: degraded, never down; it returns", async () => {
  await using t = await place();
  const { near, far, redis } = t;
  const stateOf = async (url: string) => (await ask<Ready>(url, "/readyz")).body;
  for (const { url } of [near, far]) equal((await stateOf(url)).status, "ok");

  const { user, accessToken: token } = await register(near.url);
  const bytes = await song("flac", 1);
  const { body } = await upload(near.url, token, bytes, { fields: { visibility: "public" } });
  await waitForTrack(near.url, body.track.id, ["ready"], { token });
  const path = `/api/v1/tracks/${body.track.id}`;
  const see = async (url: string) => await ask<Track>(url, path);
  const change = async (url: string, json: unknown) => {
    equal((await ask(url, path, { method: "PATCH", token, json })).status, 200);
  };
  const hides = async (turns: number) => {
    for (let turn = 0; turn < turns; turn++) {
      equal((await see(far.url)).status, 200);
      await change(near.url, { visibility: "private" });
      equal((await see(far.url)).status, 404, "what one node hid, the other shows");
      await change(far.url, { visibility: "public", title: `turn ${turn}` });
      equal((await see(near.url)).body.title, `turn ${turn}`);
    }
  };
  await hides(5);

  const signsIn = async (url: string, login: string) => {
    const json = { login, password: "wrong but long enough" };
    return (await ask(url, "/api/v1/auth/login", { json })).status;
  };
  /** Of ten tries, now here, now there, how many were let in. */
  const admitted = async () => {
    let count = 0;
    for (let turn = 0; turn < 10; turn++) {
      const status = await signsIn(turn % 2 ? near.url : far.url, user.username);
      ok(status === 401 || status === 429, `${status}`);
      if (status === 401) count++;
    }
    return count;
  };
  equal(await admitted(), 5);

  await redis.kill9();
  await until("degraded", async () => (await stateOf(near.url)).status === "degraded");
  equal((await ask(near.url, "/readyz")).status, 200, "degraded is not down");
  await until("degraded", async () => (await stateOf(far.url)).status === "degraded");
  await hides(2);
  const later = await admitted();
  ok(later <= 5, `${later} more were let in: neither node forgets what it has let in itself`);

  await redis.restart();
  for (const { url } of [near, far]) {
    await until("recovery", async () => (await stateOf(url)).status === "ok");
  }
  await hides(2);
});
