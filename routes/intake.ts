/** Where every upload comes in, whichever way its bytes came: may it, is it sound, whose is it (U1). */
import { z } from "zod";
import type { Placed } from "../db/originals.ts";
import type { NewUpload, NewVersion, UploadStore } from "../db/uploads.ts";
import { demand, type Role, type Viewer } from "../domain/auth.ts";
import { originalKey } from "../domain/blob_keys.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import { formatBytes } from "../domain/i18n/format.ts";
import { quotaExceeded } from "../domain/quotas.ts";
import { refuseUnsafe } from "../domain/safety.ts";
import { titleFromFilename, TrackFields } from "../domain/tracks.ts";
import type { UploadRules } from "../domain/upload_rules.ts";
import type { DuplicateOf } from "../domain/uploads.ts";
import type { Blobs } from "../media/blobs.ts";
import { refuseInvalid } from "./endpoint.ts";

/** What is said of a track stays as it is when it gets a version. */
const NoFields = z.strictObject({});

/** Who uploads, and how much may come. */
export interface Admitted {
  readonly userId: string;
  /** Of the file. */
  readonly maxBytes: number;
  /** Bytes that the account stores, and has promised, of what it may; null is without limit. */
  readonly quota: { readonly used: number; readonly limit: number } | null;
}

/** The names of a new upload; its bytes go to `blobKey`. */
export interface Place {
  readonly trackId: string;
  readonly uploadId: string;
  readonly blobKey: string;
  /** The track is there already, and this becomes a version of it. */
  readonly isVersion?: boolean;
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
  /** It came in pieces: there is to be no track when its row was ended meanwhile. */
  readonly isResumable?: boolean;
  /** It was recorded here, and there is no second one: it is taken even where no room is left. */
  readonly isRecording?: boolean;
  /** The request that brought it, or began to. */
  readonly cause?: EventMetadata;
}

export interface Accepted {
  readonly trackId: string;
  readonly uploadId: string;
  /** What the account made of the same bytes before, for the page to offer (U4). */
  readonly duplicateOf: DuplicateOf | null;
}

export interface Intake {
  /**
   * Before a byte is taken.
   *
   * @param announced bytes that the client says will come; null when it does not say
   * @param promised bytes that other uploads of the caller have announced and not finished
   * @throws {Rejection} `unauthenticated`, `forbidden`, `unsafe_media`, `too_large`,
   * `quota_exceeded`
   */
  admit(viewer: Viewer, announced: number | null, promised?: number): Promise<Admitted>;
  /** @param versionOf the track that the file is to be a version of; default: a new one */
  place(versionOf?: string): Place;
  /**
   * Makes an upload of the file, of a new track or as a version, and begins the work. What is
   * refused is removed; so are bytes that the account has already, for the upload then names those (U4).
   *
   * @throws {Rejection} `empty_file`, `not_audio`, `drm_protected`, `invalid`, `unsafe_media`,
   * `too_large`, `quota_exceeded`
   */
  accept(received: Received): Promise<Accepted>;
}

/** Whether nothing was committed: a failure of the database is no refusal, and tells nothing. */
const wasRefused = (error: unknown): boolean =>
  isRejection(error) && error.code !== "unavailable" && error.code !== "timeout";

