/** Jobs on whole nodes: given up with a reason, tried again, cancelled, and taken over (A16). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { socketAddress } from "../../db/embedded.ts";
import type { Job } from "../../domain/jobs.ts";
import type { Progress } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, PASSWORD, register, upload, waitForTrack } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";
import { run } from "../support/run.ts";
import { stubFfmpeg } from "../support/stub_ffmpeg.ts";

/** `deno task jobs …` beside a node: its exit code and what it printed. */
async function task(node: Pick<RunningNode, "dataDir">, ...words: string[]) {
  const { ended, lines } = run(["task", "-q", "jobs", ...words], {
    env: { DATA_DIR: node.dataDir },
  });
  const code = await ended;
  return { code, text: lines.join("\n") };
}

const jobsOf = async (node: RunningNode): Promise<Job[]> => {
  const { code, text } = await task(node, "--json");
  equal(code, 0, text);
  return JSON.parse(text);
};

Deno.test("[A16] given up after three attempts, with reason and last words; mended and tried again, ready", async () => {
  await using stub = await stubFfmpeg({
    "needle": { at: "measure", script: 'echo "the needle broke" >&2; kill -SEGV $$' },
  });
  await using node = await startNode({ env: { FFMPEG: stub.path } });
  const anna = await register(node.url);
  const { body } = await upload(node.url, anna.accessToken, await stub.song("needle"));
  const failed = await waitForTrack(node.url, body.track.id, ["failed"]);
  equal(failed.failure?.code, "processing_failed");
  ok(!JSON.stringify(failed).includes("needle"), "ffmpeg's words are not for the owner");

  const dead = await task(node, "--dead");
  equal(dead.code, 0);
  match(dead.text, /dead +transcode .* 3 .*SIGSEGV/);
  const [job] = await jobsOf(node);
  deepEqual([job?.status, job?.attempt, job?.failures], ["dead", 3, 3]);
  const shown = await task(node, "show", job!.id);
  match(shown.text, /the needle broke/);

  await Deno.writeTextFile(stub.path, '#!/bin/sh\nexec "$(command -v ffmpeg)" "$@"\n'); // mended
  const retried = await task(node, "retry", job!.id);
  equal(retried.code, 0);
  match(retried.text, /^Job [0-9a-f-]+ is (waiting|running) now$/); // it may have been claimed by then
  const ready = await waitForTrack(node.url, body.track.id, ["ready"]);
  equal(ready.failure, null);
  const again = await task(node, "retry", job!.id);
  deepEqual([again.code, again.text], [1, "The job is running or done"]);
  const after = (await jobsOf(node))[0];
  deepEqual([after?.status, after?.failures, after?.reason], ["done", 0, null]);
});

Deno.test("[A16] cancelled while it runs: it ends at once, nothing stays, and it can be tried again", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  // long, so that there is still work when the task has started on a busy machine
  const { body } = await upload(node.url, anna.accessToken, await song("flac", 480));
  const { trackId, id } = body.upload;
  await waitForTrack(node.url, trackId, ["playable"]);
  const [job] = await jobsOf(node);
  const cancelled = await task(node, "cancel", job!.id);
  deepEqual([cancelled.code, cancelled.text], [0, `Job ${job!.id} is cancelled now`]);
  const track = await waitForTrack(node.url, trackId, ["failed"], { token: anna.accessToken });
  deepEqual([track.failure?.code, track.streamUrl], ["cancelled", null]);
  const left = [...await filesBelow(`${node.dataDir}/media/tracks`)];
  left.push(...await filesBelow(`${node.dataDir}/work`));
  deepEqual(left.filter((path) => path.includes(id)), []);
  equal((await task(node, "retry", job!.id)).code, 0);
  await waitForTrack(node.url, trackId, ["playable", "ready"]);
});

