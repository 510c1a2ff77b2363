/** A stored file becomes music: probe, measure, encode, and put segments where listeners reach. */
import { join } from "node:path";
import type { HlsForm } from "../domain/hls_form.ts";
import { partFolder } from "../domain/job_parts.ts";
import type { Blobs } from "./blobs.ts";
import { drawWaveforms } from "./draw.ts";
import { encodeRendition } from "./encode.ts";
import type { Tool } from "./ffmpeg.ts";
import { localSource } from "./local_source.ts";
import type { Job, Outcome, RenditionOutcome, Report } from "./job.ts";
import { measure } from "./loudness.ts";
import type { OfferRenditions } from "./offers.ts";
import { estimateBandwidth, plan, type Rendition } from "./plan.ts";
import { masterPlaylist, type Variant } from "./playlist.ts";
import { probe as probeFile, sniff } from "./probe.ts";
import { progressTo } from "./progress.ts";
import { spread } from "./spread.ts";

export interface TranscodeDeps {
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  /** Scratch on this machine, best on the file system of the blobs. */
  readonly workDir: string;
  /** The form to make; `fmp4` unless told. */
  readonly hlsForm?: HlsForm | undefined;
  /** Called in order, one at a time; what it throws ends the job. */
  readonly report: (report: Report) => void | Promise<void>;
  readonly signal?: AbortSignal | undefined;
  /** Throws `infected` for a file that carries something harmful; absent where none is configured. */
  readonly scan?: ((path: string, signal: AbortSignal) => Promise<void>) | undefined;
  /** Beside the ladder, once there is something to hear: takes what the file carries besides sound. */
  readonly cover?: ((path: string, signal: AbortSignal) => Promise<unknown>) | undefined;
  /** Told when only long work is left, whoever does it. */
  readonly prepared?: (() => void) | undefined;
  /** Has other workers take all but the first rendition; absent where there are none. */
  readonly offer?: OfferRenditions | undefined;
  /** Told that another worker did not end what it had taken. */
  readonly onLost?: ((worker: string | null, reason: string) => void) | undefined;
  /** Waited for before all but the first rendition are made here; disposed at the end. */
  readonly turn?: ((signal: AbortSignal) => Promise<Disposable>) | undefined;
}

/** Where, in percent, the measuring begins and the ladder does. */
const PROBED = 2;
const MEASURED = 10;

/**
 * Runs a job to its end. Throws `Rejection` for what the file or a limit is to blame for, or the
 * signal's reason. Scratch is gone on every path out; so are the blobs under `outputPrefix`, unless
 * the track was playable by then: a listener may be in the middle of it.
 */
export async function transcode(job: Job, deps: TranscodeDeps): Promise<Outcome> {
  const { blobs, workDir } = deps;
  const scratch = join(workDir, `${job.uploadId}.${job.attempt}`);
  // A crash may have left it: the same attempt starts clean.
  await remove(scratch);
  await Deno.mkdir(scratch, { recursive: true });
  const progress = progressTo(deps.report);
  const signal = deps.signal ? AbortSignal.any([deps.signal, progress.failed]) : progress.failed;
  let playable = false;
  try {
    return await work(job, { ...deps, scratch, progress, signal }, () => playable = true);
  } catch (error) {
    if (!playable) await blobs.deletePrefix(job.outputPrefix);
    throw error;
  } finally {
    await progress.close().finally(() => remove(scratch));
  }
}

type Work = TranscodeDeps & {
  readonly scratch: string;
  readonly progress: ReturnType<typeof progressTo>;
  readonly signal: AbortSignal;
};

