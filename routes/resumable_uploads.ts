/** Uploads that come in pieces, from the first header to the track that they become (U3). */
import type { Resumable, ResumableStore } from "../db/resumable.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Viewer } from "../domain/auth.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import { isId } from "../domain/ids.ts";
import { TrackFields } from "../domain/tracks.ts";
import {
  isFinal,
  MOST_UNFINISHED,
  splitMetadata,
  type UploadMetadata,
  type UploadState,
} from "../domain/uploads.ts";
import type { Blobs } from "../media/blobs.ts";
import type { UploadHolds } from "../media/upload_holds.ts";
import type { Opened, UploadPieces } from "../media/upload_pieces.ts";
import { refuseInvalid } from "./endpoint.ts";
import type { Intake, Place } from "./intake.ts";

/** A file without a row is one of a row that has just gone; older than this, in ms, it is nobody's. */
const STRAY_MS = 3_600_000;
/** Characters of all that a client says of its file: the longest description, and room to spare. */
const MOST_METADATA = 16_384;
/** So long a request waits for another node that is just making the track, in ms. */
const PATIENCE_MS = 20_000;
/** It looks this often, in ms. */
const LOOK_MS = 100;
/** An end that failed is tried again after this time, then after twice, up to the longest; in ms. */
const RETRY_MS = 30_000;
const LONGEST_RETRY_MS = 3_600_000;

type User = Extract<Viewer, { kind: "user" }>;

/** An upload with what really lies on the disk: `offset` bytes. */
export type Found = Resumable & { readonly offset: number };

export interface ResumableUploads {
  readonly holds: UploadHolds;
  readonly pieces: UploadPieces;
  /**
   * Makes room for a new upload, before a byte is taken.
   *
   * @throws {Rejection} `conflict` when the caller has too many unfinished ones, `quota_exceeded`
   * when these fill what is left, `invalid`, and what {@linkcode Intake.admit} refuses
   */
  create(
    user: User,
    place: Place,
    upload: { length: number; metadata: UploadMetadata; cause?: EventMetadata },
  ): Promise<void>;
  /**
   * An upload of the caller. One that lies whole, because a crash came before its end, is finished.
   *
   * @throws {Rejection} `not_found`, for another's too
   */
  find(user: User, id: string): Promise<Found>;
  /** Those of the caller that wait for bytes, the oldest first. */
  unfinished(user: User): Promise<UploadState[]>;
  /** Becomes the writer in its row: the number is the fence of what is saved. */
  open(id: string): Promise<Opened>;
  /**
   * Makes a track of it; asked twice, there is still one.
   *
   * @throws {Rejection} what it was refused with, `not_found` when it was ended, `busy` when another
   * node is at it for long
   */
  finish(id: string): Promise<Found>;
  /**
   * Ends one of the caller's that is not a track.
   *
   * @throws {Rejection} `not_found`, `conflict` when it is one
   */
  remove(user: User, id: string): Promise<void>;
  /**
   * Removes one that its client knows nothing of; what fails now goes when its time is over. False
   * when it has become a track.
   */
  forget(id: string): Promise<boolean>;
  /** As its owner sees it. */
  state(user: User, id: string): Promise<UploadState>;
  expiresAt(upload: Resumable): Date;
  /** Ends what a crash has left whole, and removes what nobody came back for. */
  sweep(): Promise<void>;
}

