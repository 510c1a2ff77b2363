/** Recordings of live streams: SQL and rows. Writing one is fenced by its end, closing it as a job is. */
import { folderPlace, recordingFolder } from "../domain/blob_keys.ts";
import { type ErrorCode, Rejection } from "../domain/errors.ts";
import { SILENCE_MS } from "../domain/jobs.ts";
import type { Visibility } from "../domain/tracks.ts";
import { noteErasures } from "./erasures.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** What a recording has become so far, and whose it is. */
export interface OpenTake {
  readonly hostId: string;
  /** Of its parts. */
  readonly bytes: number;
  /** When the recording began, in ms since 1970. */
  readonly beganAt: number;
}

/** A recording that somebody closes. */
export interface ClaimedTake {
  /** The stream's. */
  readonly id: string;
  /** The same, for who runs it. */
  readonly subject: string;
  readonly attempt: number;
  /** Tries that came to nothing since it was last asked for. */
  readonly failures: number;
  /** Of its parts. */
  readonly bytes: number;
  readonly uploadId: string;
  readonly trackId: string;
  readonly hostId: string;
  readonly title: string;
  readonly description: string;
  readonly visibility: Visibility;
}

/** A closed recording, beside the room that talked during it. */
export interface Replay {
  readonly streamId: string;
  readonly trackId: string;
  /** The version of the track that the recording is. */
  readonly uploadId: string;
  readonly roomId: string;
  /** Who may see the stream. */
  readonly hostId: string;
  readonly coHostId: string | null;
  readonly visibility: Visibility;
  readonly startedAt: Date;
  readonly durationMs: number;
}

/** When none of those that write has said so for this long, they do no more, in ms. */
const WRITER_SILENT_MS = 15_000;

