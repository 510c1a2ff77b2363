/** Tests of the whole way from a stored file to segments (U5 to U10). */
import assert from "node:assert/strict";
import { run } from "./ffmpeg.ts";
import { gainFor } from "./loudness.ts";
import { plan } from "./plan.ts";
import { makeAudio, meter, playedMs, PREFIX, processesWith, refused } from "./testing.ts";
import { STRICT, theTool, transcodeBench } from "./testing.ts";
import type { Report } from "./job.ts";
import { resamplePeaks } from "./waveform.ts";

const LADDER = ["aac-128", "aac-192", "aac-320", "opus-96", "flac"];
/** The root mean square of the first channel, 1 being full scale. */
async function rms(path: string): Promise<number> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  await run(await theTool(), {
    input: path,
    args: ["-map", "0:a:0", "-ac", "1", "-f", "f64le", "pipe:1"],
    onOutput: (chunk) => void chunks.push(chunk),
  });
  const values = new Float64Array(await new Blob(chunks).arrayBuffer());
  return Math.sqrt(values.reduce((sum, one) => sum + one * one, 0) / values.length);
}

const stages = (reports: readonly Report[]) => reports.flatMap(({ stage }) => stage ?? []);

Deno.test("[U5][U7][U8] a WAV becomes the whole ladder, at −14 LUFS", STRICT, async () => {
  await using bench = await transcodeBench();
  const sound =
    "aevalsrc='0.05*(sin(700*t)+sin(1900*t)+sin(5100*t))|0.03*(sin(900*t)+sin(3300*t))'" +
    ":d=20:s=44100";
  const path = await makeAudio(bench.scratch, "a.wav", sound);
  const { durationMs, renditions } = await bench.go(path);

  assert.equal(durationMs, 20_000);
  assert.deepEqual(renditions.map((one) => one.name), LADDER);
  assert.deepEqual(stages(bench.reports), [
    "scanned",
    "probed",
    "measured",
    "segmenting",
    "playable",
  ]);
  const drawn = bench.reports.flatMap((one) => one.stage === null ? one.waveformKeys ?? [] : []);
  assert.deepEqual(drawn, [0, 1, 2].map((zoom) => `${PREFIX}/waveform-${zoom}.dat`));
  const sizes = await Promise.all(drawn.map(async (key) => (await bench.blobs.stat(key))!.size));
  // A header of 24 bytes, and two for each 256, 2048 and 16384 frames.
  assert.deepEqual(sizes, [256, 2_048, 16_384].map((per) => 24 + 2 * Math.ceil(882_000 / per)));
  const percents = bench.reports.map((one) => one.percent);
  assert.deepEqual(percents, percents.toSorted((a, b) => a - b));
  assert.ok(percents.every((one) => one >= 0 && one <= 100));

  const master = await bench.text(`${PREFIX}/master.m3u8`);
  for (const { name, bandwidth, averageBandwidth, bytes, segments } of renditions) {
    const joined = await bench.joined(name);
    const { lufs, peakDb } = await meter(joined);
    assert.ok(Math.abs(lufs + 14) <= 0.5, `${name} is at ${lufs} LUFS`);
    assert.ok(peakDb <= 0, `${name} peaks at ${peakDb} dBTP`);
    const played = await playedMs(joined, name === "opus-96" ? 48_000 : 44_100);
    assert.ok(Math.abs(played - 20_000) <= 50, `${name} plays ${played} ms`);
    // True figures: the sum of the files.
    const keys = (await bench.blobs.list(`${PREFIX}/${name}`)).filter((key) => /seg-/.test(key));
    assert.equal(keys.length, segments);
    let sum = 0;
    for (const key of keys) sum += (await bench.blobs.stat(key))!.size;
    assert.equal(bytes, sum);
    assert.ok(Math.abs(averageBandwidth - bytes * 8 / 20) < bytes * 8 / 20 * 0.01);
    assert.ok(bandwidth >= averageBandwidth);
    assert.ok(
      master.includes(
        `BANDWIDTH=${bandwidth},AVERAGE-BANDWIDTH=${averageBandwidth},CODECS="${
          plan({ sampleRate: 44_100, channels: 2, bits: 16, lossless: true })
            .find((one) => one.name === name)!.codecs
        }"\n${name}/index.m3u8`,
      ),
    );
  }
  bench.clean();
});

