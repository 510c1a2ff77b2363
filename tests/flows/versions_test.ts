/** Versions of a track over HTTP: replaced without a gap, taken back, and deleted. */
import { deepEqual, equal, notEqual } from "node:assert/strict";
import type { Track, TrackVersion } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, type Grant, register, upload, waitForTrack } from "../support/client.ts";
import { filesBelow } from "../support/files.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";

let node: RunningNode;
let anna: Grant;
Deno.test.beforeAll(async () => {
  node = await startNode();
  anna = await register(node.url);
});
Deno.test.afterAll(async () => void await node.stop());

interface List {
  readonly items: TrackVersion[];
}

const at = (id: string, rest = "") => `/api/v1/tracks/${id}/versions${rest}`;
const asAnna = <T>(path: string, method = "GET") =>
  ask<T>(node.url, path, { method, token: anna.accessToken });
const versionsOf = async (id: string) => (await asAnna<List>(at(id))).body.items;
const trackOf = async (id: string) => (await asAnna<Track>(`/api/v1/tracks/${id}`)).body;

/** Sends another file for the track; the id of the version. */
async function replace(id: string, bytes: Uint8Array<ArrayBuffer>, name = "new.flac") {
  const body = new FormData();
  body.set("file", new Blob([bytes]), name);
  const answer = await ask<{ upload: { id: string; trackId: string } }>(node.url, at(id), {
    token: anna.accessToken,
    body,
  });
  equal(answer.status, 202, JSON.stringify(answer.body));
  equal(answer.body.upload.trackId, id);
  return answer.body.upload.id;
}

async function settled(id: string, version: string): Promise<TrackVersion> {
  let found: TrackVersion | undefined;
  await until(`the end of ${version}`, async () => {
    found = (await versionsOf(id)).find((one) => one.id === version);
    return found?.status === "ready" || found?.status === "failed";
  }, 60_000);
  return found!;
}

async function firstTrack(seconds = 3, fields: Record<string, string> = {}) {
  const { status, body } = await upload(node.url, anna.accessToken, await song("wav", seconds), {
    name: "first.wav",
    fields,
  });
  equal(status, 202, JSON.stringify(body));
  return await waitForTrack(node.url, body.track.id, ["ready"], { token: anna.accessToken });
}

/** What of a track is a person's, and no version's. */
const kept = ({ title, visibility, playCount, createdAt }: Track) => ({
  ...{ title, visibility, playCount, createdAt },
});

Deno.test("[U1] a new version plays from its first segment on; what was said of the track stays", async () => {
  const before = await firstTrack(3, { title: "Kept", visibility: "unlisted" });
  const { id } = before;
  await ask(node.url, `/api/v1/tracks/${id}/plays`, { method: "POST", token: anna.accessToken });
  const [first] = await versionsOf(id);
  deepEqual([first?.current, first?.status, first?.filename], [true, "ready", "first.wav"]);
  const second = await replace(id, await song("flac", 5));
  // until the new one can be played, the old one can: never is there nothing
  await until("the switch", async () => {
    const { status, durationMs, streamUrl } = await trackOf(id);
    equal(["ready", "playable"].includes(status), true, `the track was ${status}`);
    equal((await asAnna(streamUrl!)).status, 200, "what it shows can be played");
    return Math.round(durationMs! / 1_000) === 5;
  }, 30_000);
  equal((await settled(id, second)).failure, null);
  const after = await trackOf(id);
  deepEqual(kept(after), { ...kept(before), playCount: 1 });
  deepEqual([after.status, after.percent, after.source?.codec], ["ready", 100, "flac"]);
  notEqual(after.source?.sha256, before.source?.sha256);
  const list = await versionsOf(id);
  deepEqual(list.map(({ id: one, current, status }) => [one, current, status]), [
    [second, true, "ready"],
    [first?.id, false, "ready"],
  ]);
  deepEqual(list.map(({ source }) => source?.codec), ["flac", before.source?.codec]);
});

Deno.test("[U1] a version that fails leaves the track as it was, and tells why itself", async () => {
  const before = await firstTrack();
  const broken = await song("flac", 5);
  crypto.getRandomValues(broken.subarray(9_000, 60_000));
  const bad = await settled(before.id, await replace(before.id, broken));
  deepEqual([bad.status, bad.failure?.code, bad.current], ["failed", "corrupt", false]);
  const after = await trackOf(before.id);
  deepEqual({ ...after, updatedAt: "" }, { ...before, updatedAt: "" });
  equal((await asAnna(after.streamUrl!)).status, 200);
});

