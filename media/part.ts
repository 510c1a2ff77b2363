/** Encodes one rendition for a job that another worker has (U10). */
import { join } from "node:path";
import { partFolder } from "../domain/job_parts.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Blobs } from "./blobs.ts";
import { encodeRendition } from "./encode.ts";
import type { Tool } from "./ffmpeg.ts";
import { removeIfThere } from "./files.ts";
import type { RenditionOutcome } from "./job.ts";
import type { RunContext } from "./jobs.ts";
import { localSource } from "./local_source.ts";
import type { RenditionWork } from "./offers.ts";

/** A part as it was claimed. */
export interface ClaimedRendition {
  readonly id: string;
  /** The upload. */
  readonly subject: string;
  /** How often it was begun: the fence. */
  readonly attempt: number;
  readonly work: RenditionWork;
}

type Held = Pick<ClaimedRendition, "id" | "attempt">;

/** The rows of parts, as who does one needs them. */
export interface PartRows {
  reached(part: Held, ms: number): Promise<boolean>;
  done(part: Held, made: RenditionOutcome): Promise<boolean>;
  failed(part: Held, reason: string): Promise<void>;
}

/** How often it tells how far it is, in ms. */
const TELL_MS = 1_000;

/**
 * Makes the work of a `jobRunner` of parts. What cannot be used goes: because it failed, because it
 * is another's by now, or because this worker ends.
 */
export function renditionParts({ rows, blobs, ffmpeg, workDir, allow, warn, count = () => {} }: {
  readonly rows: PartRows;
  readonly blobs: Blobs;
  readonly ffmpeg: Tool;
  readonly workDir: string;
  /** Throws where this worker may not open that upload's file. */
  readonly allow: (uploadId: string) => Promise<void>;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  /** Counts what becomes of parts. */
  readonly count?: (outcome: "done" | "failed" | "unneeded" | "given_back") => void;
}) {
  return async (part: ClaimedRendition, { signal: given }: RunContext): Promise<null> => {
    const { rendition, sourceKey, prefix, gainDb, maxSeconds } = part.work;
    const folder = `${prefix}/${partFolder(rendition.name, part.attempt)}`;
    const scratch = join(workDir, `${part.id}.${part.attempt}`);
    const ours = new AbortController();
    const signal = AbortSignal.any([given, ours.signal]);
    let audible = false;
    /** From here on it may count, whatever we hear of that. */
    let told = false;
    let reached = 0;
    const tell = async () => {
      if (!audible) return;
      if (await rows.reached(part, reached)) return;
      ours.abort(new Rejection("fenced", "Nobody needs this part from here any more"));
    };
    const telling = setInterval(() => {
      tell().catch((error) => warn("how far a part is could not be told", { error }));
    }, TELL_MS);
    try {
      await allow(part.subject);
      await Deno.mkdir(scratch, { recursive: true });
      const source = await localSource(blobs, sourceKey, scratch, signal);
      const made = await encodeRendition(rendition, {
        ...{ blobs, ffmpeg, source, prefix: folder, gainDb, maxSeconds, signal },
        scratch: join(scratch, "made"),
        eager: false,
        onProgress: (at) => void (reached = at),
        onFirst: async () => {
          audible = true;
          await tell();
        },
      });
      told = true;
      const isNeeded = await rows.done(part, made);
      count(isNeeded ? "done" : "unneeded");
      if (!isNeeded) await blobs.deletePrefix(folder);
    } catch (error) {
      if (told) throw error;
      await blobs.deletePrefix(folder);
      const isEnding = isRejection(given.reason, "shutting_down");
      count(isEnding ? "given_back" : signal.aborted ? "unneeded" : "failed");
      if (isEnding) throw error; // the runner gives it back
      if (signal.aborted) return null;
      warn("a part of a ladder failed", { upload: part.subject, part: rendition.name, error });
      await rows.failed(part, error instanceof Error ? error.message : String(error));
    } finally {
      clearInterval(telling);
      await removeIfThere(scratch, true);
    }
    return null;
  };
}
