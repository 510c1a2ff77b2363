/** Nodes that share a database and a folder: one upload is written, ended and removed by one (U3). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { type Blobs, diskBlobs } from "../../media/blobs.ts";
import type { Intake } from "../../routes/intake.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { temporary } from "../support/processes.ts";
import { outcome, resumableNode, sending } from "../support/resumable.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const refusal = (code: "conflict" | "not_found" | "quota_exceeded" | "unsafe_media") =>
(
  error: unknown,
) => isRejection(error, code);

type Settings = Partial<Omit<Parameters<typeof resumableNode>[0], "sql" | "dir" | "blobs">>;

/** Two nodes and an account; `hold` makes the blobs wait before they take a whole file. */
async function setup({ one = {}, two = {} }: { one?: Settings; two?: Settings } = {}) {
  await using owned = new AsyncDisposableStack();
  const folder = owned.use(await temporary());
  const database = owned.use(await testDatabase());
  const dir = folder.path;
  const disk = diskBlobs(`${dir}/media`);
  const gate = { reached: Promise.withResolvers<void>(), open: Promise.resolve() };
  const adopted: string[] = [];
  const blobs: Blobs = {
    ...disk,
    async adopt(from, key) {
      adopted.push(key);
      gate.reached.resolve();
      await gate.open;
      return await disk.adopt(from, key);
    },
  };
  const make = (settings: Settings) => {
    const made = resumableNode({ sql: database.connect(3), dir, blobs, ...settings });
    owned.use(made.storage);
    return made;
  };
  const nodes = { one: make(one), two: make(two) };
  const user = await nodes.one.storage.account();
  const kept = owned.move();
  return {
    ...nodes,
    ...{ user, disk, adopted, gate, sql: database.sql },
    files: () => filesBelow(dir),
    tracks: async () => (await database.sql`select 1 from tracks`).length,
    sums: async () =>
      (await database.sql<{ sha256: string }[]>`select sha256 from uploads`).map((row) =>
        row.sha256
      ),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test("[U3] two nodes: who writes second is refused, and the blob is what its hash says", async () => {
  await using t = await setup();
  const { uploadId: id, blobKey } = await t.one.create(t.user, 12);
  await t.one.append(id, 0, sending(bytesOf("one ")));
  const more = Promise.withResolvers<void>();
  const writing = t.one.append(id, 4, sending(bytesOf("two "), more.promise));
  while (await t.one.uploads.pieces.size(id) < 8) await new Promise((go) => setTimeout(go, 5));
  await rejects(t.two.append(id, 4, sending(bytesOf("xxxxxxxx"))), refusal("conflict"));
  more.resolve();
  equal(await writing, 8, "and the first is unharmed");
  equal(await t.two.append(id, 8, sending(bytesOf("last"))), 12, "then the other goes on");
  await rejects(t.one.append(id, 8, sending(bytesOf("LAST"))), refusal("conflict"));
  equal((await t.two.uploads.finish(id)).status, "accepted");
  equal(new TextDecoder().decode(await t.disk.read(blobKey)), "one two last");
  deepEqual(await t.sums(), [sha256("one two last")]);
});

Deno.test("[U3] two nodes end an upload at once: one hands it on, both name the one track", async () => {
  await using t = await setup();
  const { uploadId: id, trackId } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  const open = Promise.withResolvers<void>();
  t.gate.open = open.promise;
  const first = t.one.uploads.finish(id);
  await t.gate.reached.promise;
  await t.two.uploads.sweep();
  const second = t.two.uploads.find(t.user, id);
  open.resolve();
  const ended = await Promise.all([first, second]);
  deepEqual(ended.map((one) => [one.status, one.trackId]), Array(2).fill(["accepted", trackId]));
  deepEqual([t.adopted.length, await t.tracks()], [1, 1]);
  deepEqual([t.one.warnings, t.two.warnings], [[], []]);
});

Deno.test("[U3] removed while another node makes the track: there is none, and no bytes", async () => {
  await using t = await setup();
  const { uploadId: id } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  const open = Promise.withResolvers<void>();
  t.gate.open = open.promise;
  const ending = rejects(t.one.uploads.finish(id), refusal("not_found"));
  await t.gate.reached.promise;
  await t.two.uploads.remove(t.user, id);
  open.resolve();
  await ending;
  deepEqual([await t.tracks(), await t.files()], [0, []]);
});

Deno.test("[U3] removed between the hand and the commit: there is no track, and no bytes", async () => {
  const reached = Promise.withResolvers<void>();
  const open = Promise.withResolvers<void>();
  const accept: Settings["accept"] = async (really, received) => {
    reached.resolve();
    await open.promise;
    return await really(received);
  };
  await using t = await setup({ one: { accept } });
  const { uploadId: id } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  const ending = rejects(t.one.uploads.finish(id), refusal("not_found"));
  await reached.promise;
  await t.two.uploads.remove(t.user, id);
  open.resolve();
  await ending;
  deepEqual([await t.tracks(), await t.files()], [0, []]);
});

Deno.test("[U3] what has become a track is not removed by its upload, on any node", async () => {
  await using t = await setup();
  const { uploadId: id } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  await t.one.uploads.finish(id);
  await rejects(t.two.uploads.remove(t.user, id), refusal("conflict"));
  equal(await t.two.uploads.forget(id), false);
  equal((await t.two.uploads.find(t.user, id)).status, "accepted");
});

Deno.test("[U3] what failed after the commit is a track all the same", async () => {
  const accept: Settings["accept"] = async (really, received) => {
    await really(received);
    throw new Rejection("unavailable", "S3 does not answer");
  };
  await using t = await setup({ one: { accept } });
  const { uploadId: id } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  equal((await t.one.uploads.finish(id)).status, "accepted");
  equal(await t.tracks(), 1);
});

Deno.test("[U3] refused for the hour, not for the file: the bytes stay, and it ends later", async () => {
  for (const code of ["unsafe_media", "quota_exceeded"] as const) {
    let hour: "bad" | "good" = "bad";
    const accept: Settings["accept"] = (really: Intake["accept"], received) =>
      hour === "bad" ? Promise.reject(new Rejection(code)) : really(received);
    await using t = await setup({ one: { accept } });
    const { uploadId: id } = await t.one.create(t.user, 4);
    await t.one.append(id, 0, sending(bytesOf("song")));
    await rejects(t.one.uploads.finish(id), refusal(code));
    const { status, offset, failure } = await t.one.uploads.state(t.user, id);
    deepEqual([status, offset, failure], ["receiving", 4, null]);
    hour = "good";
    equal((await t.one.uploads.find(t.user, id)).status, "accepted");
  }
});

Deno.test("[U3] an end that fails again and again is tried ever more rarely, and then ends", async () => {
  let now = Date.now();
  let tries = 0;
  let away = true;
  const accept: Settings["accept"] = (really, received) => {
    tries += 1;
    return away ? Promise.reject(new Rejection("unavailable")) : really(received);
  };
  await using t = await setup({ one: { accept, now: () => now, keepMs: 86_400_000 } });
  const { uploadId: id } = await t.one.create(t.user, 4);
  await t.one.append(id, 0, sending(bytesOf("song")));
  for (let minute = 0; minute < 60; minute += 0.5) {
    await t.one.uploads.sweep();
    now += 30_000;
  }
  // after 0, ½, 1½, 3½, 7½, 15½ and 31½ minutes
  deepEqual([tries, t.adopted.length], [7, 1], "and its bytes are handed on once");
  away = false;
  now += 3_600_000;
  await t.one.uploads.sweep();
  equal(await t.tracks(), 1);
});

Deno.test("[U3] uploads begun at once do not overshoot what an account may have unfinished", async () => {
  await using t = await setup({ one: { quotaBytes: 1_000 }, two: { quotaBytes: 1_000 } });
  const nodes = [t.one, t.two];
  const at = (which: number) => nodes[which % 2]!;
  const many = Array.from({ length: 30 }, (_, which) => {
    const { rows, storage } = at(which);
    const { uploadId: id, trackId, blobKey } = storage.intake.place();
    const upload = { id, trackId, blobKey, userId: t.user.userId, length: 1, metadata: {} };
    return outcome(rows.create(upload, { most: 5, limitBytes: null }));
  });
  const counted = (all: string[], one: string) => all.filter((each) => each === one).length;
  const begun = await Promise.all(many);
  deepEqual([counted(begun, "ok"), counted(begun, "conflict")], [5, 25]);
  const eva = await t.one.storage.account();
  const large = await Promise.all(
    Array.from({ length: 10 }, (_, which) => outcome(at(which).create(eva, 300))),
  );
  deepEqual([counted(large, "ok"), counted(large, "quota_exceeded")], [3, 7]);
});
