/** Which blobs a row names: what the collector asks before it removes anything (U13). */
import { type Owner, ownerOf } from "../domain/blob_keys.ts";
import type { Sql } from "./open.ts";

type Of<K extends Owner["kind"]> = Extract<Owner, { kind: K }>;

/**
 * Those of `keys` that stay: a row names them, or they are none of ours. Of an upload that is there,
 * all that its present attempt makes is named, and what it has that can be played.
 */
export async function namedKeys(sql: Sql, keys: readonly string[]): Promise<Set<string>> {
  const owned = keys.map((key) => ({ key, owner: ownerOf(key) }));
  const owners = owned.map(({ owner }) => owner).filter((owner) => owner !== null);
  const some = <K extends Owner["kind"]>(kind: K): Of<K>[] =>
    owners.filter((owner): owner is Of<K> => owner.kind === kind);
  const [originals, attempts, downloads, covers, live] = await Promise.all([
    namedOriginals(sql, some("original")),
    namedAttempts(sql, some("attempt")),
    namedDownloads(sql, some("download")),
    namedCovers(sql, some("cover")),
    namedLive(sql, some("live")),
  ]);
  const isNamed = (owner: Owner): boolean => {
    switch (owner.kind) {
      case "original":
        return originals.has(owner.key);
      case "attempt":
        return attempts.has(attemptName(owner));
      case "download":
        return downloads.has(uploadName(owner));
      case "cover":
        return covers.has(owner.key);
      case "live":
        return live.has(liveName(owner));
      default:
        return owner satisfies never;
    }
  };
  return new Set(
    owned.filter(({ owner }) => owner === null || isNamed(owner)).map(({ key }) => key),
  );
}

const uploadName = (of: { trackId: string; uploadId: string }) => `${of.trackId}/${of.uploadId}`;
const attemptName = (of: Of<"attempt">) => `${uploadName(of)}/${of.attempt}`;
const liveName = (of: Of<"live">) => `${of.streamId}/${of.isRecording ? "parts" : ""}`;
/** Many keys have one owner: each is asked for once. */
const distinct = <T>(list: readonly T[], name: (one: T) => string): T[] => [
  ...new Map(list.map((one) => [name(one), one])).values(),
];

async function namedOriginals(sql: Sql, originals: Of<"original">[]): Promise<Set<string>> {
  if (originals.length === 0) return new Set();
  const keys = originals.map(({ key }) => key);
  // one that comes in pieces lies whole for a while before it has its row among the uploads
  const rows = await sql<{ key: string }[]>`
    select blob_key as key from uploads where blob_key = any(${keys}::text[])
    union
    select blob_key from resumable_uploads
    where blob_key = any(${keys}::text[]) and status = 'receiving'`;
  return new Set(rows.map(({ key }) => key));
}

async function namedAttempts(sql: Sql, attempts: Of<"attempt">[]): Promise<Set<string>> {
  const asked = distinct(attempts, attemptName);
  if (asked.length === 0) return new Set();
  // a later attempt may have begun since the blobs were listed, an earlier one may be what is heard
  const rows = await sql<{ name: string }[]>`
    select asked.name
    from unnest(
      ${asked.map(attemptName)}::text[], ${asked.map((one) => one.trackId)}::uuid[],
      ${asked.map((one) => one.uploadId)}::uuid[], ${asked.map((one) => one.attempt)}::int[]
    ) as asked (name, track_id, upload_id, attempt)
    join uploads on uploads.id = asked.upload_id and uploads.track_id = asked.track_id
    left join jobs on jobs.kind = 'transcode' and jobs.subject = uploads.id
      and jobs.status in ('waiting', 'running')
    where asked.attempt >= jobs.attempt
      or 'tracks/' || asked.name in (uploads.media_key, uploads.waveform_key)`;
  return new Set(rows.map(({ name }) => name));
}

async function namedDownloads(sql: Sql, downloads: Of<"download">[]): Promise<Set<string>> {
  const asked = distinct(downloads, uploadName);
  if (asked.length === 0) return new Set();
  const rows = await sql<{ trackId: string; uploadId: string }[]>`
    select track_id as "trackId", id as "uploadId" from uploads
    where id = any(${asked.map(({ uploadId }) => uploadId)}::uuid[])`;
  return new Set(rows.map(uploadName));
}

async function namedCovers(sql: Sql, covers: Of<"cover">[]): Promise<Set<string>> {
  if (covers.length === 0) return new Set();
  const rows = await sql<{ key: string }[]>`
    select asked.key
    from unnest(
      ${covers.map(({ key }) => key)}::text[], ${covers.map(({ trackId }) => trackId)}::uuid[]
    ) as asked (key, track_id)
    join tracks on tracks.id = asked.track_id
    where starts_with(asked.key, tracks.cover_key || '/')`;
  return new Set(rows.map(({ key }) => key));
}

/** What a stream makes while it lasts, and of its recording what is still to become a track. */
async function namedLive(sql: Sql, live: Of<"live">[]): Promise<Set<string>> {
  if (live.length === 0) return new Set();
  const ids = [...new Set(live.map(({ streamId }) => streamId))];
  const rows = await sql<{ name: string }[]>`
    select id || '/' as name from live_streams
    where id = any(${ids}::uuid[]) and status <> 'ended' and deleted_at is null
    union all
    select stream_id || '/parts' from live_takes join live_streams on id = stream_id
    where stream_id = any(${ids}::uuid[]) and (live_takes.status in ('open', 'closing')
      or live_takes.status = 'lost' and deleted_at is null)`;
  return new Set(rows.map(({ name }) => name));
}
