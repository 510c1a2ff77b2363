/** Uploads that come in pieces: SQL and rows, nothing else. Every step forward is fenced (U3). */
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import { quotaExceeded } from "../domain/quotas.ts";
import type { Failure } from "../domain/tracks.ts";
import type { DuplicateOf, UploadMetadata, UploadState } from "../domain/uploads.ts";
import type { Sql, TransactionSql } from "./open.ts";
import { holdAccount, usedBytes } from "./originals.ts";

/** A row. `received` are the bytes that were fsynced when it was written. */
export interface Resumable {
  readonly id: string;
  readonly userId: string;
  readonly trackId: string;
  readonly blobKey: string;
  readonly status: UploadState["status"];
  /** The fence of those who write. */
  readonly writer: number;
  readonly length: number;
  readonly received: number;
  readonly metadata: UploadMetadata;
  readonly failure: Failure | null;
  readonly duplicateOf: DuplicateOf | null;
  /** The request that began it; null for what came before causes were kept. */
  readonly cause: EventMetadata | null;
  readonly createdAt: Date;
  /** When the last byte came, or it ended. */
  readonly touchedAt: Date;
}

export type NewResumable =
  & Pick<Resumable, "id" | "userId" | "trackId" | "blobKey" | "length" | "metadata">
  & { readonly cause?: EventMetadata };

/** What an account may have under way. */
export interface Bounds {
  /** Unfinished uploads. */
  readonly most: number;
  /** Bytes that are stored, and that these have announced; null is without limit. */
  readonly limitBytes: number | null;
}

/**
 * Tells that an upload has become a track, in the transaction that makes this.
 *
 * @throws {Rejection} `not_found` when it was ended meanwhile: then there is to be no track
 */
export async function acceptResumable(
  tx: TransactionSql,
  id: string,
  duplicateOf: DuplicateOf | null,
): Promise<void> {
  const { count } = await tx`
    update resumable_uploads set status = 'accepted', touched_at = now(),
      duplicate_of = ${duplicateOf && tx.json({ ...duplicateOf })}
    where id = ${id} and status = 'receiving'`;
  if (count !== 1) throw new Rejection("not_found", "This upload was ended");
}

/** How many an account has that are unfinished, and the bytes that they have announced. */
async function underWay(
  sql: Sql | TransactionSql,
  userId: string,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const [row] = await sql<{ count: number; bytes: number }[]>`
    select count(*)::int as count, coalesce(sum(length), 0)::bigint as bytes
    from resumable_uploads where user_id = ${userId} and status = 'receiving'`;
  return row ?? { count: 0, bytes: 0 };
}

