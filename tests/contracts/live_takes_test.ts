/** Recordings in the database: who writes one, who closes it, and that it makes one track (L7, A2). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { refusal } from "../../actors/runtime/testing.ts";
import { type ClaimedTake, liveTakeStore } from "../../db/live_takes.ts";
import { uploadStore } from "../../db/uploads.ts";
import { recordingFolder } from "../../domain/blob_keys.ts";
import { type Blobs, diskBlobs } from "../../media/blobs.ts";
import { closing } from "../../media/live/closing.ts";
import { theTool } from "../../media/testing.ts";
import { sniffBlob } from "../../media/sniff_blob.ts";
import { intake } from "../../routes/intake.ts";
import { newId } from "../../services/ids.ts";
import { decoded } from "../support/audio.ts";
import { send, type Tone, tone } from "../support/recorded_tone.ts";
import { manualParts, storedParts } from "../support/recording.ts";
import { testDatabase } from "../support/database.ts";
import { endStream, person, stream } from "../support/takes.ts";
import { opusTone, packetsIn } from "../support/live_host.ts";
import { samePackets } from "../support/live_replay.ts";
import { temporary } from "../support/processes.ts";

const ids = () => ({ uploadId: newId(), trackId: newId() });

Deno.test("[L7] a recording is closed when its stream has ended and nobody writes it any more", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const hostId = await person(sql);
  const id = await stream(sql, hostId);
  const first = ids();
  equal((await takes.open(id, 1, first))?.hostId, hostId);
  await takes.shut(id, 1, 700);
  // the next connection goes on with the same recording
  equal((await takes.open(id, 2, ids()))?.bytes, 700);
  equal(await takes.claim("a"), null);
  await endStream(sql, id);
  equal(await takes.claim("a"), null, "it is still written");
  await takes.shut(id, 1, 0); // the connection before is late, and is not the one that writes
  equal(await takes.claim("a"), null);
  await takes.shut(id, 2, 300);
  const claimed = await takes.claim("a");
  deepEqual(
    { ...claimed },
    {
      ...{ id, subject: id, attempt: 1, failures: 0, ...first, hostId },
      ...{ title: "Set", description: "", visibility: "unlisted", bytes: 1_000 },
    },
  );
  equal(await takes.claim("b"), null, "it is another's");
  equal(await takes.open(id, 3, ids()), null, "it takes nothing any more");

  // a closer that fell silent is replaced, and what it tells then is refused
  await sql`update live_takes set heartbeat_at = now() - interval '1 minute'`;
  const second = await takes.claim("b");
  equal(second?.attempt, 2);
  const told = { startedAt: new Date(), durationMs: 1 };
  equal(await refusal(takes.done(claimed!, told)), "fenced");
  deepEqual(await takes.beatClosing([claimed!]), []);
  deepEqual(await takes.beatClosing([second!]), [id]);
});

Deno.test("[L7] a writer that was killed holds a recording up for seconds, and no longer", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const id = await stream(sql, await person(sql));
  await takes.open(id, 1, ids());
  await endStream(sql, id);
  equal(await takes.claim("a"), null);
  await sql`update live_takes set wrote_at = now() - interval '16 seconds'`;
  equal((await takes.claim("a"))?.id, id);
});

Deno.test("[L7] nothing of a connection with a long backlog is lost for one that came after it", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const id = await stream(sql, await person(sql));
  await takes.open(id, 1, ids());
  await takes.open(id, 2, ids());
  await takes.open(id, 2, ids()); // its answer was lost: it asks again
  await takes.shut(id, 2, 10);
  await endStream(sql, id);
  equal(await takes.claim("a"), null, "the first connection is still written");
  await sql`update live_takes set wrote_at = now() - interval '16 seconds'`;
  await takes.beat(id, 1, 5);
  equal(await takes.claim("a"), null, "it has just said so");
  await takes.shut(id, 1, 5);
  equal((await takes.claim("a"))?.bytes, 20);
});

Deno.test("[L7] a recording takes what was on air, though its row was away until the end", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const id = await stream(sql, await person(sql));
  await endStream(sql, id);
  ok(await takes.open(id, 1, ids()), "all of it waits at the host's node");
  equal(await takes.claim("a"), null, "it is still written");
  await takes.shut(id, 1, 700);
  equal((await takes.claim("a"))?.bytes, 700);
  equal(await takes.open(id, 2, ids()), null, "it is being closed");
});

Deno.test("[L7] what is not to be recorded, or is deleted, has no recording", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const hostId = await person(sql);
  equal(await takes.open(await stream(sql, hostId, false), 1, ids()), null);
  const gone = await stream(sql, hostId);
  await sql`update live_streams set deleted_at = now() where id = ${gone}`;
  equal(await takes.open(gone, 1, ids()), null);
  equal((await sql`select 1 from live_takes`).count, 0);
});

async function storeParts(blobs: Blobs, id: string, packets: readonly Uint8Array[]) {
  for (const [key, bytes] of storedParts(id, packets)) await blobs.put(key, bytes);
}

/** Nothing of the process is left after it: neither what it would have saved, nor its failure. */
class Killed extends Error {}

