/**
 * Closes the recording of a stream that has ended: its parts become one original, and that an upload
 * like any other. Killed at any moment and begun again, it makes exactly one track (L7).
 */
import { join } from "node:path";
import { originalKey, recordingFolder } from "../../domain/blob_keys.ts";
import { type ErrorCode, isRejection, Rejection } from "../../domain/errors.ts";
import { afterClosing } from "../../domain/recordings.ts";
import type { Visibility } from "../../domain/tracks.ts";
import type { Blobs } from "../blobs.ts";
import type { Tool } from "../ffmpeg.ts";
import { ENDINGS, type RecordedFile, recordingFile } from "./recording_file.ts";
import { joinRuns, type Run } from "./recording_join.ts";
import { decodePart, type RecordingForm, sameForm } from "./recording_part.ts";

/** A recording to be closed; `attempt` is the fence of what is told of it. */
interface Take {
  readonly id: string;
  readonly attempt: number;
  readonly failures: number;
  /** Of the parts that are said to be there. */
  readonly bytes: number;
  /** What it is going to be. */
  readonly uploadId: string;
  readonly trackId: string;
  readonly hostId: string;
  readonly title: string;
  readonly description: string;
  readonly visibility: Visibility;
}

export interface ClosingDeps<T extends Take> {
  readonly blobs: Pick<Blobs, "list" | "read" | "writer" | "put">;
  readonly ffmpeg: Tool;
  /** Scratch on this machine. */
  readonly workDir: string;
  /** The rows; places that they answer with are to be erased. */
  readonly takes: {
    done(take: T, what: { startedAt: Date; durationMs: number }): Promise<string[]>;
    drop(take: T): Promise<string[]>;
    /** `afterMs` null: it is given up, and its parts stay. */
    failed(take: T, why: Why & { readonly afterMs: number | null }): Promise<void>;
    /** Accepted: an earlier attempt was killed after that. Deleted: its stream was taken away. */
    standing(take: T): Promise<{ readonly isAccepted: boolean; readonly isDeleted: boolean }>;
  };
  /** Makes the track, with its upload and the job that makes music of it. */
  readonly accept: (recording: {
    readonly trackId: string;
    readonly uploadId: string;
    readonly blobKey: string;
    readonly userId: string;
    readonly bytes: number;
    readonly sha256: string;
    readonly filename: string;
    readonly fields: Readonly<Record<string, string>>;
  }) => Promise<unknown>;
  readonly erase: (places: readonly string[]) => Promise<void>;
  /** What became of a stream's recording; `closed` without a track: there was nothing to keep. */
  readonly told: (streamId: string, state: "closed" | "failed", trackId: string | null) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}

