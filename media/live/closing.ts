/**
 * Closes the recording of a stream that has ended: its parts become one original, and that an upload
 * like any other. Killed at any moment and begun again, it makes exactly one track (L7).
 */
import { originalKey, recordingFolder } from "../../domain/blob_keys.ts";
import { isRejection } from "../../domain/errors.ts";
import type { Visibility } from "../../domain/tracks.ts";
import type { Blobs } from "../blobs.ts";
import { ENDINGS, type PartOf, type RecordedFile, recordingFile } from "./recording_file.ts";
import { decodePart, type RecordingForm } from "./recording_part.ts";

/** A recording to be closed; `attempt` is the fence of what is told of it. */
interface Take {
  readonly id: string;
  readonly attempt: number;
  readonly failures: number;
  /** What it is going to be. */
  readonly uploadId: string;
  readonly trackId: string;
  readonly hostId: string;
  readonly title: string;
  readonly visibility: Visibility;
}

export interface ClosingDeps<T extends Take> {
  readonly blobs: Pick<Blobs, "list" | "read" | "writer">;
  /** The rows; places that they answer with are to be erased. */
  readonly takes: {
    done(take: T, what: { startedAt: Date; durationMs: number }): Promise<string[]>;
    drop(take: T, as: "empty" | "lost", why?: Why): Promise<string[]>;
    failed(take: T, why: Why & { readonly afterMs: number }): Promise<void>;
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
  /** What became of a stream's recording; null: no track. */
  readonly told: (streamId: string, trackId: string | null) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
}

interface Why {
  readonly code: string | null;
  readonly reason: string;
}

/** What is shorter becomes no track, in ms: somebody pressed a button and thought again. */
const SHORTEST_MS = 1_000;
/** Parts that are read at a time: a store far away answers each in its own time. */
const TOGETHER = 8;
/** From the first pause after a failure to the longest, in ms. */
const PAUSES_MS = { first: 1_000, most: 3_600_000 } as const;
/** A recording that could not be closed in so many tries, most of them an hour apart, is given up. */
const MOST_FAILURES = 500;

/** The number of a page's stream, out of the id, so that each attempt makes the same file. */
const serialOf = (id: string) => Number.parseInt(id.slice(-8), 16);

/** Where a part belongs: which connection of the host, and the how manieth of it. */
function placeOf(key: string): { key: string; epoch: number; number: number } {
  const [epoch = 0, number = 0] = key.slice(key.lastIndexOf("/") + 1).split("-").map(Number);
  return { key, epoch, number };
}

/** The work of one attempt: answers with the ms after which it is to be tried again, null for never. */
export function closing<T extends Take>(deps: ClosingDeps<T>) {
  const { blobs, takes, accept, erase, told, warn } = deps;

  async function* partsOf(keys: ReturnType<typeof placeOf>[], signal: AbortSignal) {
    for (let at = 0; at < keys.length; at += TOGETHER) {
      signal.throwIfAborted();
      const some = keys.slice(at, at + TOGETHER);
      const read = await Promise.all(some.map(({ key }) => blobs.read(key)));
      for (const [index, { key, epoch }] of some.entries()) {
        const part = readPart(key, read[index]!);
        if (part) yield { ...part, epoch } satisfies PartOf;
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

  /** What the file will be of: as the first part says that can be read. */
  async function formOf(parts: AsyncIterable<PartOf>): Promise<RecordingForm | null> {
    for await (const { form } of parts) return form;
    return null;
  }

  async function pour(take: T, signal: AbortSignal) {
    const keys = (await blobs.list(recordingFolder(take.id))).map(placeOf)
      .sort((one, other) => one.epoch - other.epoch || one.number - other.number);
    const form = await formOf(partsOf(keys, signal));
    if (!form) return null;
    const blobKey = originalKey(take.uploadId);
    await using out = await blobs.writer(blobKey, { signal });
    const file: RecordedFile | null = await recordingFile(partsOf(keys, signal), {
      form,
      serial: serialOf(take.id),
      write: (bytes) => out.write(bytes),
    });
    if (!file || file.durationMs < SHORTEST_MS) return null;
    return { ...file, ...await out.commit(), blobKey, ending: ENDINGS[form.codec] };
  }

  async function close(take: T, signal: AbortSignal): Promise<void> {
    const { id, trackId, uploadId, hostId, title, visibility } = take;
    const poured = await pour(take, signal);
    const { isAccepted, isDeleted } = await takes.standing(take);
    if (!poured || isDeleted && !isAccepted) {
      const places = await takes.drop(take, "empty");
      await erase(poured ? [...places, poured.blobKey] : places);
      return told(id, null);
    }
    const { blobKey, bytes, sha256, startUs, durationMs, ending } = poured;
    if (!isAccepted) {
      await accept({
        ...{ trackId, uploadId, blobKey, bytes, sha256, userId: hostId },
        filename: `${title}.${ending}`,
        fields: { title, visibility },
      });
    }
    const startedAt = new Date(startUs / 1_000);
    await erase(await takes.done(take, { startedAt, durationMs }));
    told(id, trackId);
  }

  return async (take: T, { signal }: { readonly signal: AbortSignal }): Promise<number | null> => {
    try {
      await close(take, signal);
      return null;
    } catch (error) {
      signal.throwIfAborted();
      if (isRejection(error, "fenced")) return null;
      const code = isRejection(error) ? error.code : null;
      const why = { code, reason: error instanceof Error ? error.message : String(error) };
      warn("a recording could not be closed", { streamId: take.id, attempt: take.attempt, error });
      if (take.failures >= MOST_FAILURES) {
        await erase(await takes.drop(take, "lost", why));
        told(take.id, null);
        return null;
      }
      const afterMs = Math.min(PAUSES_MS.most, PAUSES_MS.first * 2 ** Math.min(take.failures, 20));
      await takes.failed(take, { ...why, afterMs });
      return afterMs;
    }
  };
}
