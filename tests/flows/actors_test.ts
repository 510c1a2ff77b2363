/** Actors and their lifecycle on a whole node, as an administrator sees them (A18, A19). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ActorView, RuntimeEvent } from "../../domain/runtime.ts";
import { setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { run } from "../support/run.ts";

async function administrator(node: RunningNode): Promise<Grant> {
  const grant = await register(node.url);
  await setRoles(node, grant.user.id, ["admin"]);
  await until(
    "the role to count",
    async () =>
      (await ask(node.url, "/api/v1/admin/actors", { token: grant.accessToken })).status === 200,
  );
  return grant;
}

const actorsOf = async (node: RunningNode, { accessToken }: Grant) =>
  (await ask<{ items: ActorView[]; total: Record<string, number> }>(
    node.url,
    "/api/v1/admin/actors",
    { token: accessToken },
  )).body;

/** Follows the feed; what came, in order. */
async function follow(node: RunningNode, headers: Record<string, string>) {
  const events: RuntimeEvent[] = [];
  // Deno's own takes headers; the browser's types, which the project is checked with, do not know
  const options = { headers } as unknown as string[];
  const socket = new WebSocket(node.url.replace("http", "ws") + "/ws/runtime", options);
  socket.onmessage = ({ data }) => void events.push(JSON.parse(data));
  await new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the socket was refused"));
  });
  return { socket, events };
}

Deno.test("[A18] [A19] an upload is seen as an actor, crashes on demand and recovers; its life is told", async () => {
  await using node = await startNode({ env: { DEMO: "1", NODE_NAME: "shown" } });
  const admin = await administrator(node);
  const { socket, events } = await follow(node, { Authorization: `Bearer ${admin.accessToken}` });
  const { body } = await upload(node.url, admin.accessToken, await song("wav", 60));
  const { id } = body.upload;
  let seen: ActorView | undefined;
  await until("the actor", async () => {
    const { items, total } = await actorsOf(node, admin);
    seen = items.find(({ key }) => key === id);
    return seen !== undefined && total.track_upload === 1 && seen.handled > 0;
  });
  equal(seen?.node, "shown");
  deepEqual([seen?.kind, seen?.phase, seen?.crashes], ["track_upload", "serving", 0]);
  ok(seen?.p99Ms && seen.p50Ms && seen.p50Ms <= seen.p99Ms);

  const path = `/api/v1/admin/actors/track_upload/${id}`;
  const post = (act: string) =>
    ask(node.url, `${path}/${act}`, { method: "POST", token: admin.accessToken });
  deepEqual((await post("crash")).body, { kind: "track_upload", key: id });
  await until(
    "the crash to be told",
    () => Promise.resolve(events.some(({ eventType }) => eventType === "runtime.actor.crashed.v1")),
  );
  equal((await post("restart")).status, 200);
  const told = run(["task", "-q", "actors"], { env: { DATA_DIR: node.dataDir } });
  equal(await told.ended, 0);
  match(told.lines.join("\n"), new RegExp(`track_upload/${id} +serving`));
  const track = await waitForTrack(node.url, body.track.id, ["ready", "failed"]);
  equal(track.status, "ready");
  const types = events.filter(({ aggregateId }) => aggregateId === `track_upload/${id}`)
    .map(({ eventType }) => eventType);
  ok(types.filter((type) => type === "runtime.actor.started.v1").length >= 2, types.join());
  equal(
    (await ask(node.url, "/api/v1/admin/actors/room/nobody/restart", {
      method: "POST",
      token: admin.accessToken,
    })).status,
    404,
  );
  socket.close();
});

Deno.test("[S1] [S4] who is an administrator no longer is cut off from the feed within five seconds", async () => {
  await using node = await startNode();
  const admin = await administrator(node);
  const { socket } = await follow(node, { Authorization: `Bearer ${admin.accessToken}` });
  const closed = new Promise<string>((resolve) => socket.onclose = ({ reason }) => resolve(reason));
  await setRoles(node, admin.user.id, ["user"]);
  let reason = "";
  void closed.then((told) => reason = told);
  await until("the end", () => Promise.resolve(reason !== ""), 5_000);
  equal(reason, "session_ended");
});

Deno.test("[A18] [S4] only administrators look, and nothing is made to crash but in a demonstration", async () => {
  await using node = await startNode();
  const admin = await administrator(node);
  const user = await register(node.url);
  const headers = { Authorization: `Bearer ${user.accessToken}` };
  await follow(node, headers).then(
    () => ok(false, "a user follows the runtime"),
    (error) => match(error.message, /refused/),
  );
  const other = { Authorization: `Bearer ${admin.accessToken}`, Origin: "https://evil.example" };
  await follow(node, other).then(
    () => ok(false, "another site's page follows the runtime"),
    (error) => match(error.message, /refused/),
  );
  const { body, status } = await ask(node.url, "/api/v1/admin/actors/track_upload/x/crash", {
    method: "POST",
    token: admin.accessToken,
  });
  deepEqual([status, body.code], [404, "not_found"]);
});
