/** Tests of tags: real files, hostile ones, and mutations of real ones (U9, U11). */
import assert from "node:assert/strict";
import { fileTypeFromBuffer } from "file-type";
import { cleanText } from "./clean_text.ts";
import { COVER_MAX_BYTES } from "../domain/covers.ts";
import { run } from "./ffmpeg.ts";
import { type Metadata, readMetadata } from "./metadata.ts";
import { type Scratch, scratchFolder, STRICT, theTool } from "./testing.ts";

const TAGS = {
  title: "Größe 7 — 音",
  artist: "<b>Ana</b> & Co'; drop table tracks;--",
  album: "../../etc/passwd",
  genre: "Dub",
  date: "1998",
  track: "3",
  comment: "second take",
};
const WANTED = {
  title: TAGS.title,
  artist: TAGS.artist,
  album: TAGS.album,
  genre: "Dub",
  comment: "second take",
  year: 1998,
  trackNumber: 3,
};

/** Two seconds of sound as `name`, with these tags, and with a picture of `pixels` a side. */
async function tagged(
  scratch: Scratch,
  name: string,
  { tags = TAGS, pixels = 0, args = [] }: {
    tags?: Readonly<Record<string, string>>;
    pixels?: number;
    args?: readonly string[];
  } = {},
): Promise<string> {
  const picture = pixels > 0;
  await run(await theTool(), {
    args: [
      ...["-y", "-f", "lavfi", "-i", "sine=d=2:r=44100"],
      ...(picture ? ["-f", "lavfi", "-i", `testsrc2=s=${pixels}x${pixels}:r=1:d=1`] : []),
      ...["-map", "0:a"],
      ...(picture
        ? ["-map", "1:v", "-frames:v", "1", "-c:v", "png", "-disposition:v", "attached_pic"]
        : []),
      ...Object.entries(tags).flatMap(([key, value]) => ["-metadata", `${key}=${value}`]),
      ...args,
      name,
    ],
    outDir: scratch.dir,
  });
  return scratch.path(name);
}

const text = (read: Metadata | null) => {
  assert.ok(read, "no tags were read");
  const { cover: _cover, durationMs: _durationMs, ...rest } = read;
  return rest;
};

Deno.test("[U9] tags are read from every kind of file that has them", STRICT, async () => {
  await using scratch = await scratchFolder();
  const files = [
    ["a.mp3", ["-id3v2_version", "3"]],
    ["b.mp3", ["-id3v2_version", "4"]],
    ["c.flac", []],
    ["d.m4a", []],
    ["e.ogg", ["-c:a", "libvorbis"]],
    ["f.opus", ["-ar", "48000"]],
    ["g.aiff", ["-write_id3v2", "1"]],
  ] as const;
  for (const [name, args] of files) {
    const read = await readMetadata(await tagged(scratch, name, { args }));
    // ffmpeg writes no comment into ID3 that others know as one.
    const comment = name.endsWith("mp3") ? null : WANTED.comment;
    assert.deepEqual(text(read), { ...WANTED, comment }, name);
    assert.equal(read?.cover, null, name);
    if (read?.durationMs) assert.ok(Math.abs(read.durationMs - 2_000) < 100, name);
  }
  const wav = await readMetadata(await tagged(scratch, "h.wav"));
  assert.equal(wav?.title?.includes("7"), true);
});

Deno.test("[U9] the embedded cover is handed on whole", STRICT, async () => {
  await using scratch = await scratchFolder();
  for (const name of ["a.mp3", "b.flac", "c.m4a"]) {
    const args = name === "a.mp3" ? ["-id3v2_version", "3"] : [];
    const read = await readMetadata(await tagged(scratch, name, { pixels: 64, args }));
    assert.equal(read?.title, TAGS.title, name);
    assert.ok(read?.cover, name);
    assert.equal((await fileTypeFromBuffer(read.cover.bytes))?.mime, "image/png", name);
    assert.equal(read.cover.type, "image/png");
    // A copy of its own, not a window on all that was read.
    assert.equal(read.cover.bytes.buffer.byteLength, read.cover.bytes.length);
  }
});