Deno.test("[U1] of a track that failed, the next version is the track", async () => {
  const broken = await song("flac", 5);
  crypto.getRandomValues(broken.subarray(9_000, 60_000));
  const { body } = await upload(node.url, anna.accessToken, broken, { name: "broken.flac" });
  const { id } = body.track;
  await waitForTrack(node.url, id, ["failed"], { token: anna.accessToken });
  await replace(id, await song("wav", 2));
  equal(["processing", "playable", "ready"].includes((await trackOf(id)).status), true);
  const track = await waitForTrack(node.url, id, ["ready"], { token: anna.accessToken });
  equal(track.failure, null);
});

Deno.test("[U1] events tell of the newest version, up to its end", async () => {
  const { id } = await firstTrack();
  const version = await replace(id, await song("wav", 8));
  const { body } = await ask<string>(node.url, `/api/v1/tracks/${id}/events`, {
    token: anna.accessToken,
  });
  const told = body.split("\n").filter((line) => line.startsWith("data: "))
    .map((line) => JSON.parse(line.slice(6)) as { uploadId: string; percent: number });
  deepEqual([...new Set(told.map(({ uploadId }) => uploadId))], [version]);
  const percents = told.map(({ percent }) => percent);
  deepEqual(percents, percents.toSorted((a, b) => a - b), "never back");
  equal(body.includes("event: done"), true);
});

Deno.test("[U1] an older version can be played again; one that is not played can be deleted", async () => {
  const { id } = await firstTrack(2);
  const [first] = await versionsOf(id);
  const second = await replace(id, await song("wav", 4));
  await settled(id, second);
  const seconds = async () => Math.round((await trackOf(id)).durationMs! / 1_000);
  equal(await seconds(), 4);

  equal((await asAnna(at(id, `/${second}`), "DELETE")).status, 409, "it is played");
  const back = await asAnna<List>(at(id, `/${first?.id}/current`), "POST");
  equal(back.status, 200);
  deepEqual(back.body.items.map(({ current }) => current), [false, true]);
  equal(await seconds(), 2);

  equal((await asAnna(at(id, `/${second}`), "DELETE")).status, 204);
  deepEqual((await versionsOf(id)).map((one) => one.id), [first?.id]);
  equal((await asAnna(at(id, `/${second}`), "DELETE")).status, 404);
  equal((await asAnna(at(id, `/${second}/current`), "POST")).status, 404);
  const left = await filesBelow(`${node.dataDir}/media`);
  deepEqual(left.filter((path) => path.includes(second)), [], "its blobs are gone");
  equal((await asAnna((await trackOf(id)).streamUrl!)).status, 200, "the other's are not");
});

Deno.test("[U15] deleted while it is made, a version leaves nothing, and the track as it was", async () => {
  const before = await firstTrack(2);
  const version = await replace(before.id, await song("wav", 60));
  equal((await asAnna(at(before.id, `/${version}`), "DELETE")).status, 204);
  const after = await trackOf(before.id);
  deepEqual({ ...after, updatedAt: "" }, { ...before, updatedAt: "" });
  await until("no blob and no scratch", async () => {
    const left = [
      ...await filesBelow(`${node.dataDir}/media`),
      ...await filesBelow(`${node.dataDir}/work`),
    ];
    return !left.some((path) => path.includes(version));
  });
});

Deno.test("[S4] versions are their owner's: others learn and change nothing", async () => {
  const { id } = await firstTrack(1);
  const [first] = await versionsOf(id);
  const eve = await register(node.url);
  for (
    const [method, path] of [
      ["GET", at(id)],
      ["POST", at(id)],
      ["POST", at(id, `/${first?.id}/current`)],
      ["DELETE", at(id, `/${first?.id}`)],
    ] as const
  ) {
    const { status } = await ask(node.url, path, { method, token: eve.accessToken });
    equal(status, 403, `${method} ${path}`);
  }
  equal((await versionsOf(id)).length, 1);
});

Deno.test("[H3] a form for a version has a file and no fields", async () => {
  const { id } = await firstTrack(1);
  const body = new FormData();
  body.set("title", "Another");
  body.set("file", new Blob([await song("wav", 1)]), "x.wav");
  const answer = await ask<{ code: string; errors: { path: string }[] }>(node.url, at(id), {
    token: anna.accessToken,
    body,
  });
  deepEqual([answer.status, answer.body.errors[0]?.path], [422, "title"]);
  equal((await versionsOf(id)).length, 1);
});
