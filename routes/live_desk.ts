/** What REST routes, pages, sockets and players share of live streams: who may, and what they see. */
import type { Streams } from "../actors/live_stream.ts";
import { may, type Role, type Viewer } from "../domain/auth.ts";
import type { Person } from "../domain/chat.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import {
  isHost,
  type LivePatch,
  type LiveStats,
  type LiveView,
  mayInspectLive,
  mayPublish,
  maySeeLive,
  mayStopLive,
  type NewLive,
} from "../domain/live.ts";
import { demandBegin } from "../domain/live_begin.ts";
import { isOnAir, type LiveStream } from "../domain/live_stream.ts";
import type { LiveFilter, LiveRow, LiveStore } from "../db/live.ts";
import type { StreamKeys } from "../services/stream_keys.ts";
import type { LiveAccess } from "./live_access.ts";

/** An account, as live streams need it. */
export interface LiveAccount {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly roles: readonly Role[];
}

/** What streams ask of their rooms. */
export interface RoomsOfLive {
  /** Who may see a room: everybody, or of a hidden one the hosts alone. */
  open(roomId: string, to: { hidden: boolean; coHostId: string | null }): Promise<unknown>;
  remove(roomId: string, by: Person): Promise<unknown>;
}

type SignedIn = Extract<Viewer, { kind: "user" }>;

const iso = (ms: number | null) => ms === null ? null : new Date(ms).toISOString();

