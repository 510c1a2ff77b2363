/**
 * Originals: who stores how much, and which uploads share one (U2, U4): SQL and rows, nothing else.
 *
 * Whatever adds uploads to an account or takes them away holds the account's row first. So two
 * uploads at once can neither overshoot the quota nor both store the same bytes, and an original is
 * never given away while its last upload goes.
 */
import { Rejection } from "../domain/errors.ts";
import { quotaExceeded } from "../domain/quotas.ts";
import type { DuplicateOf } from "../domain/uploads.ts";
import { noteErasures } from "./erasures.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** Which blob an upload is to name, and of what it is a duplicate. */
export interface Placed {
  readonly blobKey: string;
  readonly duplicateOf: DuplicateOf | null;
}

/** Holds the account until the transaction ends; other accounts go on. */
export async function holdAccount(tx: TransactionSql, userId: string): Promise<void> {
  const found = await tx`select 1 from users where id = ${userId} for no key update`;
  if (found.count === 0) throw new Rejection("session_ended", "This account is gone");
}

/** Bytes of all originals of the account, each counted once. */
export async function usedBytes(sql: Sql | TransactionSql, userId: string): Promise<number> {
  const [row] = await sql<{ used: number }[]>`
    select coalesce(sum(bytes), 0)::bigint as used from (
      select distinct on (blob_key) bytes from uploads where user_id = ${userId}
    ) as originals`;
  return row?.used ?? 0;
}

/** What tells one file of an account from another. */
export interface OriginalBytes {
  readonly userId: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Where the account has these bytes already, and of which track; null where it has not. */
export async function findOriginal(
  sql: Sql | TransactionSql,
  { userId, sha256, bytes }: OriginalBytes,
): Promise<{ readonly blobKey: string; readonly duplicateOf: DuplicateOf } | null> {
  // one that failed has the same bytes, but a better one to name may be there
  const [known] = await sql<(Omit<DuplicateOf, "createdAt"> & { blobKey: string; at: Date })[]>`
    select tracks.id, tracks.title, tracks.created_at as at, uploads.blob_key as "blobKey"
    from uploads join tracks on tracks.id = uploads.track_id
    where uploads.user_id = ${userId} and uploads.sha256 = ${sha256} and uploads.bytes = ${bytes}
      and starts_with(uploads.blob_key, 'originals/')
    order by tracks.status = 'failed', uploads.id limit 1`;
  if (!known) return null;
  const { id, title, at, blobKey } = known;
  return { blobKey, duplicateOf: { id, title, createdAt: at.toISOString() } };
}

/**
 * Decides where the bytes of a new upload are kept: where the account has them already, or at
 * `blobKey` when there is room. To be called in the transaction that adds the upload.
 *
 * @param limitBytes the account's quota; null where it has none
 * @throws {Rejection} `quota_exceeded`
 */
export async function placeOriginal(
  tx: TransactionSql,
  { userId, sha256, bytes, blobKey, limitBytes }: OriginalBytes & {
    blobKey: string;
    limitBytes: number | null;
  },
): Promise<Placed> {
  await holdAccount(tx, userId);
  const known = await findOriginal(tx, { userId, sha256, bytes });
  if (known) return known;
  if (limitBytes !== null) {
    const used = await usedBytes(tx, userId);
    if (used + bytes > limitBytes) throw quotaExceeded({ used, limit: limitBytes, wanted: bytes });
  }
  return { blobKey, duplicateOf: null };
}

/**
 * Takes rows of one account out by `remove`, and notes which of the originals that it names no
 * upload needs any more; `remove` answers with the blob keys of the uploads that went. Returns what
 * is to be erased, `places` among it.
 */
export async function releaseOriginals(
  tx: TransactionSql,
  userId: string,
  places: readonly string[],
  remove: () => Promise<readonly string[]>,
): Promise<string[]> {
  await holdAccount(tx, userId);
  const keys = await remove();
  const free = await tx<{ key: string }[]>`
    select key from unnest(${[...new Set(keys)]}::text[]) as key
    where not exists (select 1 from uploads where blob_key = key)`;
  const gone = [...places, ...free.map(({ key }) => key)];
  await noteErasures(tx, gone);
  return gone;
}
