/** Uploads that come in pieces, from the first header to the track that they become (U3). */
import type { Resumable, ResumableStore } from "../db/resumable.ts";
import { type ErrorCode, ERRORS, isRejection, Rejection } from "../domain/errors.ts";
import type { Viewer } from "../domain/auth.ts";
import { isId } from "../domain/ids.ts";
import { TrackFields } from "../domain/tracks.ts";
import {
  MOST_UNFINISHED,
  splitMetadata,
  type UploadMetadata,
  type UploadState,
} from "../domain/uploads.ts";
import type { Blobs } from "../media/blobs.ts";
import type { UploadHolds } from "../media/upload_holds.ts";
import type { UploadPieces } from "../media/upload_pieces.ts";
import { refuseInvalid } from "./endpoint.ts";
import type { Intake, Place } from "./intake.ts";

/** A file without a row is one of a row that has just gone; older than this, in ms, it is nobody's. */
const STRAY_MS = 3_600_000;
/** Characters of all that a client says of its file: the longest description, and room to spare. */
const MOST_METADATA = 16_384;

type User = Extract<Viewer, { kind: "user" }>;

/** An upload with what really lies on the disk: `offset` bytes. */
export type Found = Resumable & { readonly offset: number };

export interface ResumableUploads {
  readonly holds: UploadHolds;
  readonly pieces: UploadPieces;
  /**
   * Makes room for a new upload, before a byte is taken.
   *
   * @throws {Rejection} `conflict` when the caller has too many unfinished ones, `invalid`, and what
   * {@linkcode Intake.admit} refuses
   */
  create(
    user: User,
    place: Place,
    upload: { length: number; metadata: UploadMetadata },
  ): Promise<void>;
  /**
   * An upload of the caller. One that lies whole, because a crash came before its end, is finished.
   *
   * @throws {Rejection} `not_found`, for another's too
   */
  find(user: User, id: string): Promise<Found>;
  /** Those of the caller that wait for bytes, the oldest first. */
  unfinished(user: User): Promise<UploadState[]>;
  /** Becomes the writer: the number is the fence of what is saved. */
  open(id: string): Promise<{ save: (received: number) => Promise<void> }>;
  /** Makes a track of it; asked twice, there is still one. Throws what it was refused with. */
  finish(id: string): Promise<Found>;
  /**
   * Ends one of the caller's that is not a track.
   *
   * @throws {Rejection} `not_found`, `conflict` when it is one
   */
  remove(user: User, id: string): Promise<void>;
  /** Removes one that its client knows nothing of; what fails now goes when its time is over. */
  forget(id: string): Promise<void>;
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

  /** Refusals that say something of the file; others say something of the hour, and pass. */
  const isFinal = (error: unknown): error is Rejection =>
    isRejection(error) && ERRORS[error.code].retry === "no";

  async function become(id: string): Promise<Found> {
    const row = await rows.find(id);
    if (!row) throw new Rejection("not_found", "There is no such upload");
    if (row.status === "receiving") {
      const { userId, trackId, blobKey, length } = row;
      try {
        const { sha256 } = await pieces.hand(id, length, blobs, blobKey);
        await intake.accept({
          ...{ uploadId: id, trackId, blobKey, userId, sha256, bytes: length },
          ...splitMetadata(row.metadata),
        });
      } catch (error) {
        if (!isFinal(error)) throw error; // the bytes are still here, for the next who asks
        await rows.refuse(id, { code: error.code, detail: error.message });
        await pieces.remove(id);
        throw error;
      }
    }
    await pieces.remove(id);
    if (row.failure) {
      throw new Rejection(row.failure.code satisfies ErrorCode, row.failure.detail);
    }
    const ended = await rows.find(id);
    if (!ended) throw new Rejection("not_found", "There is no such upload");
    return await withOffset(ended);
  }

  /** One at a time, whoever asks: the last PATCH, a HEAD after a crash, the sweep. */
  function finish(id: string): Promise<Found> {
    const under = finishing.get(id);
    if (under) return under;
    const work = become(id).finally(() => finishing.delete(id));
    finishing.set(id, work);
    return work;
  }

  return {
    holds,
    pieces,
    async create(user, place, { length, metadata }) {
      await intake.admit(user, length, await rows.promised(user.userId));
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
      if (!await rows.create({ id, userId, trackId, blobKey, length, metadata }, MOST_UNFINISHED)) {
        throw new Rejection(
          "conflict",
          `You have ${MOST_UNFINISHED} unfinished uploads; finish or remove one of them first`,
        );
      }
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
      return { save: (received) => rows.advance(id, row.writer, received) };
    },
    finish,
    async remove(user, id) {
      await own(user, id);
      using _hold = await holds.take(id, { force: true });
      await Promise.allSettled([finishing.get(id)]);
      const { status, trackId } = await own(user, id);
      if (status === "accepted") {
        throw new Rejection("conflict", `It has become the track ${trackId}; delete that`);
      }
      await rows.remove(id);
      await pieces.remove(id);
    },
    async forget(id) {
      try {
        await rows.remove(id);
        await pieces.remove(id);
      } catch (error) {
        warn("an upload that nobody knows of stays for its time", { upload: id, error });
      }
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
      for (const { id, length } of await rows.whole()) {
        if (await pieces.size(id) < length) continue; // its bytes are on another node
        await finish(id).catch((error) =>
          warn("an upload waits for its end", { upload: id, error })
        );
      }
      for (const id of await rows.expire(new Date(now() - keepMs))) await pieces.remove(id);
      const old = (await pieces.untouched(new Date(now() - STRAY_MS))).filter(isId);
      for (const id of await rows.unknown(old)) await pieces.remove(id);
    },
  };
}