/** @param begin wakes who takes jobs; the row is there by then, so nothing can be lost */
export function intake(
  { blobs, uploads, newId, account, rulesOf, sniff, tags, begin, discard }: {
    blobs: Blobs;
    uploads: UploadStore;
    newId: () => string;
    /** Its name is the artist of a track that names none. Null when the account is gone. */
    account: (userId: string) => Promise<{ displayName: string; roles: readonly Role[] } | null>;
    rulesOf: (roles: readonly Role[]) => UploadRules;
    /** Throws the refusal that the content deserves: `empty_file`, `not_audio`, `drm_protected`. */
    sniff: (blobKey: string) => Promise<void>;
    /** What the file says of itself, cleaned; null when it says nothing. */
    tags: (blobKey: string) => Promise<
      { title: string | null; artist: string | null; genre: string | null } | null
    >;
    begin: () => void;
    /** Removes a blob that no row names; what fails now is left to the collector. */
    discard: (blobKey: string) => Promise<void>;
  },
): Intake {
  /** What holds before the bytes and, for time has gone by, after them. */
  const check = ({ dangers, maxBytes }: UploadRules, bytes: number) => {
    refuseUnsafe(dangers);
    if (bytes > maxBytes) {
      const [has, most] = [bytes, maxBytes].map((size) => formatBytes(size, "en"));
      throw new Rejection("too_large", `The file has ${has}, and at most ${most} are taken`);
    }
  };

  const versionFrom = async (received: Received) => {
    const { uploadId, trackId, userId, blobKey, bytes, sha256, filename, cause } = received;
    const owner = await account(userId);
    if (!owner) throw new Rejection("session_ended", "This account is gone");
    const rules = rulesOf(owner.roles);
    if (received.isRecording) refuseUnsafe(rules.dangers);
    else check(rules, bytes);
    await sniff(blobKey);
    const version: NewVersion = {
      id: uploadId,
      trackId,
      userId,
      // deno-lint-ignore no-control-regex
      filename: filename.replace(/[\u0000-\u001f\u007f]/g, "").slice(0, 400),
      blobKey,
      bytes,
      sha256,
      limitBytes: received.isRecording ? null : rules.quotaBytes,
      jobId: newId(),
      cause,
    };
    return { version, displayName: owner.displayName };
  };

  /** What a form says, with what `schema` makes of it; one that nobody filled in is empty. */
  const read = <S extends z.ZodType>(schema: S, { fields }: Received): z.output<S> => {
    const filled = Object.entries(fields).filter(([, value]) => value.trim() !== "");
    const parsed = schema.safeParse(Object.fromEntries(filled));
    return parsed.success ? parsed.data : refuseInvalid(parsed.error);
  };

  const uploadFrom = async (received: Received): Promise<NewUpload> => {
    const { version, displayName } = await versionFrom(received);
    const { title, artist, genre, downloadable, ...rest } = read(TrackFields, received);
    const tagged = await tags(received.blobKey);
    return {
      ...version,
      ...rest,
      isResumable: received.isResumable ?? false,
      title: title ?? tagged?.title ?? titleFromFilename(received.filename),
      artist: artist ?? tagged?.artist ?? displayName,
      genre: genre || (tagged?.genre ?? ""),
      downloadable: downloadable === "true",
    };
  };

  const store = async (received: Received): Promise<Placed> => {
    if (!received.isVersion) return await uploads.create(await uploadFrom(received));
    read(NoFields, received);
    return await uploads.addVersion((await versionFrom(received)).version);
  };

  /**
   * The upload is to name bytes that were there before: were they lost, these take their place.
   * Before the rows, for then the work begins, and the client may not hear of a failure any more.
   */
  const restore = async ({ userId, sha256, bytes, blobKey }: Received) => {
    const kept = await uploads.keptAt({ userId, sha256, bytes });
    if (kept === null || kept === blobKey) return;
    if ((await blobs.stat(kept))?.size === bytes) return;
    await blobs.put(kept, (await blobs.open(blobKey)).stream);
  };

  return {
    async admit(viewer, announced, promised = 0) {
      demand(viewer, "tracks:create");
      if (viewer.kind === "guest") throw new Rejection("unauthenticated");
      const rules = rulesOf(viewer.roles);
      const wanted = announced ?? 0;
      check(rules, wanted);
      const { quotaBytes: limit, maxBytes } = rules;
      const { userId } = viewer;
      if (limit === null) return { userId, maxBytes, quota: null };
      const used = promised + await uploads.usedBytes(userId);
      // one without an announced size needs room for at least one byte
      if (used + Math.max(1, wanted) > limit) throw quotaExceeded({ used, limit, wanted });
      return { userId, maxBytes, quota: { used, limit } };
    },
    place(versionOf) {
      const uploadId = newId();
      const isVersion = versionOf !== undefined;
      const trackId = versionOf ?? newId();
      return { trackId, uploadId, blobKey: originalKey(uploadId), isVersion };
    },
    async accept(received) {
      const { trackId, uploadId, blobKey } = received;
      try {
        await restore(received);
        const placed = await store(received);
        if (placed.blobKey !== blobKey) await discard(blobKey);
        begin();
        return { trackId, uploadId, duplicateOf: placed.duplicateOf };
      } catch (error) {
        // after an outage the rows may be there, or still come: the bytes are left to the collector
        if (wasRefused(error) && !await uploads.mayExist(uploadId)) await discard(blobKey);
        throw error;
      }
    },
  };
}
