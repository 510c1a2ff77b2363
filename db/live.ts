/** Live streams: SQL and rows. What changes one that is there goes through its actor, fenced. */
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata, NewEvent } from "../domain/events.ts";
import type { LiveStatus, NewLive } from "../domain/live.ts";
import type { LiveChange, LiveStream } from "../domain/live_stream.ts";
import type { TakeState } from "../domain/recordings.ts";
import { appendEvents } from "./events.ts";
import { likePattern } from "./like_pattern.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** A stream with who hosts it. */
export interface LiveRow extends LiveStream {
  readonly hostUsername: string;
  readonly hostName: string;
  /** Of whom they have invited; null: nobody. */
  readonly coHostUsername: string | null;
  readonly coHostName: string | null;
  readonly coHostRoles: readonly Role[] | null;
  /** Of who is on air. */
  readonly onAirUsername: string | null;
  readonly onAirName: string | null;
  /** What has become of its recording; null where nothing was recorded. */
  readonly recordingState: TakeState | null;
}

/** Which streams a list has. */
export interface LiveFilter {
  /** Whose list it is: their own private and unlisted streams are in it. Null: a guest's. */
  readonly viewerId: string | null;
  readonly statuses: readonly LiveStatus[];
  readonly hostId?: string | undefined;
  /** Only what they are invited to take over. */
  readonly invited?: boolean;
  /** Only what is announced for a time. */
  readonly scheduled?: boolean;
  /** Only where each of these words, of up to eight, is in the title or a name of the host. */
  readonly matching?: string | undefined;
}

/** Times as columns have them. */
const TIMES = ["scheduledAt", "startedAt", "lostAt", "endedAt"] as const;

interface Columns extends Omit<LiveRow, (typeof TIMES)[number] | "createdAt"> {
  readonly scheduledAt: Date | null;
  readonly startedAt: Date | null;
  readonly lostAt: Date | null;
  readonly endedAt: Date | null;
  readonly createdAt: Date;
}

const ms = (time: Date | null) => time?.getTime() ?? null;
const rowOf = (row: Columns): LiveRow => ({
  ...row,
  scheduledAt: ms(row.scheduledAt),
  startedAt: ms(row.startedAt),
  lostAt: ms(row.lostAt),
  endedAt: ms(row.endedAt),
  createdAt: row.createdAt.getTime(),
});

const fenced = (id: string) =>
  new Rejection("fenced", `Stream ${id} has another epoch or another end than was expected`);