Deno.test("[U5] after kill -9 the percent goes on from where it was, and never back", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const { body } = await upload(node.url, anna.accessToken, await song("wav", 90));
  const { trackId } = body.upload;
  let before = 0;
  await until("some progress", async () => {
    before = (await ask<Progress>(node.url, `/api/v1/tracks/${trackId}`)).body.percent;
    return before > 15;
  });
  await node.kill9();
  await node.restart();
  const events = await ask<string>(node.url, `/api/v1/tracks/${trackId}/events`);
  const percents = events.body.split("\n").filter((line) => line.startsWith("data: "))
    .map((line) => (JSON.parse(line.slice(6)) as Progress).percent);
  ok(percents[0]! >= before, `from ${before} back to ${percents[0]}`);
  deepEqual(percents, percents.toSorted((a, b) => a - b));
  equal(percents.at(-1), 100);
  const [job] = await jobsOf(node);
  deepEqual([job?.status, job?.attempt, job?.lost, job?.failures], ["done", 2, 1, 0]);
});

Deno.test("[A16] two nodes on one database: each upload is worked on once, and a killed node's is taken over", async () => {
  await using database = await testDatabase();
  await using cut = cuttable(socketAddress(database.socketDir).path);
  await using folder = await temporary();
  const env = { DATABASE_URL: `postgres://veza@127.0.0.1:${cut.port}/${database.name}` };
  const options = { env, dataDir: folder.path };
  await using first = await startNode({ ...options, env: { ...env, NODE_NAME: "first" } });
  await using second = await startNode({ ...options, env: { ...env, NODE_NAME: "second" } });
  const anna = await register(first.url);
  const login = { login: anna.user.username, password: PASSWORD };
  const there = await ask<Grant>(second.url, "/api/v1/auth/login", { json: login });
  const bytes = await song("flac", 3);
  const ids = await Promise.all(Array.from({ length: 6 }, async (_, at) => {
    const [url, token] = at % 2
      ? [first.url, anna.accessToken]
      : [second.url, there.body.accessToken];
    const answer = await upload(url, token, bytes);
    equal(answer.status, 202, JSON.stringify(answer.body));
    return answer.body.track.id;
  }));
  for (const id of ids) {
    const track = await waitForTrack(second.url, id, ["ready", "failed"], { ms: 60_000 });
    equal(track.failure, null);
  }
  const jobs = await jobsOf(first);
  deepEqual(jobs.map(({ status, attempt }) => [status, attempt]), ids.map(() => ["done", 1]));

  const { body } = await upload(first.url, anna.accessToken, await song("wav", 120));
  const { trackId, id } = body.upload;
  await waitForTrack(first.url, trackId, ["playable"]);
  const taken = async () => (await jobsOf(second)).find(({ subject }) => subject === id);
  const { worker } = (await taken())!;
  const [killed, other] = worker === "first" ? [first, second] : [second, first];
  await killed.kill9();
  const track = await waitForTrack(other.url, trackId, ["ready", "failed"], { ms: 90_000 });
  equal(track.failure, null);
  const job = (await jobsOf(other)).find(({ subject }) => subject === id);
  deepEqual([job?.status, job?.attempt, job?.lost], ["done", 2, 1]);
  equal(job?.worker, worker === "first" ? "second" : "first");
  const places = (await filesBelow(`${folder.path}/media/tracks/${trackId}/${id}`))
    .map((path) => path.split(`${id}/`)[1]?.split("/")[0]);
  deepEqual([...new Set(places)], ["2"], "what the dead one made is gone");
});

Deno.test("[O4] the task says in words what it cannot do", async () => {
  await using empty = await temporary();
  const nobody = await task({ dataDir: empty.path });
  equal(nobody.code, 1);
  match(nobody.text, /No node answers in DATA_DIR/);
  for (const words of [["--bad"], ["show"], ["show", "x"], ["--status=odd"], ["--limit=0"]]) {
    const { code, text } = await task({ dataDir: empty.path }, ...words);
    equal(code, 2, text);
    match(text, /Usage:/);
  }
  equal((await task({ dataDir: empty.path }, "--help")).code, 0);
});

Deno.test("[S4] only the operator's own user can reach the socket of a node", async () => {
  await using node = await startNode();
  const folder = await Deno.stat(`${node.dataDir}/operators`);
  equal((folder.mode ?? 0) & 0o777, 0o700);
  const [first] = await Array.fromAsync(Deno.readDir(`${node.dataDir}/operators`));
  await node.kill9();
  await node.restart();
  const left = await Array.fromAsync(Deno.readDir(`${node.dataDir}/operators`));
  equal(left.length, 1, "the killed one's is gone");
  ok(left[0]?.name !== first?.name);
  equal((await task(node)).text, "No jobs");
});