Deno.test("[U7] all renditions are cut at the same places, about every 6 s", STRICT, async () => {
  await using bench = await transcodeBench();
  await bench.go(await makeAudio(bench.scratch, "a.flac", "anoisesrc=d=20:a=0.1:r=48000"));
  const starts = await Promise.all(LADDER.map(async (name) => {
    const text = await bench.text(`${PREFIX}/${name}/index.m3u8`);
    assert.match(text, /PLAYLIST-TYPE:VOD\n[^]*#EXT-X-ENDLIST\n$/);
    let at = 0;
    return [...text.matchAll(/#EXTINF:([\d.]+)/g)].map((found) => at += Number(found[1]));
  }));
  for (const ends of starts) {
    assert.equal(ends.length, 4);
    for (const [place, end] of ends.slice(0, 3).entries()) {
      // A frame of FLAC has at most 4608 samples: 96 ms.
      assert.ok(Math.abs(end - 6 * (place + 1)) < 0.1, `cut at ${end} s`);
    }
  }
});

Deno.test("[U6] playable is told when the first segment can be fetched", STRICT, async () => {
  await using bench = await transcodeBench();
  const path = await makeAudio(bench.scratch, "a.wav", "anoisesrc=d=60:a=0.1:r=44100", [
    ...["-ac", "2"],
  ]);
  let seen: Promise<void> | undefined;
  let endedBefore = true;
  const check = async ({ masterKey }: Extract<Report, { stage: "playable" }>) => {
    endedBefore = false;
    const master = await bench.text(masterKey);
    assert.match(master, /CODECS="mp4a\.40\.2"\naac-128\/index\.m3u8\n/);
    const media = await bench.text(`${PREFIX}/aac-128/index.m3u8`);
    assert.match(media, /PLAYLIST-TYPE:EVENT/);
    assert.doesNotMatch(media, /ENDLIST/);
    // Whatever a playlist names is there.
    for (const name of ["init.mp4", ...media.match(/seg-\d+\.m4s/g) ?? []]) {
      assert.ok(await bench.blobs.stat(`${PREFIX}/aac-128/${name}`), name);
    }
  };
  await bench.go(path, {
    report: (report) => {
      if (report.stage !== "playable") return;
      return seen = check(report);
    },
  });
  assert.equal(endedBefore, false);
  await seen;
});

Deno.test("[U7] mono, 8 kHz, 0.2 s, silence and 24 bits all become music", STRICT, async () => {
  const sounds = [
    ["mono.mp3", "sine=f=440:d=2:r=44100", [], 2_000],
    ["low.wav", "sine=f=440:d=2:r=8000", [], 2_000],
    ["short.wav", "sine=f=440:d=0.2:r=48000", [], 200],
    ["silence.flac", "anullsrc=d=2:r=48000", [], 2_000],
    ["fine.wav", "sine=f=440:d=2:r=96000", ["-c:a", "pcm_s24le"], 2_000],
    ["six.flac", "aevalsrc='0.4*sin(500*t)|0|0|0|0.4*sin(900*t)|0':c=5.1:d=2:s=48000", [], 2_000],
  ] as const;
  for (const [name, sound, args, wanted] of sounds) {
    await using bench = await transcodeBench();
    const { durationMs, renditions } = await bench.go(
      await makeAudio(bench.scratch, name, sound, args),
    );
    assert.ok(Math.abs(durationMs - wanted) <= 30, `${name}: ${durationMs} ms`);
    for (const rendition of renditions) {
      const played = await playedMs(await bench.joined(rendition.name), 48_000);
      assert.ok(Math.abs(played - wanted) <= 50, `${name} ${rendition.name}: ${played} ms`);
    }
    const dat = await bench.blobs.read(`${PREFIX}/waveform-0.dat`);
    const loud = Math.max(...resamplePeaks(dat, 20).max);
    assert.equal(loud > 0.05, name !== "silence.flac", name);
    bench.clean();
  }
});

Deno.test(
  "[U8] the gain is the rule's, to a hundredth, and that of the picture too",
  STRICT,
  async () => {
    await using bench = await transcodeBench();
    const sound = "aevalsrc='0.05*(sin(700*t)+sin(1900*t))':d=8:s=44100";
    const path = await makeAudio(bench.scratch, "a.wav", sound);
    await bench.go(path);
    const { loudness } = bench.reports.find((one) => one.stage === "measured")!;
    const { integratedLufs, truePeakDb, gainDb } = loudness;
    assert.equal(gainDb, gainFor(integratedLufs, truePeakDb));
    assert.ok(gainDb > 3, `${gainDb} dB`);
    const baked = await rms(await bench.joined("flac")) / await rms(path);
    assert.ok(Math.abs(20 * Math.log10(baked) - gainDb) < 0.01, `${20 * Math.log10(baked)} dB`);
    const dat = await bench.blobs.read(`${PREFIX}/waveform-0.dat`);
    const shown = Math.max(...resamplePeaks(dat, 50).max);
    assert.ok(Math.abs(shown - 0.1 * 10 ** (gainDb / 20)) < 0.01, `it shows ${shown}`);
  },
);

Deno.test("[U8] nothing is clipped, however hot the source", STRICT, async () => {
  await using bench = await transcodeBench();
  const path = await makeAudio(
    bench.scratch,
    "hot.wav",
    "anoisesrc=d=8:a=0.9:c=white:r=44100,volume=9dB:precision=float",
    ["-c:a", "pcm_f32le"],
  );
  await bench.go(path);
  for (const name of LADDER) {
    const { peakDb, lufs } = await meter(await bench.joined(name));
    assert.ok(peakDb < -0.3, `${name} peaks at ${peakDb} dBTP`);
    assert.ok(Math.abs(lufs + 14) <= 0.5, `${name} is at ${lufs} LUFS`);
  }
});

Deno.test("[U5] the signal ends it: no process, no scratch, no blobs", STRICT, async () => {
  await using bench = await transcodeBench();
  const path = await makeAudio(bench.scratch, "a.wav", "anoisesrc=d=60:a=0.1:r=44100");
  for (const when of ["probed", "segmenting"] as const) {
    const stop = new AbortController();
    const work = bench.go(path, {
      signal: stop.signal,
      report: ({ stage }) => {
        if (stage === when) stop.abort(new Error(`stopped when ${when}`));
      },
    });
    await assert.rejects(work, new RegExp(`stopped when ${when}`));
    assert.deepEqual(processesWith(bench.scratch.dir), []);
    assert.deepEqual(await bench.blobs.list("tracks"), []);
    bench.clean();
  }
});

Deno.test("[U5] a listener of reports that fails ends the job with its error", STRICT, async () => {
  await using bench = await transcodeBench();
  const path = await makeAudio(bench.scratch, "a.wav", "sine=d=30");
  const report = ({ stage }: Report) => {
    if (stage === "measured") throw new Error("fenced");
  };
  await assert.rejects(bench.go(path, { report }), /fenced/);
  assert.deepEqual(processesWith(bench.scratch.dir), []);
  bench.clean();
});

Deno.test("[U2] a refused file leaves nothing but its source", STRICT, async () => {
  await using bench = await transcodeBench();
  await Deno.writeTextFile(bench.scratch.path("a.mp3"), "words");
  await refused(bench.go(bench.scratch.path("a.mp3")), "not_audio");
  const long = await makeAudio(bench.scratch, "long.flac", "anullsrc=d=30");
  await refused(bench.go(long, { maxSeconds: 10 }), "too_long");
  assert.deepEqual(await bench.blobs.list(""), ["sources/u1"]);
  bench.clean();
});
