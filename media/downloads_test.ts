/** Tests of downloads as files: what ffprobe sees in them, and how often they are made (U7). */
import assert from "node:assert/strict";
import { fileTypeFromBuffer } from "file-type";
import { DOWNLOADS, estimateBytes, isDownloadFormat } from "../domain/downloads.ts";
import { coverFile } from "../domain/blob_keys.ts";
import { type Blobs, diskBlobs } from "./blobs.ts";
import { makeCovers } from "./cover.ts";
import { downloadPlan } from "./download_plan.ts";
import { type DownloadRequest, downloads } from "./downloads.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { readMetadata } from "./metadata.ts";
import { makeAudio, meter, playedMs, processesWith, refused } from "./testing.ts";
import { scratchFolder, STRICT, theTool, until } from "./testing.ts";

const SOUND = "aevalsrc='0.05*(sin(700*t)+sin(1900*t)+sin(5100*t))+0.1*(random(0)-0.5)|" +
  "0.03*(sin(900*t)+sin(3300*t))+0.1*(random(1)-0.5)':s=44100:d=";
/** What the original says of itself. */
const ALBUM = "'quoted' \"twice\" \\";
const WAV = { codec: "pcm_s16le", sampleRate: 44_100, channels: 2 };

/** A store with the original `sources/u1`, and downloads from it. */
async function setUp(sound: string, more: { wrap?: (blobs: Blobs) => Blobs; ffmpeg?: Tool } = {}) {
  const scratch = await scratchFolder();
  const disk = diskBlobs(scratch.path("media"));
  await disk.put(
    "sources/u1",
    (await Deno.open(
      await makeAudio(scratch, "a.wav", sound, [
        ...["-metadata", "comment=secret", "-metadata", `album=${ALBUM}`],
      ]),
    )).readable,
  );
  const work = scratch.path("work");
  const service = downloads({
    blobs: more.wrap?.(disk) ?? disk,
    ffmpeg: more.ffmpeg ?? await theTool(),
    workDir: work,
  });
  return {
    blobs: disk,
    service,
    scratch,
    /** A request of this download, with the title "Blue". */
    ask: (format: string, bitrate: number | null, tags: Partial<DownloadRequest["tags"]> = {}) => ({
      trackId: "t1",
      uploadId: "u1",
      sourceKey: "sources/u1",
      coverKey: null,
      plan: downloadPlan(format, bitrate, WAV),
      tags: { title: "Blue", ...tags },
      dangers: [],
    }),
    /** Asserts that scratch is empty. */
    clean: () => assert.deepEqual([...Deno.readDirSync(work)], []),
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

type Tags = Readonly<Record<string, string>>;
interface Told {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly sample_rate: string;
    readonly channels: number;
    readonly tags?: Tags;
  }[];
  readonly format: { readonly tags?: Tags };
}

/** What ffprobe says, and all tags, of the file and its sound; an Ogg has them with the sound. */
async function probed(path: string): Promise<Told & { readonly tags: Tags }> {
  let text = "";
  await run(await theTool(), {
    program: "ffprobe",
    input: path,
    args: ["-show_streams", "-show_format", "-of", "json"],
    onOutput: (chunk) => void (text += new TextDecoder().decode(chunk)),
  });
  const told: Told = JSON.parse(text);
  return { ...told, tags: { ...told.streams[0]?.tags, ...told.format.tags } };
}

Deno.test("[U7] every download is what it says: codec, rate, bitrate, length", STRICT, async () => {
  await using bench = await setUp(`${SOUND}8`);
  const original = await meter(bench.blobs.localPath("sources/u1")!);
  for (const [format, { bitrates }] of Object.entries(DOWNLOADS)) {
    if (format === "original") continue;
    assert.ok(isDownloadFormat(format));
    let before = 0;
    for (const bitrate of bitrates.length > 0 ? bitrates : [null]) {
      const what: string = `${format} ${bitrate}`;
      const { key, bytes } = await bench.service.make(bench.ask(format, bitrate));
      assert.match(key, new RegExp(`^downloads/t1/u1/${format}${bitrate ? `-${bitrate}` : ""}-`));
      const path = bench.blobs.localPath(key)!;
      assert.equal((await Deno.stat(path)).size, bytes);
      const { streams, tags } = await probed(path);
      assert.equal(streams.length, 1, what);
      const [stream] = streams;
      assert.equal(stream?.codec_name, format, what);
      assert.equal(stream?.sample_rate, format === "opus" ? "48000" : "44100", what);
      assert.equal(stream?.channels, 2, what);
      const rate = bytes * 8 / 8_000;
      if (bitrate) {
        const told = estimateBytes(format, bitrate, { ...WAV, bytes: 0 }, 8_000);
        assert.ok(Math.abs(bytes / told - 1) < 0.1, `${what}: ${bytes} bytes, ${told} were told`);
      }
      assert.ok(rate > before, `${what}: ${rate} kbit/s, after ${before}`);
      before = rate;
      const played = await playedMs(path, 48_000);
      assert.ok(Math.abs(played - 8_000) <= 50, `${what} plays ${played} ms`);
      // Of the original, whose −21 LUFS are not raised; MP3 at 128 loses its highest notes.
      const { lufs } = await meter(path);
      assert.ok(Math.abs(lufs - original.lufs) < 1.5, `${what} is at ${lufs} LUFS`);
      assert.equal(tags["comment"], undefined, what);
    }
  }
  bench.clean();
});

Deno.test("[U7] FLAC is the original to the bit, at its rate", STRICT, async () => {
  const pcm = async (path: string) => {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    await run(await theTool(), {
      input: path,
      args: ["-map", "0:a:0", "-f", "s16le", "pipe:1"],
      onOutput: (chunk) => void chunks.push(chunk),
    });
    return await new Blob(chunks).bytes();
  };
  await using bench = await setUp("anoisesrc=d=1:a=0.2:r=192000");
  const source = { codec: "pcm_s16le", sampleRate: 192_000, channels: 1 };
  const plan = downloadPlan("flac", null, source);
  const { key } = await bench.service.make({ ...bench.ask("flac", null), plan });
  const path = bench.blobs.localPath(key)!;
  assert.equal((await probed(path)).streams[0]?.sample_rate, "192000");
  assert.deepEqual(await pcm(path), await pcm(bench.blobs.localPath("sources/u1")!));
});

Deno.test("[U7] the original is handed out as it was", STRICT, async () => {
  await using bench = await setUp(`${SOUND}1`);
  const made = await bench.service.make(bench.ask("original", null));
  assert.equal(made.key, "sources/u1");
  assert.equal(made.bytes, (await bench.blobs.stat("sources/u1"))?.size);
  assert.deepEqual(await bench.blobs.list("downloads"), []);
});

Deno.test(
  "[U7] title, artist, album, genre and comment are in the file; others can read them",
  STRICT,
  async () => {
    await using bench = await setUp(`${SOUND}1`);
    const tags = {
      title: "a\n=b; -i x 🎵",
      artist: "Größe/7",
      genre: "Dub; -vn",
      comment: "One take.\nNo edits=1",
    };
    for (
      const [format, bitrate] of [["mp3", 128], ["aac", 128], ["vorbis", 128], ["opus", 96], [
        "flac",
        null,
      ]] as const
    ) {
      const { key } = await bench.service.make(bench.ask(format, bitrate, tags));
      const read = await readMetadata(bench.blobs.localPath(key)!);
      assert.deepEqual(
        [read?.title, read?.artist, read?.album, read?.genre],
        ["a =b; -i x 🎵", tags.artist, ALBUM, tags.genre],
        format,
      );
      const comment = (await probed(bench.blobs.localPath(key)!)).tags["comment"];
      assert.equal(comment, "One take. No edits=1", format);
      assert.equal(read?.cover, null, format);
    }
  },
);

Deno.test(
  "[U7] the cover is in the files that take one, and another makes another",
  STRICT,
  async () => {
    await using bench = await setUp(`${SOUND}1`);
    await run(await theTool(), {
      args: [
        ...["-y", "-f", "lavfi", "-i", "color=red@0.5:s=300x300,format=rgba", "-frames:v", "1"],
        "picture.png",
      ],
      outDir: bench.scratch.dir,
    });
    const input = bench.scratch.path("picture.png");
    for (const coverKey of ["covers/t1/one", "covers/t1/two"]) {
      for (
        const { path, size } of await makeCovers(await theTool(), {
          input,
          outDir: bench.scratch.dir,
        })
      ) await bench.blobs.adopt(path, coverFile(coverKey, size));
    }
    const take = async (format: string, bitrate: number | null, coverKey: string) => {
      const { key } = await bench.service.make({ ...bench.ask(format, bitrate), coverKey });
      return { key, read: await readMetadata(bench.blobs.localPath(key)!) };
    };
    for (const [format, bitrate] of [["mp3", 128], ["aac", 128], ["flac", null]] as const) {
      const { key, read } = await take(format, bitrate, "covers/t1/one");
      const type = await fileTypeFromBuffer(read?.cover?.bytes ?? new Uint8Array());
      assert.deepEqual(
        [type?.mime, read?.title, read?.album],
        ["image/jpeg", "Blue", ALBUM],
        format,
      );
      assert.ok(Math.abs(await playedMs(bench.blobs.localPath(key)!, 44_100) - 1_000) < 60, format);
      assert.notEqual((await take(format, bitrate, "covers/t1/two")).key, key, format);
      assert.equal((await take(format, bitrate, "covers/t1/gone")).read?.cover, null, format);
    }
    for (const [format, bitrate] of [["vorbis", 128], ["opus", 64]] as const) {
      const { key, read } = await take(format, bitrate, "covers/t1/one");
      assert.equal(read?.cover, null, format);
      assert.equal((await take(format, bitrate, "covers/t1/two")).key, key, format);
    }
    bench.clean();
  },
);

Deno.test(
  "[U7] mono at a bitrate that one channel cannot hold is made all the same",
  STRICT,
  async () => {
    await using bench = await setUp("anoisesrc=d=4:a=0.2:r=44100:c=pink");
    for (const format of ["mp3", "aac", "vorbis"]) {
      for (const bitrate of [192, 320]) {
        const plan = downloadPlan(format, bitrate, { ...WAV, channels: 1 });
        const { bytes } = await bench.service.make({ ...bench.ask(format, bitrate), plan });
        assert.ok(
          Math.abs(bytes * 8 / 4_000 / bitrate - 1) < 0.3,
          `${format} ${bitrate}: ${bytes}`,
        );
      }
    }
  },
);

Deno.test("[U7] sound that is simple gets the bitrate that was asked for too", STRICT, async () => {
  // Both channels alike: left to itself, Opus spends two thirds on it, and Vorbis no more.
  await using bench = await setUp("anoisesrc=d=8:a=0.2:r=48000:c=pink,aformat=cl=stereo");
  for (const [format, bitrate] of [["opus", 96], ["opus", 192], ["vorbis", 192]] as const) {
    const { bytes } = await bench.service.make(bench.ask(format, bitrate));
    const rate = bytes * 8 / 8_000;
    assert.ok(Math.abs(rate / bitrate - 1) < 0.1, `${format} ${bitrate}: ${rate} kbit/s`);
  }
});

/** Counts how often a blob was adopted. */
function counting() {
  let adopted = 0;
  return {
    get adopted() {
      return adopted;
    },
    wrap: (blobs: Blobs): Blobs => ({
      ...blobs,
      adopt: (file, key) => (adopted++, blobs.adopt(file, key)),
    }),
  };
}

Deno.test(
  "[U7] one download is made once, however many ask; again when its tags change",
  STRICT,
  async () => {
    const count = counting();
    await using bench = await setUp(`${SOUND}10`, count);
    const ask = bench.ask("mp3", 192);
    const all = await Promise.all([1, 2, 3, 4].map(() => bench.service.make(ask)));
    assert.equal(count.adopted, 1);
    assert.equal(new Set(all.map(({ key }) => key)).size, 1);
    assert.deepEqual(await bench.service.make(ask), all[0]);
    assert.equal(count.adopted, 1);
    const other = await bench.service.make(bench.ask("mp3", 320));
    const renamed = await bench.service.make(bench.ask("mp3", 192, { title: "Green" }));
    assert.equal(count.adopted, 3);
    // The one with the old title is gone, the other bitrate is not.
    assert.deepEqual(await bench.blobs.list("downloads"), [renamed.key, other.key].sort());
    bench.clean();
  },
);

Deno.test(
  "[U7] the work ends when the last who wanted it has left, and not before",
  STRICT,
  async () => {
    await using bench = await setUp(`${SOUND}120`);
    const ask = bench.ask("aac", 320);
    const [first, second] = [new AbortController(), new AbortController()];
    const one = bench.service.make(ask, first.signal);
    const two = bench.service.make(ask, second.signal);
    one.catch(() => undefined);
    two.catch(() => undefined);
    const running = () => processesWith(bench.scratch.dir).length > 0;
    await until(running, "ffmpeg runs");
    first.abort(new Error("left first"));
    await assert.rejects(one, /left first/);
    // For longer than it would take ffmpeg to be gone.
    const still = new Promise((resolve) => setTimeout(resolve, 500, "still working"));
    assert.equal(await Promise.race([two, still]), "still working");
    assert.ok(running());
    second.abort(new Error("left last"));
    await assert.rejects(two, /left last/);
    await until(() => !running(), "ffmpeg ends");
    await until(() => [...Deno.readDirSync(bench.scratch.path("work"))].length === 0, "no scratch");
    assert.deepEqual(await bench.blobs.list("downloads"), []);
    // And it can be wanted again.
    assert.ok(await bench.service.make(bench.ask("mp3", 128)));
  },
);

Deno.test(
  "[U7] an original that is gone or damaged is told, and nothing is left",
  STRICT,
  async () => {
    await using bench = await setUp(`${SOUND}1`);
    const gone = { ...bench.ask("mp3", 128), sourceKey: "sources/u2" };
    await refused(bench.service.make(gone), "unavailable");
    await bench.blobs.put("sources/u3", new TextEncoder().encode("#EXTM3U\nfile:///etc/passwd\n"));
    await refused(bench.service.make({ ...gone, sourceKey: "sources/u3" }), "corrupt");
    assert.deepEqual(await bench.blobs.list("downloads"), []);
    bench.clean();
    const early = AbortSignal.abort(new Error("never mind"));
    await assert.rejects(bench.service.make(bench.ask("mp3", 128), early), /never mind/);
  },
);

Deno.test("[U13] a store that is elsewhere works too", STRICT, async () => {
  await using bench = await setUp(`${SOUND}1`, {
    wrap: (blobs) => ({ ...blobs, localPath: () => null }),
  });
  assert.ok((await bench.service.make(bench.ask("opus", 64))).bytes > 1_000);
  bench.clean();
});

Deno.test(
  "[U12] where ffmpeg is no place for the original, only what is there is given",
  STRICT,
  async () => {
    await using t = await setUp(`${SOUND}1`);
    const unsafe = (bitrate: number) => ({
      ...t.ask("mp3", bitrate),
      dangers: ["no_jail" as const],
    });
    const made = await t.service.make(t.ask("mp3", 128));
    assert.deepEqual(await t.service.make(unsafe(128)), made);
    await refused(t.service.make(unsafe(320)), "unsafe_media");
    const original = {
      ...unsafe(128),
      plan: { format: "original" as const, ending: "wav" as const },
    };
    assert.equal((await t.service.make(original)).key, "sources/u1");
    t.clean();
  },
);