interface Why {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** What is shorter becomes no track, in ms: somebody pressed a button and thought again. */
const SHORTEST_MS = 1_000;
/** Parts that are read at a time: a store far away answers each in its own time. */
const TOGETHER = 8;

/** Parts that follow each other, by the form that they are held to have. */
type Pieces = AsyncIterable<{ readonly form: RecordingForm; readonly keys: Place[] }>;

/** A connection of the host sent more than one form. */
class FormChanged extends Error {}

/** The number of a page's stream, out of the id, so that each attempt makes the same file. */
const serialOf = (id: string) => Number.parseInt(id.slice(-8), 16);

/** Where a part belongs: which connection of the host, and the how manieth of it. */
interface Place {
  readonly key: string;
  readonly epoch: number;
  readonly number: number;
}

function placeOf(key: string): Place {
  const [epoch = 0, number = 0] = key.slice(key.lastIndexOf("/") + 1).split("-").map(Number);
  return { key, epoch, number };
}

/** The work of one attempt: answers with the ms after which it is to be tried again, null for never. */
export function closing<T extends Take>(deps: ClosingDeps<T>) {
  const { blobs, ffmpeg, workDir, takes, accept, erase, told, warn } = deps;

  async function* partsOf(keys: readonly Place[], signal: AbortSignal) {
    for (let at = 0; at < keys.length; at += TOGETHER) {
      signal.throwIfAborted();
      const some = keys.slice(at, at + TOGETHER);
      const read = await Promise.all(some.map(({ key }) => blobs.read(key)));
      for (const [index, { key, epoch }] of some.entries()) {
        const part = readPart(key, read[index]!);
        if (part) yield { ...part, epoch, place: some[index]! };
      }
    }
  }

  /** One that is damaged is as one that is missing: silence, and the rest is there. */
  function readPart(key: string, bytes: Uint8Array) {
    try {
      return decodePart(bytes);
    } catch (error) {
      warn("a part of a recording is damaged, and left out", { key, error });
      return null;
    }
  }

  /** Each connection, with the form of its first part that can be read. */
  async function* connections(keys: Place[], signal: AbortSignal) {
    for (const ofEpoch of Map.groupBy(keys, ({ epoch }) => epoch).values()) {
      const { value: part } = await partsOf(ofEpoch, signal).next();
      if (part) yield { form: part.form, keys: ofEpoch };
    }
  }

  async function* each(keys: Place[], signal: AbortSignal) {
    for await (const { form, place } of partsOf(keys, signal)) yield { form, keys: [place] };
  }

  /** @throws {FormChanged} at a part that is not of this form */
  async function* partsIn(form: RecordingForm, keys: Place[], signal: AbortSignal) {
    for await (const part of partsOf(keys, signal)) {
      if (!sameForm(form, part.form)) throw new FormChanged();
      yield part;
    }
  }

  /** Those of one form that follow each other, together. */
  async function runsOf(pieces: Pieces, signal: AbortSignal): Promise<Run[]> {
    const runs: { form: RecordingForm; keys: Place[] }[] = [];
    for await (const part of pieces) {
      const last = runs.at(-1);
      if (!last || !sameForm(last.form, part.form)) runs.push({ ...part });
      else {
        last.keys.push(...part.keys);
        // Opus says in each packet how many channels it has: what is not stereo is heard on both
        if (part.form.channels > last.form.channels) last.form = part.form;
      }
    }
    return runs.map(({ form, keys }) => ({ form, parts: () => partsIn(form, keys, signal) }));
  }

  /** Puts the one file together under `key`; null when it is too short to be kept. */
  async function pour(take: T, key: string, signal: AbortSignal) {
    const keys = (await blobs.list(recordingFolder(take.id))).map(placeOf)
      .sort((one, other) => one.epoch - other.epoch || one.number - other.number);
    const pourAs = async (pieces: Pieces) =>
      await pourRuns(take, { key, keys, runs: await runsOf(pieces, signal) }, signal);
    try {
      return await pourAs(connections(keys, signal));
    } catch (error) {
      if (!(error instanceof FormChanged)) throw error;
      // as a playlist of files that were made otherwise: all of it is read once more to see where
      return await pourAs(each(keys, signal));
    }
  }

  async function pourRuns(
    take: T,
    { key, keys, runs }: { key: string; keys: readonly Place[]; runs: readonly Run[] },
    signal: AbortSignal,
  ) {
    const [first] = runs;
    if (!first && take.bytes === 0 && keys.length === 0) return null;
    if (!first) {
      // a store that forgot them, or gives us others, must not make us forget them too
      const found = `${keys.length} parts were found, and none can be read`;
      throw new Rejection("processing_failed", `${found}; wanted parts of ${take.bytes} bytes`);
    }
    if (runs.length > 1) return await pourJoined(take, key, runs, signal);
    await using out = await blobs.writer(key, { signal });
    const file: RecordedFile | null = await recordingFile(first.parts(), {
      form: first.form,
      serial: serialOf(take.id),
      write: (bytes) => out.write(bytes),
    });
    if (!file || file.durationMs < SHORTEST_MS) return null;
    return { ...file, ...await out.commit(), ending: ENDINGS[first.form.codec] as string };
  }

  async function pourJoined(take: T, key: string, runs: readonly Run[], signal: AbortSignal) {
    const scratch = join(workDir, `recording-${take.id}-${take.attempt}`);
    await Deno.mkdir(scratch, { recursive: true });
    try {
      const file = await joinRuns(runs, { ffmpeg, scratch, signal });
      if (!file || file.durationMs < SHORTEST_MS) return null;
      const stored = await blobs.put(key, (await Deno.open(file.path)).readable, { signal });
      const { startUs, durationMs } = file;
      return { startUs, durationMs, ...stored, ending: "flac" };
    } finally {
      await Deno.remove(scratch, { recursive: true });
    }
  }

  async function close(take: T, signal: AbortSignal): Promise<void> {
    const { id, trackId, uploadId, hostId, title, description, visibility } = take;
    const blobKey = originalKey(uploadId);
    const poured = await pour(take, blobKey, signal);
    const { isAccepted, isDeleted } = await takes.standing(take);
    if (!poured || isDeleted && !isAccepted) {
      const places = await takes.drop(take);
      await erase(poured ? [...places, blobKey] : places);
      return told(id, "closed", null);
    }
    const { bytes, sha256, startUs, durationMs, ending } = poured;
    if (!isAccepted) {
      await accept({
        ...{ trackId, uploadId, blobKey, bytes, sha256, userId: hostId },
        filename: `${title}.${ending}`,
        fields: { title, description, visibility },
      });
    }
    const startedAt = new Date(startUs / 1_000);
    await erase(await takes.done(take, { startedAt, durationMs }));
    told(id, "closed", trackId);
  }

  return async (take: T, { signal }: { readonly signal: AbortSignal }): Promise<number | null> => {
    try {
      await close(take, signal);
      return null;
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error, "fenced")) return null;
      const code = isRejection(error) ? error.code : "processing_failed";
      const reason = error instanceof Error ? error.message : String(error);
      warn("a recording could not be closed", { streamId: take.id, attempt: take.attempt, error });
      const afterMs = afterClosing(take.failures, code, Math.random());
      await takes.failed(take, { code, reason, afterMs });
      if (afterMs === null) told(take.id, "failed", null);
      return afterMs;
    }
  };
}
