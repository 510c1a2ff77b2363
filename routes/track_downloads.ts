/** A track as a file to keep: who may take which, and what it is called (U7). */
import type { DownloadStore } from "../db/downloads.ts";
import type { Role, Viewer } from "../domain/auth.ts";
import { DOWNLOADS, isDownloadFormat, mayTake } from "../domain/downloads.ts";
import { Rejection } from "../domain/errors.ts";
import type { Danger } from "../domain/safety.ts";
import type { StoredTrack } from "../domain/tracks.ts";
import type { DownloadPlan, Original } from "../media/download_plan.ts";
import type { PatientDownloads } from "../media/download_wait.ts";
import type { Download } from "../media/downloads.ts";

/** What is asked for; `bitrate` in kbit/s, the highest of the format where it is left out. */
export interface Wanted {
  readonly format: string;
  readonly bitrate?: number | undefined;
}

/** A download that is there, with the name that it is saved by. */
export interface NamedDownload extends Download {
  readonly filename: string;
  /** Of the file, without a dot. */
  readonly ending: string;
}

export interface TrackDownloads {
  /**
   * The file, made now if it was not before; null while that takes long: then ask again.
   *
   * @throws {Rejection} `invalid` naming what is offered, `forbidden`, `not_found` before the track
   * was recognised, and what making it throws
   */
  get(viewer: Viewer, track: StoredTrack, wanted: Wanted): Promise<NamedDownload | null>;
}

/** Files are called by their ending as often as by their codec. */
const ALIASES: Readonly<Record<string, string>> = { ogg: "vorbis", m4a: "aac" };
/** Endings that an original keeps; any other is told by its content. */
const ENDING = /\.(wav|aiff?|flac|mp3|m4a|m4b|mp4|aac|ogg|oga|opus)$/i;

export function trackDownloads(
  { originalOf, dangersFor, patient, plan, name }: {
    originalOf: DownloadStore["originalOf"];
    /** Why files of an account with these roles are nothing for the ffmpeg of this node. */
    dangersFor: (roles: readonly Role[]) => readonly Danger[];
    patient: PatientDownloads;
    plan: (format: string, bitrate: number | null, source: Original) => DownloadPlan;
    name: (of: { title: string; artist: string }, ending: string) => string;
  },
): TrackDownloads {
  return {
    async get(viewer, track, { format: asked, bitrate }) {
      const takes = mayTake(viewer, track);
      if (takes === "nothing") {
        throw new Rejection("forbidden", "Its artist does not offer this recording as a file");
      }
      const format = ALIASES[asked] ?? asked;
      if (format === "original" && takes !== "all") {
        throw new Rejection("forbidden", "The original is for its owner; take another format");
      }
      const { id: trackId, source, currentUploadId: uploadId } = track;
      const original = uploadId === null ? null : await originalOf(uploadId);
      if (!source || !uploadId || !original) {
        throw new Rejection("not_found", "The recording is not prepared yet");
      }
      const container = ENDING.exec(original.filename)?.[1]?.toLowerCase();
      const highest = isDownloadFormat(format) ? DOWNLOADS[format].bitrates.at(-1) : undefined;
      const planned = plan(format, bitrate ?? highest ?? null, {
        ...source,
        ...(container && { container }),
      });
      const { title, artist, genre, description, coverKey } = track;
      const made = await patient.get({
        trackId,
        uploadId,
        sourceKey: original.blobKey,
        plan: planned,
        tags: { title, artist, genre, comment: description },
        coverKey,
        dangers: dangersFor(original.ownerRoles),
      });
      const { ending } = planned;
      return made && { ...made, filename: name({ title, artist }, ending), ending };
    },
  };
}