/** The store of uploads that come in pieces. */
export const resumableStore = (sql: Sql) => {
  const columns = sql`id, user_id as "userId", track_id as "trackId", blob_key as "blobKey", status,
    writer, length, received, metadata, failure, duplicate_of as "duplicateOf", cause,
    created_at as "createdAt", touched_at as "touchedAt"`;

  return {
    /**
     * Makes room for an upload. Those of one account wait for each other, so that none is overlooked.
     *
     * @throws {Rejection} `conflict`, `quota_exceeded`
     */
    async create(upload: NewResumable, { most, limitBytes: limit }: Bounds): Promise<void> {
      const { id, userId, trackId, blobKey, length, metadata, cause = NO_CAUSE } = upload;
      await sql.begin(async (tx) => {
        await holdAccount(tx, userId);
        const { count, bytes } = await underWay(tx, userId);
        if (count >= most) {
          throw new Rejection(
            "conflict",
            `You have ${most} unfinished uploads; finish or remove one of them first`,
          );
        }
        if (limit !== null) {
          const used = bytes + await usedBytes(tx, userId);
          if (used + length > limit) throw quotaExceeded({ used, limit, wanted: length });
        }
        await tx`
          insert into resumable_uploads
            (id, user_id, track_id, blob_key, length, metadata, cause)
          values (${id}, ${userId}, ${trackId}, ${blobKey}, ${length}::bigint,
            ${JSON.stringify(metadata)}::text::json, ${tx.json({ ...cause })})`;
      });
    },

    async find(id: string): Promise<Resumable | null> {
      const [row] = await sql<Resumable[]>`
        select ${columns} from resumable_uploads where id = ${id}`;
      return row ?? null;
    },

    /** Bytes that the unfinished ones of an account have announced. */
    promised: async (userId: string): Promise<number> => (await underWay(sql, userId)).bytes,

    /** Those of an account that still wait for bytes, the oldest first. */
    async unfinished(userId: string): Promise<Resumable[]> {
      return await sql<Resumable[]>`
        select ${columns} from resumable_uploads
        where user_id = ${userId} and status = 'receiving' order by id`;
    },

    /** Becomes its one writer, in one statement; null when it takes no more bytes. */
    async open(id: string): Promise<Resumable | null> {
      const [row] = await sql<Resumable[]>`
        update resumable_uploads set writer = writer + 1
        where id = ${id} and status = 'receiving' returning ${columns}`;
      return row ?? null;
    },

    /**
     * Tells that `received` bytes are fsynced.
     *
     * @throws {Rejection} `fenced` when a later writer has it, or it has ended
     */
    async advance(id: string, writer: number, received: number): Promise<void> {
      const { count } = await sql`
        update resumable_uploads set received = ${received}, touched_at = now()
        where id = ${id} and writer = ${writer} and status = 'receiving'`;
      if (count !== 1) {
        throw new Rejection("fenced", `Upload ${id} has a later writer than ${writer}, or is gone`);
      }
    },

    async refuse(id: string, failure: Failure): Promise<void> {
      await sql`
        update resumable_uploads set status = 'refused', failure = ${sql.json({ ...failure })},
          touched_at = now()
        where id = ${id} and status = 'receiving'`;
    },

    /** Ends one that is not a track; whether it was there, and none. Its writers are fenced. */
    async remove(id: string): Promise<boolean> {
      const { count } = await sql`
        delete from resumable_uploads where id = ${id} and status <> 'accepted'`;
      return count === 1;
    },

    /** Those that lie whole and are not answered for: what a crash has left. */
    async whole(): Promise<{ readonly id: string; readonly length: number }[]> {
      return await sql<{ id: string; length: number }[]>`
        select id, length from resumable_uploads where status = 'receiving' and received = length`;
    },

    /** Removes those that were last touched before, and answers with their ids. */
    async expire(before: Date): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        delete from resumable_uploads where touched_at < ${before} returning id`;
      return rows.map(({ id }) => id);
    },

    /** Those of `ids` that have no row. */
    async unknown(ids: readonly string[]): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        select id from unnest(${[...ids]}::uuid[]) as given(id)
        where not exists (select 1 from resumable_uploads where resumable_uploads.id = given.id)`;
      return rows.map(({ id }) => id);
    },

    /** The track that an upload has become, whichever way its bytes came. */
    async became(
      id: string,
    ): Promise<{ readonly userId: string; readonly state: UploadState } | null> {
      const [row] = await sql<
        {
          userId: string;
          trackId: string;
          bytes: number;
          filename: string;
          title: string;
          createdAt: Date;
        }[]
      >`
        select uploads.user_id as "userId", track_id as "trackId", bytes, filename, title,
          uploads.created_at as "createdAt"
        from uploads join tracks on tracks.id = track_id where uploads.id = ${id}`;
      if (!row) return null;
      const { userId, bytes, createdAt, ...rest } = row;
      return {
        userId,
        state: {
          ...rest,
          id,
          status: "accepted",
          offset: bytes,
          length: bytes,
          failure: null,
          duplicateOf: null,
          expiresAt: null,
          createdAt: createdAt.toISOString(),
        },
      };
    },
  };
};

export type ResumableStore = ReturnType<typeof resumableStore>;