export function resumableUploads(
  { rows, pieces, holds, blobs, intake, keepMs, warn, now = Date.now }: {
    rows: ResumableStore;
    pieces: UploadPieces;
    holds: UploadHolds;
    blobs: Blobs;
    intake: Intake;
    /** Since the last byte. */
    keepMs: number;
    warn: (message: string, details: Record<string, unknown>) => void;
    now?: () => number;
  },
): ResumableUploads {
  const finishing = new Map<string, Promise<Found>>();

  /** Never more than is on the disk, whatever the row says. */
  const withOffset = async (row: Resumable): Promise<Found> => ({
    ...row,
    offset: row.status === "receiving"
      ? Math.min(row.received, await pieces.size(row.id))
      : row.received,
  });
  const isWhole = ({ status, offset, length }: Found) =>
    status === "receiving" && offset === length;
  const expiresAt = ({ touchedAt }: Resumable) => new Date(touchedAt.getTime() + keepMs);

  async function own(user: User, id: string): Promise<Found> {
    const row = isId(id) ? await rows.find(id) : null;
    if (!row || row.userId !== user.userId || expiresAt(row).getTime() <= now()) {
      throw new Rejection("not_found", "There is no such upload");
    }
    return await withOffset(row);
  }

  const stateOf = (upload: Found): UploadState => {
    const { id, status, trackId, offset, length, failure, duplicateOf } = upload;
    const { filename, fields } = splitMetadata(upload.metadata);
    return {
      ...{ id, status, offset, length, filename, failure, duplicateOf },
      trackId: status === "accepted" ? trackId : null,
      title: fields.title || null,
      expiresAt: expiresAt(upload).toISOString(),
      createdAt: upload.createdAt.toISOString(),
    };
  };

  /** The right to end it, on whichever node. */
  async function lock(id: string, patienceMs: number): Promise<Disposable> {
    for (const until = now() + patienceMs;;) {
      const held = await pieces.lock(id);
      if (held) return held;
      if (now() >= until) {
        throw new Rejection("busy", "Another node is making a track of this upload", {
          retryAfterMs: RETRY_MS,
        });
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** Removes bytes that nobody needs; what fails now is found by the sweep. */
  async function tidy(id: string): Promise<void> {
    try {
      await pieces.remove(id);
    } catch (error) {
      warn("the bytes of an upload stay for a while", { upload: id, error });
    }
  }

  async function accept({ id, writer, metadata, cause, ...row }: Resumable): Promise<void> {
    const { userId, trackId, blobKey, length } = row;
    try {
      const { sha256 } = await pieces.hand(id, { bytes: length, writer }, blobs, blobKey);
      await intake.accept({
        ...{ uploadId: id, trackId, blobKey, userId, sha256, bytes: length },
        ...splitMetadata(metadata),
        isResumable: true,
        cause: cause ?? NO_CAUSE,
      });
    } catch (error) {
      if (isFinal(error)) await rows.refuse(id, { code: error.code, detail: error.message });
      // what else fails while it lives may pass, and the bytes are still here for the next who asks
      else if ((await rows.find(id))?.status === "receiving") throw error;
    }
  }

  async function become(id: string, patienceMs: number): Promise<Found> {
    using _lock = await lock(id, patienceMs);
    const row = await rows.find(id);
    if (row?.status === "receiving") await accept(row);
    const ended = row?.status === "receiving" ? await rows.find(id) : row;
    await tidy(id);
    if (!ended) throw new Rejection("not_found", "There is no such upload");
    if (ended.failure) throw new Rejection(ended.failure.code, ended.failure.detail);
    return await withOffset(ended);
  }

  /** One at a time, whoever asks: the last PATCH, a HEAD after a crash, the sweep. */
  function finish(id: string, patienceMs = PATIENCE_MS): Promise<Found> {
    const under = finishing.get(id);
    if (under) return under;
    const work = become(id, patienceMs).finally(() => finishing.delete(id));
    finishing.set(id, work);
    return work;
  }

  /** When the sweep tries again to end what could not be ended, and how long it waited for that. */
  const postponed = new Map<string, { readonly until: number; readonly waitMs: number }>();

  /** What a crash has left whole, or could not be ended when its last byte came. */
  async function endWhole(): Promise<void> {
    const whole = await rows.whole();
    const ids = new Set(whole.map(({ id }) => id));
    for (const id of postponed.keys()) if (!ids.has(id)) postponed.delete(id);
    for (const { id, length } of whole) {
      const before = postponed.get(id);
      if (before && now() < before.until) continue;
      if (await pieces.size(id) < length) continue; // its bytes are on another node
      try {
        await finish(id, 0);
      } catch (error) {
        if (isRejection(error, "busy") || isFinal(error)) continue; // another is at it; it has ended
        const waitMs = Math.min(2 * (before?.waitMs ?? RETRY_MS / 2), LONGEST_RETRY_MS);
        postponed.set(id, { until: now() + waitMs, waitMs });
        warn("an upload waits for its end", { upload: id, error, waitMs });
      }
    }
  }

  return {
    holds,
    pieces,
    async create(user, place, { length, metadata, cause }) {
      const { quota } = await intake.admit(user, length);
      const { fields } = splitMetadata(metadata);
      const filled = Object.entries(fields).filter(([, value]) => value.trim() !== "");
      const parsed = TrackFields.safeParse(Object.fromEntries(filled));
      if (!parsed.success) refuseInvalid(parsed.error);
      if (Object.values(metadata).some((value) => value?.includes("\0"))) {
        throw new Rejection("invalid", "Upload-Metadata has a NUL character");
      }
      if (JSON.stringify(metadata).length > MOST_METADATA) {
        throw new Rejection("too_large", `Upload-Metadata takes ${MOST_METADATA} characters`);
      }
      const { uploadId: id, trackId, blobKey } = place;
      const { userId } = user;
      await rows.create({ id, userId, trackId, blobKey, length, metadata, cause }, {
        most: MOST_UNFINISHED,
        limitBytes: quota?.limit ?? null,
      });
    },
    async find(user, id) {
      const found = await own(user, id);
      return isWhole(found) ? await finish(id) : found;
    },
    async unfinished(user) {
      const found = await Promise.all((await rows.unfinished(user.userId)).map(withOffset));
      return found.filter((upload) => expiresAt(upload).getTime() > now()).map(stateOf);
    },
    async open(id) {
      const row = await rows.open(id);
      if (!row) throw new Rejection("not_found", "There is no such upload, or it takes no more");
      const { writer, received } = row;
      return { writer, received, save: (safe) => rows.advance(id, writer, safe) };
    },
    finish: (id) => finish(id),
    async remove(user, id) {
      await own(user, id);
      using _hold = await holds.take(id, { force: true });
      if (!await rows.remove(id)) {
        const { trackId } = await own(user, id);
        throw new Rejection("conflict", `It has become the track ${trackId}; delete that`);
      }
      await Promise.allSettled([finishing.get(id)]); // it finds no row, and makes no track
      await pieces.remove(id);
    },
    async forget(id) {
      try {
        if (!await rows.remove(id) && (await rows.find(id))) return false;
        await pieces.remove(id);
      } catch (error) {
        warn("an upload that nobody knows of stays for its time", { upload: id, error });
      }
      return true;
    },
    async state(user, id) {
      try {
        return stateOf(await own(user, id));
      } catch (error) {
        const made = isRejection(error, "not_found") && isId(id) ? await rows.became(id) : null;
        if (made?.userId !== user.userId) throw error;
        return made.state;
      }
    },
    expiresAt,
    async sweep() {
      await endWhole();
      for (const id of await rows.expire(new Date(now() - keepMs))) await pieces.remove(id);
      const old = (await pieces.untouched(new Date(now() - STRAY_MS))).filter(isId);
      for (const id of await rows.unknown(old)) await pieces.remove(id);
    },
  };
}