export function liveDesk(
  { streams, store, keys, rooms, accountOf, newId, publicUrl, encoderUrl, addresses }: {
    streams: Streams;
    store: LiveStore;
    keys: StreamKeys;
    rooms: RoomsOfLive;
    accountOf: (id: string) => Promise<LiveAccount | null>;
    newId: () => string;
    publicUrl: string;
    /** Where encoders connect to, without a path. */
    encoderUrl: () => string;
    addresses: LiveAccess["addresses"];
  },
) {
  const socketUrl = publicUrl.replace(/^http/, "ws");

  /** The stream, for who may see it. @throws {Rejection} `not_found` */
  const row = async (viewer: Viewer, id: string): Promise<LiveRow> => {
    const found = await store.byId(id);
    if (!found || !maySeeLive(viewer, found)) {
      throw new Rejection("not_found", `There is no stream ${id}`);
    }
    return found;
  };
  /** The same, for its host alone. @throws {Rejection} `not_found`, `forbidden` */
  const own = async (viewer: Viewer, id: string): Promise<LiveRow> => {
    const found = await row(viewer, id);
    if (!isHost(viewer, found)) throw new Rejection("forbidden", "Only the host of a stream may");
    return found;
  };

  /** Lets into the room of a stream who may see the stream, as it is in the end. */
  const openRoom = async ({ id, roomId, visibility, coHostId }: LiveStream): Promise<void> => {
    await rooms.open(roomId, { hidden: visibility === "private", coHostId });
    // a later change may have opened the room earlier than this one
    const { stream } = await streams.get(id).look();
    const isLast = stream.visibility === visibility && stream.coHostId === coHostId;
    if (!isLast) await openRoom(stream);
  };

  /** How many listen, and to what: bits a second. */
  const heardOf = async ({ id, status }: LiveRow) => {
    const nothing = { listeners: 0, bitrate: 0 };
    if (status !== "live" && status !== "reconnecting") return nothing;
    try {
      return (await streams.get(id).look()).health ?? nothing;
    } catch (error) {
      if (isRejection(error)) return nothing; // its actor moves: who asks for a list still gets one
      throw error;
    }
  };
  const named = (id: string | null, username: string | null, displayName: string | null) =>
    id === null || username === null || displayName === null ? null : { id, username, displayName };

  /** Whom the host invites: their right to go live may be still to come (S4). */
  const coHostOf = ({ coHostId, coHostUsername, coHostName, coHostRoles }: LiveRow) => {
    const coHost = named(coHostId, coHostUsername, coHostName);
    return coHost && { ...coHost, maySend: may(coHostRoles ?? [], "live:host") };
  };

  const view = async (viewer: Viewer, of: LiveRow): Promise<LiveView> => {
    const { id, title, description, status, visibility, record, hostId, roomId } = of;
    const publishes = mayPublish(viewer, of);
    const { listeners, bitrate } = await heardOf(of);
    const encoder = isHost(viewer, of) && {
      url: `${encoderUrl()}/live/${id}`,
      user: "source",
      key: await keys.of(id, of.keyGeneration),
    };
    return {
      ...{ id, title, description, status, visibility, record, hostId, roomId },
      host: { id: hostId, username: of.hostUsername, displayName: of.hostName },
      coHostId: publishes ? of.coHostId : null,
      coHost: publishes ? coHostOf(of) : null,
      recordingTrackId: of.recordingTrackId,
      recordingState: isHost(viewer, of) ? of.recordingState : null,
      scheduledAt: iso(of.scheduledAt),
      startedAt: iso(of.startedAt),
      endedAt: iso(of.endedAt),
      createdAt: new Date(of.createdAt).toISOString(),
      listeners,
      onAir: isOnAir(of) ? named(of.onAirId, of.onAirUsername, of.onAirName) : null,
      sound: isOnAir(of) ? { codec: "opus", channels: of.source?.channels ?? 2, bitrate } : null,
      publishUrl: publishes ? `${socketUrl}/ws/live/${id}/publish` : null,
      listenUrl: `${socketUrl}/ws/live/${id}/listen`,
      ...await addresses(viewer, of),
      encoder: encoder || null,
    };
  };
  const now = async (viewer: Viewer, id: string) => await view(viewer, await row(viewer, id));

  return {
    streams,
    store,
    keys,
    row,
    view,

    /** The stream as `viewer` sees it. @throws {Rejection} `not_found` */
    get: now,

    async create(viewer: SignedIn, stream: NewLive, cause: EventMetadata): Promise<LiveView> {
      demandBegin(stream.scheduledAt, Date.now());
      const id = newId();
      await store.create({ id, roomId: newId(), hostId: viewer.userId, stream }, cause);
      return await now(viewer, id);
    },

    /** Streams that `viewer` may see in a list, the newest first, and whether there are more. */
    async list(
      viewer: Viewer,
      filter: Omit<LiveFilter, "viewerId">,
      limit: number,
      afterId: string | null,
    ): Promise<{ items: LiveView[]; lastId: string | null }> {
      const viewerId = viewer.kind === "user" ? viewer.userId : null;
      const rows = await store.list({ ...filter, viewerId }, limit + 1, afterId);
      const shown = rows.slice(0, limit);
      return {
        items: await Promise.all(shown.map((one) => view(viewer, one))),
        lastId: rows.length > limit ? shown.at(-1)?.id ?? null : null,
      };
    },

    async change(viewer: SignedIn, id: string, patch: LivePatch): Promise<LiveView> {
      const { roomId, coHostId } = await own(viewer, id);
      if (patch.coHostId && !await accountOf(patch.coHostId)) {
        throw new Rejection("not_found", `There is no account ${patch.coHostId}`);
      }
      demandBegin(patch.scheduledAt ?? null, Date.now());
      // hidden first: what is cut off between the two shows too little, never too much
      if (patch.visibility === "private") await rooms.open(roomId, { hidden: true, coHostId });
      const changed = await streams.get(id).change(patch).catch(async (error) => {
        if (patch.visibility === "private") await openRoom((await streams.get(id).look()).stream);
        throw error;
      });
      // also where nothing has changed: the call before may have been cut off between the two
      if (patch.visibility || patch.coHostId !== undefined) await openRoom(changed);
      return await now(viewer, id);
    },

    async start(viewer: SignedIn, id: string): Promise<LiveView> {
      await own(viewer, id);
      await streams.get(id).start(null);
      return await now(viewer, id);
    },

    async stop(viewer: SignedIn, id: string, cause: EventMetadata): Promise<LiveView> {
      if (!mayStopLive(viewer, await row(viewer, id))) {
        throw new Rejection("forbidden", "Only the host of a stream, and moderators, stop it");
      }
      await streams.get(id).stop(cause);
      return await now(viewer, id);
    },

    /** Makes a new stream key, after which the old one opens nothing. */
    async rekey(viewer: SignedIn, id: string): Promise<LiveView> {
      await own(viewer, id);
      await streams.get(id).rekey(null);
      return await now(viewer, id);
    },

    /** Ends a stream and takes it away, with its room. */
    async remove(viewer: SignedIn, id: string): Promise<void> {
      const found = await row(viewer, id);
      if (!mayStopLive(viewer, found)) {
        throw new Rejection("forbidden", "Only the host of a stream, and moderators, delete it");
      }
      const { hostId, hostName } = found;
      // the room first: without its stream nobody could ask for that again
      await rooms.remove(found.roomId, { id: hostId, name: hostName, moderator: false })
        .catch((error) => {
          if (!isRejection(error, "not_found")) throw error; // gone in an attempt before
        });
      await streams.get(id).remove(null);
    },

    /** Lowers the hand of a listener. @throws {Rejection} `not_found`, `forbidden` */
    async lowerHand(viewer: SignedIn, id: string, userId: string): Promise<void> {
      if (!mayInspectLive(viewer, await row(viewer, id))) {
        throw new Rejection("forbidden", "Only the hosts of a stream, and moderators, lower hands");
      }
      const who = { id: userId, username: "", displayName: "" };
      await streams.get(id).hand({ who, isUp: false });
    },

    async stats(viewer: SignedIn, id: string): Promise<LiveStats> {
      if (!mayInspectLive(viewer, await row(viewer, id))) {
        throw new Rejection(
          "forbidden",
          "Only the hosts of a stream, and moderators, see how it goes",
        );
      }
      const { stream, health, recordingSince, hands, silentMs } = await streams.get(id).look();
      const { startedAt, endedAt } = stream;
      return {
        status: stream.status,
        epoch: stream.liveEpoch,
        via: stream.via,
        codec: stream.source?.codec ?? null,
        channels: stream.source?.channels ?? null,
        listeners: health?.listeners ?? 0,
        peakListeners: stream.peakListeners,
        bitrate: health?.bitrate ?? 0,
        framesReceived: health?.received ?? 0,
        framesMissing: health?.missing ?? 0,
        framesRefused: health?.refused ?? 0,
        missingMs: Math.round(stream.lastFrame?.missingMs ?? 0),
        recording: health?.recording ?? null,
        recordingSince: iso(recordingSince),
        hands: [...hands],
        silentMs,
        startedAt: iso(startedAt),
        durationMs: startedAt === null ? 0 : (endedAt ?? Date.now()) - startedAt,
      };
    },
  };
}
export type LiveDesk = ReturnType<typeof liveDesk>;
