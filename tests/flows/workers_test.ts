/** Workers beside nodes that make no music themselves: woken, killed, stopped, cancelled (A16). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { ActorList } from "../../domain/actor_list.ts";
import type { RuntimeSnapshot } from "../../domain/overview.ts";
import type { Progress } from "../../domain/tracks.ts";
import { follow } from "../cluster/lifecycle_socket.ts";
import { song } from "../support/audio.ts";
import { ask, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { alive, until } from "../support/processes.ts";
import { run } from "../support/run.ts";
import { encodersOf, type WorkerSite, workerSite } from "../support/worker_site.ts";

let shared: WorkerSite;
Deno.test.beforeAll(async () => void (shared = await workerSite(2, 2)));
Deno.test.afterAll(async () => await shared[Symbol.asyncDispose]());

Deno.test("[A16] a worker is woken at once, and what it tells is heard at the other node", async () => {
  const bytes = await song("flac", 2);
  for (let turn = 0; turn < 3; turn++) { // runners look by themselves every 5 s: not thrice at once
    const { trackId, id } = await shared.send(bytes);
    const began = performance.now();
    await until("a worker", async () => (await shared.jobOf(id)).status !== "waiting", 2_000);
    ok(performance.now() - began < 2_000);
    const events = await ask<string>(shared.last, `/api/v1/tracks/${trackId}/events`);
    const told = events.body.split("\n").filter((line) => line.startsWith("data: "))
      .map((line) => JSON.parse(line.slice(6)) as Progress);
    equal(told.at(-1)?.status, "ready");
    match((await shared.jobOf(id)).worker ?? "", /^worker-/);
  }
});

Deno.test("[A16] many at once: every good one is done once, every bad one dead with its reason", async () => {
  const good = await song("flac", 2);
  const bad = good.map((byte, at) => at < 64 ? byte : (byte * 31 + at) % 251);
  const ids = await Promise.all(
    Array.from({ length: 8 }, (_, at) => shared.send(at % 4 === 3 ? bad : good, "song.flac")),
  );
  for (const [at, { trackId, id }] of ids.entries()) {
    const track = await waitForTrack(shared.last, trackId, ["ready", "failed"], {
      token: shared.token,
      ms: 60_000,
    });
    const job = await shared.jobOf(id);
    if (at % 4 === 3) {
      deepEqual([track.status, job.status], ["failed", "dead"]);
      ok(job.reason, "it says no reason");
    } else deepEqual([track.status, job.status, job.attempt], ["ready", "done", 1]);
  }
});

Deno.test("[A16] cancelled at a node, the attempt at the worker ends soon, and leaves nothing", async () => {
  const { trackId, id } = await shared.send(await song("wav", 120));
  await waitForTrack(shared.url, trackId, ["playable"]);
  const job = await shared.jobOf(id);
  const cancelled = await ask(shared.last, `/api/v1/admin/jobs/${job.id}/cancel`, {
    method: "POST",
    token: shared.token,
  });
  equal(cancelled.status, 200, JSON.stringify(cancelled.body));
  const pid = shared.worker(job.worker);
  // its own heartbeat would tell it after 5 s at most
  await until("the end of the encoders", async () => (await encodersOf(pid)).length === 0, 3_000);
  await until("an empty folder", async () => {
    const left = [...await filesBelow(`${shared.tells.dataDir}/media/tracks`)];
    return !left.some((path) => path.includes(id));
  });
});

Deno.test("[A16] SIGTERM gives a job back at once; kill -9 after 15 s of silence; made once, nothing left", async () => {
  await using bed = await workerSite(1, 3);
  const bytes = await song("wav", 90);
  const first = await bed.send(bytes);
  await waitForTrack(bed.url, first.trackId, ["playable"]);
  const stopped = bed.worker((await bed.jobOf(first.id)).worker);
  Deno.kill(stopped, "SIGTERM");
  await until("its end", async () => !await alive(stopped), 5_000);
  await until("another worker", async () => (await bed.jobOf(first.id)).attempt === 2, 8_000);
  const made = await waitForTrack(bed.last, first.trackId, ["ready", "failed"], { ms: 60_000 });
  equal(made.failure, null);
  const given = await bed.jobOf(first.id);
  deepEqual([given.status, given.lost, given.failures], ["done", 0, 0]);

  const second = await bed.send(bytes, "second.wav");
  await waitForTrack(bed.url, second.trackId, ["playable"]);
  const killed = bed.worker((await bed.jobOf(second.id)).worker);
  const encoders = await encodersOf(killed);
  ok(encoders.length > 0, "it works on nothing");
  Deno.kill(killed, "SIGKILL");
  await until("the end of its encoders", async () => {
    const left = await Promise.all(encoders.map(({ pid }) => alive(pid)));
    return !left.includes(true);
  }, 5_000);
  const track = await waitForTrack(bed.last, second.trackId, ["ready", "failed"], { ms: 90_000 });
  equal(track.failure, null);
  const job = await bed.jobOf(second.id);
  deepEqual([job.status, job.attempt, job.lost], ["done", 2, 1]);
  await until("the end of what the dead one made", async () => {
    const { trackId, id } = second;
    const files = await filesBelow(`${bed.tells.dataDir}/media/tracks/${trackId}/${id}`);
    return [...files].every((path) => path.split(`${id}/`)[1]?.startsWith("2/"));
  });
});

Deno.test("[A13] [A18] what lives on a worker is seen and begun anew from a node, and moves when it ends", async () => {
  await using bed = await workerSite(2, 1);
  const { url, last, token } = bed;
  const { id } = await bed.send(await song("wav", 90));
  const seen = async () => {
    const path = `/api/v1/admin/actors?kind=track_upload&q=${id}`;
    return (await ask<ActorList>(last, path, { token })).body.items[0];
  };
  await until("its actor on a worker", async () => /^worker-/.test((await seen())?.node ?? ""));
  const { node: worker = "", epoch } = await seen() ?? {};
  const path = `/api/v1/admin/actors/track_upload/${id}/restart`;
  const { status, body } = await ask(url, path, { method: "POST", token });
  equal(status, 200, JSON.stringify(body));
  await until("its next life", async () => ((await seen())?.epoch ?? 0) > (epoch ?? 0));
  const snapshot = await ask<RuntimeSnapshot>(url, "/api/v1/admin/runtime", { token });
  const names = snapshot.body.nodes.map(({ name }) => name).sort();
  deepEqual(names, ["node-1", "node-2", "worker-1"]);

  const told = await follow({ url: last }, token);
  const pid = bed.worker(worker);
  Deno.kill(pid, "SIGTERM");
  await told.saw("runtime.actor.moved.v1", `track_upload/${id}`);
  told.close();
  await told.closed;
  await until("its end", async () => !await alive(pid), 5_000);
});

Deno.test("[A11] a worker says in words what it lacks, and ends with 2", async () => {
  const words = ["run", "--frozen", "--no-prompt", "-q", "-P=node", "media/worker.ts"];
  const without = run(words);
  equal(await without.ended, 2);
  for (const name of ["DATABASE_URL", "NATS_URL"]) {
    ok(without.lines.some((line) => line.startsWith(`${name} is not set: wanted`)), name);
  }
  equal(without.lines.length, 2);
  const asNode = run(["run", "--frozen", "--no-prompt", "-q", "-P=node", "main.ts"], {
    env: { ROLES: "worker" },
  });
  equal(await asNode.ended, 2, "a node that is only a worker is a worker");
});