/** The store of streams. */
export const liveStore = (sql: Sql) => {
  const columns = sql`s.id, s.host_id as "hostId", s.co_host_id as "coHostId",
    s.room_id as "roomId", s.title, s.description, s.visibility, s.record, s.status,
    s.scheduled_at as "scheduledAt", s.key_generation as "keyGeneration",
    s.live_epoch as "liveEpoch", s.on_air_id as "onAirId", s.via, s.source,
    s.last_frame as "lastFrame", s.peak_listeners as "peakListeners",
    s.started_at as "startedAt", s.lost_at as "lostAt", s.ended_at as "endedAt",
    s.recording_track_id as "recordingTrackId", s.created_at as "createdAt",
    (select case
        when t.status = 'lost' then 'failed'
        when t.status = 'open' and s.status = 'ended' then 'closing'
        else t.status
      end from live_takes t where t.stream_id = s.id) as "recordingState",
    u.username as "hostUsername", u.display_name as "hostName"`;

  /** With the names of everybody in it. */
  const named = sql`${columns}, c.username as "coHostUsername", c.display_name as "coHostName",
    c.roles as "coHostRoles",
    a.username as "onAirUsername", a.display_name as "onAirName"
    from live_streams s join users u on u.id = s.host_id
      left join users c on c.id = s.co_host_id left join users a on a.id = s.on_air_id`;

  return {
    async byId(id: string): Promise<LiveRow | null> {
      const [row] = await sql<Columns[]>`
        select ${named} where s.id = ${id} and s.deleted_at is null`;
      return row ? rowOf(row) : null;
    },

    /** Makes a stream and its room, which belongs to the host. */
    async create(
      { id, roomId, hostId, stream }: {
        id: string;
        roomId: string;
        hostId: string;
        stream: NewLive;
      },
      cause: Partial<EventMetadata>,
    ): Promise<void> {
      await sql.begin(async (tx) => {
        await tx`insert into rooms (id, kind, name, owner_id, member_count, hidden)
          values (${roomId}, 'live', ${stream.title.slice(0, 80)}, ${hostId}, 1,
            ${stream.visibility === "private"})`;
        await tx`insert into room_members (room_id, user_id, role)
          values (${roomId}, ${hostId}, 'owner')`;
        await tx`
          insert into live_streams
            (id, host_id, room_id, title, description, visibility, record, scheduled_at)
          values (${id}, ${hostId}, ${roomId}, ${stream.title}, ${stream.description},
            ${stream.visibility}, ${stream.record}, ${stream.scheduledAt})`;
        await appendEvents(tx, [{
          eventType: "chat.room.created.v1",
          aggregateId: roomId,
          data: { ownerId: hostId, kind: "live" },
          metadata: cause,
        }]);
      });
    },

    /** Streams, the newest first; after the stream `afterId`. */
    async list(
      { viewerId, statuses, hostId, invited = false, scheduled = false, matching = "" }: LiveFilter,
      limit: number,
      afterId: string | null,
    ): Promise<LiveRow[]> {
      const words = matching.split(/\s+/).filter(Boolean).slice(0, 8).map(likePattern);
      const matches = words.reduce(
        (all, word) =>
          sql`${all} and concat_ws(' ', s.title, u.display_name, u.username) ilike ${word}`,
        sql``,
      );
      const rows = await sql<Columns[]>`
        select ${named} where s.deleted_at is null and s.status = any(${[...statuses]})
          and (s.visibility = 'public' or s.host_id = ${viewerId} or s.co_host_id = ${viewerId})
          and ${invited ? sql`s.co_host_id = ${viewerId}` : sql`true`}
          and ${hostId === undefined ? sql`true` : sql`s.host_id = ${hostId}`}
          and ${scheduled ? sql`s.scheduled_at is not null` : sql`true`} ${matches}
          and ${afterId === null ? sql`true` : sql`s.id < ${afterId}`}
        order by s.id desc limit ${limit}`;
      return rows.map(rowOf);
    },

    /** Loads a stream and takes the next epoch; null when there is none. `savedAt` in ms. */
    async open(id: string): Promise<{ stream: LiveStream; epoch: number; savedAt: number } | null> {
      const [row] = await sql<(Columns & { epoch: number; savedAt: Date })[]>`
        update live_streams s set epoch = s.epoch + 1 from users u
        where s.id = ${id} and u.id = s.host_id and s.deleted_at is null
        returning s.epoch, s.updated_at as "savedAt", ${columns}`;
      if (!row) return null;
      const { epoch, savedAt, ...stream } = row;
      return { stream: rowOf(stream as Columns), epoch, savedAt: savedAt.getTime() };
    },

    /**
     * Saves what was decided, with the events of it, under the actor's epoch.
     *
     * @throws {Rejection} `fenced` when the epoch is stale, or the stream was deleted
     */
    async save(
      id: string,
      epoch: number,
      change: LiveChange,
      events: readonly NewEvent[] = [],
    ): Promise<void> {
      const values = Object.fromEntries(
        Object.entries(change).map(([name, value]) => {
          const column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
          if (value === null || value === undefined) return [column, null];
          if (TIMES.some((time) => time === name)) return [column, new Date(Number(value))];
          return [column, typeof value === "object" ? sql.json(value as never) : value];
        }),
      );
      const update = async (tx: Sql | TransactionSql) => {
        const { count } = await tx`
          update live_streams set ${tx({ ...values, updated_at: new Date() })}
          where id = ${id} and epoch = ${epoch} and deleted_at is null`;
        if (count !== 1) throw fenced(id);
      };
      if (events.length === 0) return await update(sql);
      await sql.begin(async (tx) => {
        await update(tx);
        await appendEvents(tx, events);
      });
    },

    /** Takes a stream away; its room is ended by that room's actor. */
    async remove(id: string, epoch: number): Promise<void> {
      const { count } = await sql`update live_streams set deleted_at = now()
        where id = ${id} and epoch = ${epoch} and deleted_at is null`;
      if (count !== 1) throw fenced(id);
    },

    /** Who came to listen, in one event for each stream. */
    async joined(events: readonly NewEvent[]): Promise<void> {
      await appendEvents(sql, events);
    },
  };
};
export type LiveStore = ReturnType<typeof liveStore>;