Deno.test(
  "[U9] a file without tags, or that is none, is null or empty: never a failure",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const bare = await readMetadata(
      await tagged(scratch, "a.flac", { tags: {}, args: ["-map_metadata", "-1"] }),
    );
    assert.deepEqual([bare?.title, bare?.year, bare?.cover], [null, null, null]);
    const others = { "b.mp3": "", "c.mp3": "words", "d.flac": "fLaC", "e.wav": "RIFF\0\0\0\0WAVE" };
    for (const [name, data] of Object.entries(others)) {
      await Deno.writeTextFile(scratch.path(name), data);
      const read = await readMetadata(scratch.path(name));
      assert.equal(read?.title ?? null, null, name);
    }
    // A kind that the library reads and we do not take.
    const film = scratch.path("f.mkv");
    await Deno.rename(await tagged(scratch, "f.mka", { args: ["-c:a", "flac"] }), film);
    assert.equal(await readMetadata(film), null);
  },
);

Deno.test("[U9] text is one line, bounded, without control characters", STRICT, async () => {
  await using scratch = await scratchFolder();
  const tags = {
    title: `a\nb\tc\u0007\u001b[31m\u202egpj.exe${"x".repeat(5_000)}`,
    artist: "🎵".repeat(300),
    date: "soon",
    track: "-4",
  };
  const read = text(await readMetadata(await tagged(scratch, "a.flac", { tags })));
  assert.match(read.title ?? "", /^a b c \[31mgpj\.exex+$/);
  assert.equal(read.title?.length, 200);
  assert.equal(read.artist, "🎵".repeat(200));
  assert.deepEqual([read.year, read.trackNumber], [null, null]);
  assert.equal(cleanText("\ud800a\u2028b", 10), "\ufffda b");
  assert.equal(cleanText("e\u0301", 1), "é");
});

/** A file of `size` bytes that begins with `head`; the rest is a hole. */
async function sparse(path: string, head: Uint8Array, size: number): Promise<string> {
  await Deno.writeFile(path, head);
  await Deno.truncate(path, size);
  return path;
}

const bytes = (...parts: (string | number[])[]) =>
  new Uint8Array(
    parts.flatMap((part) => typeof part === "string" ? [...new TextEncoder().encode(part)] : part),
  );
const word = (value: number) => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255);

Deno.test("[U11] a picture that says it has 500 MB is not given them", STRICT, async () => {
  await using scratch = await scratchFolder();
  const big = 500 * 1024 ** 2;
  const id3 = (size: number) => [21, 14, 7, 0].map((shift) => (size >>> shift) & 127);
  const ape = bytes(
    "APETAGEX",
    [0xd0, 7, 0, 0],
    [0, 0, 0, 31],
    [1, 0, 0, 0],
    new Array(12).fill(0),
  );
  const sound = await Deno.readFile(
    await tagged(scratch, "sound.mp3", { args: ["-id3v2_version", "0"] }),
  );
  const files = [
    await sparse(
      scratch.path("a.mp3"),
      bytes("ID3", [3, 0, 0], id3(250 * 1024 ** 2), "APIC", word(249 * 1024 ** 2), [0, 0]),
      250 * 1024 ** 2 + 10,
    ),
    await sparse(
      scratch.path("b.m4a"),
      bytes(
        ...[word(16), "ftypM4A ", word(0), word(big), "moov", word(big - 8), "udta"],
        ...[word(big - 16), "meta", word(0), word(big - 28), "ilst", word(big - 36), "covr"],
        ...[word(big - 44), "data", word(13), word(0)],
      ),
      big + 16,
    ),
    // The piece before the footer is what an APE tag counts as its own.
    await sparse(scratch.path("c.mp3"), sound, big),
  ];
  await Deno.writeFile(files[0]!, sound, { append: true });
  await Deno.writeFile(files[2]!, ape, { append: true });
  for (const path of files) {
    const before = Deno.memoryUsage().rss;
    let most = before;
    const look = setInterval(() => most = Math.max(most, Deno.memoryUsage().rss), 1);
    const start = performance.now();
    const read = await readMetadata(path);
    clearInterval(look);
    const grown = Math.max(most, Deno.memoryUsage().rss) - before;
    assert.equal(read?.cover ?? null, null, path);
    assert.ok(grown < 64 * 1024 ** 2, `${path} took ${grown} bytes`);
    assert.ok(performance.now() - start < 6_000, path);
  }
});