async function work(job: Job, deps: Work, nowPlayable: () => void): Promise<Outcome> {
  const { blobs, ffmpeg, scratch, progress, signal } = deps;
  const { maxSeconds, outputPrefix } = job;
  const source = await localSource(blobs, job.sourceKey, scratch, signal);
  await deps.scan?.(source, signal);
  progress.stage({ stage: "scanned", scanner: deps.scan ? "clamav" : "off", percent: 1 });

  // Sniffing goes first in blame: what is no audio at all is told as what it seems to be.
  const [sniffed, probed] = await Promise.allSettled([
    sniff(source),
    probeFile(ffmpeg, source, { maxSeconds, signal }),
  ]);
  if (sniffed.status === "rejected") throw sniffed.reason;
  if (probed.status === "rejected") throw probed.reason;
  const probe = probed.value;
  const { codec, sampleRate, channels, durationMs: declared } = probe;
  progress.stage({
    stage: "probed",
    source: { codec, sampleRate, channels },
    durationMs: declared,
    percent: PROBED,
  });

  const { loudness, durationMs } = await measure(ffmpeg, source, probe, {
    maxSeconds,
    signal,
    onProgress: (at) => {
      const part = declared ? Math.min(1, at / declared) : 0;
      progress.percent(PROBED + part * (MEASURED - PROBED));
    },
  });
  progress.stage({ stage: "measured", loudness, durationMs, percent: MEASURED });
  progress.stage({ stage: "segmenting", percent: MEASURED });

  const masterKey = `${outputPrefix}/master.m3u8`;
  const ladder = plan(probe, deps.hlsForm);
  const told = new Map<Rendition, Omit<Variant, "rendition">>();
  const reached = new Map<Rendition, number>();
  const first = Promise.withResolvers<void>();
  let written: Promise<unknown> = Promise.resolve();
  /** Names every rendition that has a segment; one write at a time, so the last one stays. */
  const writeMaster = () =>
    written = written.then(() => {
      const entries = ladder.flatMap((rendition) => {
        const variant = told.get(rendition);
        return variant ? [{ rendition, ...variant }] : [];
      });
      return blobs.put(masterKey, new TextEncoder().encode(masterPlaylist(entries)));
    });

  const moved = (rendition: Rendition, atMs: number) => {
    reached.set(rendition, Math.min(1, atMs / durationMs));
    const sum = [...reached.values()].reduce((a, b) => a + b, 0);
    progress.percent(MEASURED + sum / ladder.length * (99 - MEASURED));
  };
  /** The first segment of a rendition can be played. */
  const begun = async (rendition: Rendition, folder: string) => {
    const guess = estimateBandwidth(rendition);
    told.set(rendition, { folder, bandwidth: guess, averageBandwidth: guess });
    await writeMaster();
  };
  const ended = (rendition: Rendition, folder: string, made: RenditionOutcome) => {
    const { bandwidth, averageBandwidth } = made;
    told.set(rendition, { folder, bandwidth, averageBandwidth });
  };

  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  const encode = async (
    rendition: Rendition,
    folder = rendition.name,
  ): Promise<RenditionOutcome> => {
    const made = await encodeRendition(rendition, {
      blobs,
      ffmpeg,
      source,
      scratch: join(scratch, folder),
      prefix: `${outputPrefix}/${folder}`,
      gainDb: loudness.gainDb,
      maxSeconds,
      eager: rendition === ladder[0],
      signal: all,
      onProgress: (at) => moved(rendition, at),
      onFirst: async () => {
        await begun(rendition, folder);
        if (rendition !== ladder[0]) return;
        nowPlayable();
        progress.stage({ stage: "playable", masterKey, percent: MEASURED });
        first.resolve();
      },
    });
    ended(rendition, folder, made);
    return made;
  };
  const turn = deps.turn ?? (() => Promise.resolve({ [Symbol.dispose]() {} }));

  const others = async () => {
    // The first segment gets both cores: the rest would make it three times as late.
    await first.promise;
    deps.prepared?.();
    const rest = ladder.slice(1);
    await using offered = await deps.offer?.(job, { gainDb: loudness.gainDb }, rest);
    if (!offered) {
      using _turn = await turn(all);
      if (!deps.offer) return await Promise.all(rest.map((rendition) => encode(rendition)));
      // others may have been offered them all the same: theirs may be written to, or taken away
      const made = await Promise.all(
        rest.map((rendition) => encode(rendition, partFolder(rendition.name, 0))),
      );
      await Promise.all(rest.map(({ name }) => blobs.deletePrefix(`${outputPrefix}/${name}`)));
      return made;
    }
    const { offer, renditions } = offered;
    const parts = await spread<RenditionOutcome>({
      offer,
      names: new Map(Array.from(renditions, ([id, { name }]) => [id, name])),
      doHere: (id, folder) => encode(renditions.get(id)!, folder),
      turn,
      onReached(id, folder, ms) {
        const rendition = renditions.get(id)!;
        if (told.get(rendition)?.folder !== folder) {
          begun(rendition, folder).catch((error) => stop.abort(error));
        }
        moved(rendition, ms);
      },
      onLost: deps.onLost ?? (() => {}),
      signal: all,
    });
    for (const { id, folder, made } of parts) ended(renditions.get(id)!, folder, made);
    await writeMaster(); // from here on nothing leads to what somebody did not end
    const unused = parts.flatMap(({ unused }) => unused.map((one) => `${outputPrefix}/${one}`));
    await Promise.all(unused.map((folder) => blobs.deletePrefix(folder)));
    return parts.map(({ made }) => made);
  };
  /** After the first segment, which would be later with company; listeners do not wait for it. */
  const draw = async () => {
    await first.promise;
    const { gainDb } = loudness;
    const dats = await drawWaveforms(ffmpeg, source, probe, { gainDb, maxSeconds, signal: all });
    const keys = dats.map((_, zoom) => `${outputPrefix}/waveform-${zoom}.dat`);
    await Promise.all(dats.map((dat, zoom) => blobs.put(keys[zoom]!, dat)));
    progress.stage({ stage: null, waveformKeys: keys, percent: MEASURED });
  };
  const cover = async () => {
    await first.promise;
    await deps.cover?.(source, all);
  };
  const leading = encode(ladder[0]!);
  leading.catch(first.reject);
  const rest = others();
  const drawing = draw();
  const covering = cover();
  try {
    const [lead, follow] = await Promise.all([leading, rest, drawing, covering]);
    await writeMaster();
    return { durationMs, renditions: [lead, ...follow] };
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    await Promise.allSettled([leading, rest, drawing, covering, written]);
  }
}

async function remove(folder: string): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