export const liveTakeStore = (sql: Sql) => {
  /** Ends what this attempt does; throws when it is another's by now. */
  const settle = async (
    tx: Sql | TransactionSql,
    { id, attempt }: Pick<ClaimedTake, "id" | "attempt">,
    change: Record<string, string | number | Date | null>,
  ) => {
    const { count } = await tx`
      update live_takes set ${tx({ ...change, heartbeat_at: null, updated_at: new Date() })}
      where stream_id = ${id} and attempt = ${attempt} and status = 'closing'`;
    if (count !== 1) throw new Rejection("fenced", `The recording ${id} is closed by another`);
  };

  return {
    /**
     * The connection `epoch` of a host writes from now on; `ids` are what the recording will be, if
     * this is its first. The stream may have ended meanwhile: what was on air is recorded. Null when it
     * is not to be recorded, is deleted, or when its recording takes nothing any more.
     */
    async open(
      streamId: string,
      epoch: number,
      ids: { readonly uploadId: string; readonly trackId: string },
    ): Promise<OpenTake | null> {
      const [row] = await sql<{ hostId: string; bytes: number; at: Date }[]>`
        with stream as (
          select id, host_id from live_streams
          where id = ${streamId} and record and deleted_at is null)
        insert into live_takes as t (stream_id, upload_id, track_id, writer, writers, wrote_at)
        select id, ${ids.uploadId}, ${ids.trackId}, ${epoch}, array[${epoch}::bigint], now()
        from stream
        on conflict (stream_id) do update
          set writer = greatest(t.writer, excluded.writer), wrote_at = now(),
            writers = array_remove(t.writers, ${epoch}::bigint) || excluded.writers
          where t.status = 'open'
        returning (select host_id from stream) as "hostId", t.bytes, t.created_at as at`;
      return row ? { hostId: row.hostId, bytes: row.bytes, beganAt: row.at.getTime() } : null;
    },

    /** It goes on, and has stored so many bytes more. */
    async beat(streamId: string, epoch: number, bytes: number): Promise<void> {
      await sql`
        update live_takes set bytes = bytes + ${bytes},
          wrote_at = case when ${epoch}::bigint = any(writers) then now() else wrote_at end
        where stream_id = ${streamId}`;
    },

    /** All that the connection `epoch` had is stored. */
    async shut(streamId: string, epoch: number, bytes: number): Promise<void> {
      await sql`
        update live_takes set bytes = bytes + ${bytes},
          writers = array_remove(writers, ${epoch}::bigint),
          writer = case when writer = ${epoch}
            then (select max(one) from unnest(writers) as one where one <> ${epoch}) else writer end
        where stream_id = ${streamId}`;
    },

    /**
     * Takes a recording that is to be closed: its stream has ended, and nobody writes it any more; or
     * one whose closer has fallen silent, which counts as a failure: a recording that takes down
     * whoever closes it must not do so for ever. Nobody else gets it.
     */
    async claim(worker: string, except: readonly string[] = []): Promise<ClaimedTake | null> {
      const [row] = await sql<ClaimedTake[]>`
        update live_takes t set status = 'closing', attempt = t.attempt + 1, worker = ${worker},
          failures = t.failures + (t.status = 'closing')::int,
          heartbeat_at = now(), updated_at = now()
        from live_streams s
        where s.id = t.stream_id and t.stream_id = (
          select stream_id from live_takes
          join live_streams on live_streams.id = stream_id
          where (live_streams.status = 'ended' or live_streams.deleted_at is not null)
            and stream_id <> all(${[...except]}::uuid[])
            and (live_takes.status = 'open' and run_after <= now()
              and (writer is null and writers = '{}' or wrote_at < now() - ${WRITER_SILENT_MS} * interval '1 ms')
              or live_takes.status = 'closing'
              and heartbeat_at < now() - ${SILENCE_MS} * interval '1 ms')
          order by run_after limit 1 for update of live_takes skip locked)
        returning t.stream_id as id, t.stream_id as subject, t.attempt, t.failures, t.bytes,
          t.upload_id as "uploadId", t.track_id as "trackId", s.host_id as "hostId", s.title,
          s.description, s.visibility`;
      return row ?? null;
    },

    /** Says that these attempts go on; answers with those that are still theirs. */
    async beatClosing(held: readonly Pick<ClaimedTake, "id" | "attempt">[]): Promise<string[]> {
      const rows = await sql<{ id: string }[]>`
        update live_takes set heartbeat_at = now()
        from unnest(${held.map(({ id }) => id)}::uuid[], ${held.map((one) => one.attempt)}::int[])
          as held (id, attempt)
        where stream_id = held.id and live_takes.attempt = held.attempt and status = 'closing'
        returning stream_id as id`;
      return rows.map(({ id }) => id);
    },

    /** Gives one back, for no fault of its own. */
    async release({ id, attempt }: Pick<ClaimedTake, "id" | "attempt">): Promise<void> {
      await sql`
        update live_takes set status = 'open', worker = null, heartbeat_at = null, updated_at = now()
        where stream_id = ${id} and attempt = ${attempt} and status = 'closing'`;
    },

    /** Frees all at once: only for who knows that nobody works on them. */
    async releaseAll(): Promise<void> {
      await sql`
        update live_takes set status = 'open', worker = null, heartbeat_at = null, writer = null,
          writers = '{}', updated_at = now()
        where status in ('open', 'closing')`;
    },

    /** Whether the upload that a recording is to be is there, and whether it still is to be. */
    async standing({ id, uploadId }: Pick<ClaimedTake, "id" | "uploadId">) {
      const [row] = await sql<{ isAccepted: boolean; isDeleted: boolean }[]>`
        select exists (select 1 from uploads where id = ${uploadId}) as "isAccepted",
          deleted_at is not null as "isDeleted"
        from live_streams where id = ${id}`;
      return row ?? { isAccepted: false, isDeleted: true };
    },

    /** It failed: is tried again after `afterMs`, or given up, and all that is there of it stays. */
    async failed(
      take: ClaimedTake,
      { code, reason, afterMs }: {
        readonly code: ErrorCode;
        readonly reason: string;
        readonly afterMs: number | null;
      },
    ): Promise<void> {
      await settle(sql, take, {
        status: afterMs === null ? "lost" : "open",
        failures: take.failures + 1,
        code,
        reason,
        run_after: new Date(Date.now() + (afterMs ?? 0)),
      });
    },

    /**
     * Has one tried again now: what was given up, or what waits for its time.
     *
     * @throws {Rejection} `conflict` when it is closed, or being closed, or still recorded
     */
    async retry(streamId: string): Promise<void> {
      const { count } = await sql`
        update live_takes t set status = 'open', failures = 0, run_after = now(), updated_at = now()
        from live_streams s
        where t.stream_id = ${streamId} and s.id = t.stream_id and s.status = 'ended'
          and s.deleted_at is null and t.status in ('open', 'lost')`;
      if (count !== 1) {
        throw new Rejection("conflict", `The recording ${streamId} is closed, or being closed`);
      }
    },

    /**
     * Gives one up for an administrator, with all that is there of it; whoever closes it is fenced.
     *
     * @throws {Rejection} `conflict` when it is closed, or still recorded
     */
    async giveUp(streamId: string): Promise<void> {
      const { count } = await sql`
        update live_takes t set status = 'lost', attempt = t.attempt + 1, heartbeat_at = null,
          code = 'cancelled', reason = null, updated_at = now()
        from live_streams s
        where t.stream_id = ${streamId} and s.id = t.stream_id and s.status = 'ended'
          and t.status in ('open', 'closing')`;
      if (count !== 1) throw new Rejection("conflict", `The recording ${streamId} has ended`);
    },

    /**
     * The recording is a track now: the stream names it, and its parts are to go.
     *
     * @returns what is to be erased
     */
    async done(
      take: ClaimedTake,
      { startedAt, durationMs }: { readonly startedAt: Date; readonly durationMs: number },
    ): Promise<string[]> {
      const { id, trackId } = take;
      return await sql.begin(async (tx) => {
        const change = { status: "done", started_at: startedAt, duration_ms: durationMs };
        await settle(tx, take, { ...change, code: null, reason: null });
        // whoever was quick has deleted the track already
        await tx`update live_streams set recording_track_id = tracks.id, updated_at = now()
          from tracks where live_streams.id = ${id} and tracks.id = ${trackId}`;
        return await removeParts(tx, id);
      });
    },

    /** There is nothing to keep, or nobody to keep it for. */
    async drop(take: ClaimedTake): Promise<string[]> {
      return await sql.begin(async (tx) => {
        await settle(tx, take, { status: "empty", code: null, reason: null });
        return await removeParts(tx, take.id);
      });
    },

    /** The replay of a track that shows the recording of a stream; null for any other track. */
    async replayOf(
      by: { readonly trackId: string } | { readonly streamId: string },
    ): Promise<Replay | null> {
      const which = "trackId" in by
        ? sql`s.recording_track_id = ${by.trackId}`
        : sql`s.id = ${by.streamId}`;
      const [row] = await sql<Replay[]>`
        select s.id as "streamId", t.id as "trackId", k.upload_id as "uploadId",
          s.room_id as "roomId", s.host_id as "hostId", s.co_host_id as "coHostId", s.visibility,
          k.started_at as "startedAt", k.duration_ms as "durationMs"
        from live_streams s join live_takes k on k.stream_id = s.id and k.status = 'done'
          join tracks t on t.id = s.recording_track_id and t.current_upload_id = k.upload_id
        where ${which} and s.deleted_at is null`;
      return row ?? null;
    },
  };
};

/** Notes that the parts of a stream are to go. */
async function removeParts(tx: TransactionSql, streamId: string): Promise<string[]> {
  const places = [folderPlace(recordingFolder(streamId))];
  await noteErasures(tx, places);
  return places;
}

export type LiveTakeStore = ReturnType<typeof liveTakeStore>;
