/** Where every upload comes in, whichever way its bytes came: may it, is it sound, whose is it (U1). */
import type { NewUpload, UploadStore } from "../db/uploads.ts";
import { demand, type Viewer } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { titleFromFilename, TrackFields } from "../domain/tracks.ts";
import type { Blobs } from "../media/blobs.ts";
import { refuseInvalid } from "./endpoint.ts";

/** Who uploads, and how much may come. */
export interface Admitted {
  readonly userId: string;
  /** Of the file. */
  readonly maxBytes: number;
}

/** The names of a new upload; its bytes go to `blobKey`. */
export interface Place {
  readonly trackId: string;
  readonly uploadId: string;
  readonly blobKey: string;
}

/** A file that lies whole among the blobs, and is not yet answered for. */
export interface Received extends Place {
  readonly userId: string;
  readonly bytes: number;
  readonly sha256: string;
  /** As the client named it. */
  readonly filename: string;
  /** Of {@linkcode TrackFields}, unchecked. */
  readonly fields: Readonly<Record<string, string>>;
}

export interface Accepted {
  readonly trackId: string;
  readonly uploadId: string;
}

export interface Intake {
  /**
   * Before a byte is taken.
   *
   * @param announced bytes that the client says will come; null when it does not say
   * @throws {Rejection} `unauthenticated`, `forbidden`, `too_large`
   */
  admit(viewer: Viewer, announced: number | null): Promise<Admitted>;
  place(): Place;
  /**
   * Makes a track and an upload of the file, and begins the work. What is refused is removed.
   *
   * @throws {Rejection} `empty_file`, `not_audio`, `drm_protected`, `invalid`
   */
  accept(received: Received): Promise<Accepted>;
}

/** @param begin wakes the upload's actor; the row is there by then, so a failure loses nothing */
export function intake(
  { blobs, uploads, newId, displayName, sniff, tags, begin, maxBytes }: {
    blobs: Blobs;
    uploads: UploadStore;
    newId: () => string;
    /** An account's name, for the artist of a track that names none. */
    displayName: (userId: string) => Promise<string>;
    /** Throws the refusal that the content deserves: `empty_file`, `not_audio`, `drm_protected`. */
    sniff: (blobKey: string) => Promise<void>;
    /** What the file says of itself, cleaned; null when it says nothing. */
    tags: (blobKey: string) => Promise<
      { title: string | null; artist: string | null; genre: string | null } | null
    >;
    begin: (uploadId: string) => Promise<void>;
    maxBytes: number;
  },
): Intake {
  const rowsOf = async (received: Received): Promise<NewUpload> => {
    const { uploadId, trackId, userId, blobKey, bytes, sha256, filename } = received;
    // a form that nobody filled in sends empty fields
    const filled = Object.entries(received.fields).filter(([, value]) => value.trim() !== "");
    const parsed = TrackFields.safeParse(Object.fromEntries(filled));
    if (!parsed.success) refuseInvalid(parsed.error);
    const { title, artist, genre, ...rest } = parsed.data;
    const tagged = await tags(blobKey);
    return {
      ...rest,
      id: uploadId,
      trackId,
      userId,
      // deno-lint-ignore no-control-regex
      filename: filename.replace(/[\u0000-\u001f\u007f]/g, "").slice(0, 400),
      title: title ?? tagged?.title ?? titleFromFilename(filename),
      artist: artist ?? tagged?.artist ?? await displayName(userId),
      genre: genre || (tagged?.genre ?? ""),
      blobKey,
      bytes,
      sha256,
    };
  };
  return {
    // deno-lint-ignore require-await
    async admit(viewer, announced) {
      demand(viewer, "tracks:create");
      if (viewer.kind === "guest") throw new Rejection("unauthenticated");
      if (announced !== null && announced > maxBytes) {
        throw new Rejection("too_large", `At most ${maxBytes} bytes are taken`);
      }
      return { userId: viewer.userId, maxBytes };
    },
    place() {
      const trackId = newId();
      const uploadId = newId();
      return { trackId, uploadId, blobKey: `tracks/${trackId}/${uploadId}/original` };
    },
    async accept(received) {
      const { trackId, uploadId, blobKey } = received;
      try {
        await sniff(blobKey);
        await uploads.create(await rowsOf(received));
      } catch (error) {
        // an outage in the middle of the commit: the rows may be there, and then the bytes must be
        if (!await uploads.mayExist(uploadId)) await blobs.delete(blobKey);
        throw error;
      }
      await begin(uploadId);
      return { trackId, uploadId };
    },
  };
}