Deno.test("[U9] a picture over the bound costs the cover, and not the title", STRICT, async () => {
  await using scratch = await scratchFolder();
  const flac = await Deno.readFile(await tagged(scratch, "a.flac"));
  const picture = new Uint8Array(COVER_MAX_BYTES + 1);
  const body = bytes(word(3), word(9), "image/png", word(0), new Array(16).fill(0));
  const length = word(body.length + 4 + picture.length).slice(1);
  // After STREAMINFO, which takes 4 + 38 bytes with the name of the format.
  const parts = [
    flac.subarray(0, 42),
    bytes([6], length),
    body,
    bytes(word(picture.length)),
    picture,
    flac.subarray(42),
  ];
  await Deno.writeFile(
    scratch.path("b.flac"),
    await new Blob(parts as Uint8Array<ArrayBuffer>[]).bytes(),
  );
  const read = await readMetadata(scratch.path("b.flac"));
  assert.deepEqual(text(read), WANTED);
  assert.equal(read?.cover, null);
});

Deno.test("[U11] a budget that is used up ends it; so does the signal", STRICT, async () => {
  await using scratch = await scratchFolder();
  const path = await tagged(scratch, "a.mp3", { pixels: 300 });
  const budget = { pieceBytes: 1e8, totalBytes: 1e8, ms: 5_000 };
  assert.ok((await readMetadata(path, { budget }))?.cover);
  for (const less of [{ pieceBytes: 200 }, { totalBytes: 10 }, { ms: -1 }]) {
    assert.equal(await readMetadata(path, { budget: { ...budget, ...less } }), null);
  }
  const signal = AbortSignal.abort(new Error("changed my mind"));
  await assert.rejects(readMetadata(path, { signal }), /changed my mind/);
  await assert.rejects(readMetadata(scratch.path("nowhere")), Deno.errors.NotFound);
});

Deno.test(
  "[U11] mutated files never fail, hang or let control characters through",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    const seed = Math.floor(Math.random() * 2 ** 31);
    let state = seed;
    /** mulberry32: an integer below `most`. */
    const random = (most: number) => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
    };
    const path = scratch.path("mutated");
    for (const name of ["a.mp3", "b.flac", "c.m4a", "d.ogg", "e.aiff", "f.wav"]) {
      const args = name === "e.aiff"
        ? ["-write_id3v2", "1"]
        : name === "d.ogg"
        ? ["-c:a", "libvorbis"]
        : [];
      const pixels = ["a.mp3", "b.flac", "c.m4a"].includes(name) ? 32 : 0;
      const whole = await Deno.readFile(await tagged(scratch, name, { args, pixels }));
      for (let turn = 0; turn < 60; turn++) {
        const bad = whole.slice(0, turn % 5 === 0 ? random(whole.length) : whole.length);
        // Tags are at the front, save for some of MP4's and AIFF's.
        const zone = turn % 3 === 0 ? bad.length : Math.min(bad.length, 2_000);
        const back = turn % 2 === 0 ? bad.length - zone : 0;
        for (let at = 0; at < 1 + random(40) && zone > 0; at++) {
          bad[back + random(zone)] = random(
            256,
          );
        }
        await Deno.writeFile(path, bad);
        const start = performance.now();
        const read = await readMetadata(path).catch((error) => {
          assert.fail(`seed ${seed}, ${name}, turn ${turn}: ${Deno.inspect(error)}`);
        });
        assert.ok(performance.now() - start < 6_000, `seed ${seed}, ${name}, turn ${turn}`);
        for (const value of Object.values(read ? text(read) : {})) {
          // deno-lint-ignore no-control-regex
          assert.doesNotMatch(String(value), /[\u0000-\u001f\u007f-\u009f]/, `seed ${seed}`);
          assert.ok(String(value).length <= 2_000);
        }
      }
    }
  },
);