const STAGES = ["before", "poured", "accepted", "done", "erased"] as const;

Deno.test("[L7] killed at each stage of closing, a recording becomes one track", async (t) => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const uploads = uploadStore(sql);
  const dir = await Deno.makeTempDir({ prefix: "veza-takes-" });
  const blobs = diskBlobs(dir);
  const packets = await opusTone(4);
  // the account is full: a recording is kept all the same, for there is no second one
  const full = { dangers: [], maxBytes: 10, maxSeconds: 10, quotaBytes: 1 };
  const taking = intake({
    ...{ blobs, uploads, newId },
    account: () => Promise.resolve({ displayName: "Anna", roles: ["user"] }),
    rulesOf: () => full,
    sniff: (key) => sniffBlob(blobs, key, dir),
    tags: () => Promise.resolve(null),
    begin: () => {},
    discard: (key) => blobs.delete(key),
  });
  try {
    for (const stage of STAGES) {
      await t.step(stage, async () => {
        const id = await stream(sql, await person(sql));
        await takes.open(id, 1, ids());
        await storeParts(blobs, id, packets);
        await takes.shut(id, 1, 1);
        await endStream(sql, id);
        let killAt: string | null = stage;
        const at = (now: typeof STAGES[number]) => {
          if (killAt === now) throw new Killed(now);
        };
        const work = closing<ClaimedTake>({
          ...{ blobs, ffmpeg: await theTool(), workDir: dir },
          takes: {
            ...takes,
            async done(take, what) {
              const places = await takes.done(take, what);
              at("done");
              return places;
            },
            async standing(take) {
              at("poured");
              return await takes.standing(take);
            },
            failed: () => Promise.reject(new Killed("and nothing was saved")),
          },
          async accept(recording) {
            await taking.accept({ ...recording, isRecording: true });
            at("accepted");
          },
          async erase(places) {
            for (const place of places) await blobs.deletePrefix(place.replace(/\/$/, ""));
            at("erased");
          },
          told: () => {},
          warn: () => {},
        });
        const attempt = async () => {
          const claimed = await takes.claim("a");
          if (!claimed) return;
          at("before");
          await work(claimed, { signal: new AbortController().signal });
        };
        await attempt().then(
          () => ok(false, "it was not killed"),
          (error) => ok(error instanceof Killed, String(error)),
        );
        killAt = null;
        await takes.releaseAll(); // it starts again
        await attempt();
        await attempt();
        const [row] = await sql<{ title: string; visibility: string; bytes: number }[]>`
          select tracks.title, tracks.visibility, uploads.bytes from live_streams s
          join tracks on tracks.id = s.recording_track_id
          join uploads on uploads.id = tracks.current_upload_id where s.id = ${id}`;
        equal(row?.title, "Set");
        equal(row?.visibility, "unlisted");
        const [made] = await sql<{ tracks: number; jobs: number }[]>`
          select (select count(*)::int from tracks where creator_id = s.host_id) as tracks,
            (select count(*)::int from jobs join tracks on tracks.id = jobs.track_id
              where creator_id = s.host_id) as jobs
          from live_streams s where id = ${id}`;
        deepEqual({ ...made }, { tracks: 1, jobs: 1 });
        // what was killed before it could erase has noted what is to go
        for (const { place } of await sql<{ place: string }[]>`select place from erasures`) {
          await blobs.deletePrefix(place.replace(/\/$/, ""));
        }
        deepEqual(await blobs.list(recordingFolder(id)), []);
      });
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("[L7] parts stand in the order in which they came, ten and more, over connections", async () => {
  await using database = await testDatabase();
  await using folder = await temporary();
  const takes = liveTakeStore(database.sql);
  const id = await stream(database.sql, await person(database.sql));
  const blobs = diskBlobs(folder.path);
  await takes.open(id, 1, ids());
  const packets = await opusTone(20);
  const parts = manualParts(id);
  const from = (some: readonly Uint8Array[]): Tone => ({
    source: { codec: "opus", channels: 2, frameSamples: 960 },
    packets: some.map((bytes) => ({ bytes, samples: 960 })),
  });
  await send(parts, from(packets.slice(0, 900)), 9, 1_790_000_000_000);
  await send(parts, from(packets.slice(900)), 10, 1_790_000_018_000);
  equal([...parts.stored.keys()].length, 14);
  for (const [key, bytes] of parts.stored) await blobs.put(key, bytes);
  await takes.shut(id, 1, 1);
  await endStream(database.sql, id);
  const accepted: string[] = [];
  const work = closing<ClaimedTake>({
    ...{ blobs, ffmpeg: await theTool(), workDir: folder.path, takes },
    ...{ told: () => {}, warn: () => {}, erase: () => Promise.resolve() },
    accept: ({ blobKey }) => Promise.resolve(accepted.push(blobKey)),
  });
  await work((await takes.claim("a"))!, { signal: new AbortController().signal });
  samePackets(packetsIn(await blobs.read(accepted[0]!)), packets);
});

Deno.test("[L7] a stream that is taken away while it is closed leaves no track", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const dir = await Deno.makeTempDir({ prefix: "veza-takes-" });
  try {
    const blobs = diskBlobs(dir);
    const id = await stream(sql, await person(sql));
    await takes.open(id, 1, ids());
    await storeParts(blobs, id, await opusTone(3));
    await takes.shut(id, 1, 1);
    await endStream(sql, id);
    const work = closing<ClaimedTake>({
      ...{ blobs, ffmpeg: await theTool(), workDir: dir },
      ...{ takes, told: () => {}, warn: () => {} },
      accept: () => Promise.reject(new Error("It is not wanted any more")),
      async erase(places) {
        for (const place of places) {
          if (place.endsWith("/")) await blobs.deletePrefix(place.slice(0, -1));
          else await blobs.delete(place);
        }
      },
    });
    const claimed = await takes.claim("a");
    await sql`update live_streams set deleted_at = now() where id = ${id}`;
    await work(claimed!, { signal: new AbortController().signal });
    deepEqual(await blobs.list(""), []);
    const [row] = await sql`select status from live_takes`;
    equal(row?.status, "empty");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("[L7] a host who came back with another codec has one recording, without a gap in it", async () => {
  await using database = await testDatabase();
  const { sql } = database;
  const takes = liveTakeStore(sql);
  const dir = await Deno.makeTempDir({ prefix: "veza-takes-" });
  try {
    const blobs = diskBlobs(dir);
    const id = await stream(sql, await person(sql));
    const planned = ids();
    await takes.open(id, 1, planned);
    for (const [epoch, codec] of (["opus", "mp3"] as const).entries()) {
      const parts = manualParts(id);
      await send(parts, await tone(codec, 2), epoch + 1, 1_790_000_000_000 + epoch * 2_000);
      for (const [key, bytes] of parts.stored) await blobs.put(key, bytes);
    }
    await takes.shut(id, 1, 1);
    await endStream(sql, id);
    const accepted: { filename: string; blobKey: string }[] = [];
    const warned: unknown[] = [];
    const work = closing<ClaimedTake>({
      ...{ blobs, ffmpeg: await theTool(), workDir: dir, takes },
      told: () => {},
      warn: (_, details) => void warned.push(details),
      accept: (recording) => Promise.resolve(accepted.push(recording)),
      erase: () => Promise.resolve(),
    });
    await work((await takes.claim("a"))!, { signal: new AbortController().signal });
    deepEqual(warned, []);
    equal(accepted[0]?.filename, "Set.flac");
    const { samples } = await decoded(await blobs.read(accepted[0]!.blobKey), "flac");
    ok(Math.abs(samples.length / 48_000 - 4) < 0.1, `${samples.length / 48_000} s`);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
