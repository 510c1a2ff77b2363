/** The streams that listeners of this node hear, and who they are (L3, L8). */
import type { Topic } from "../../actors/runtime/topic.ts";
import type { Streams } from "../../actors/live_stream.ts";
import type { Viewer } from "../../domain/auth.ts";
import { ERRORS, isRejection, Rejection } from "../../domain/errors.ts";
import { type LiveAccess, maySeeLive } from "../../domain/live.ts";
import {
  COUNT_MS,
  handLine,
  invitedLine,
  listenersLine,
  type LiveNews,
} from "../../domain/live_news.ts";
import { UPHELD_EVERY_MS } from "../../domain/live_hands.ts";
import { isOnAir } from "../../domain/live_stream.ts";
import type { Audience } from "../../media/live/audience.ts";
import type { LiveAccount } from "../live_desk.ts";
import { LiveFeed, type LiveNow } from "./live_feed.ts";
import type { LiveLine } from "./live_line.ts";

export interface LiveHubOptions {
  readonly audio: Topic<Uint8Array>;
  readonly news: Topic<LiveNews>;
  readonly streams: Streams;
  readonly audience: Audience;
  readonly accountOf: (id: string) => Promise<LiveAccount | null>;
  /** Rejects who may not write in the room of a stream. */
  readonly demandVoice: (roomId: string, userId: string) => Promise<void>;
  /** The stream as it is now, and who may see it; null: it is gone. */
  readonly rowOf: (streamId: string) => Promise<LiveNowRow | null>;
  /** Has `handler` called each time that news come again after some may have been lost. */
  readonly onReconnect: (handler: () => void) => { close(): void };
  /** Somebody has come to listen. */
  readonly onJoined: (streamId: string, viewer: Viewer) => void;
  readonly onError: (error: unknown) => void;
  readonly now?: () => number;
}

type LiveNowRow = LiveAccess & Pick<LiveNow, "status" | "title">;

/** Each stream is read again so often, in ms: news may be lost, and are not told twice. */
const REREAD_MS = 10_000;
/** One that could not be read is tried again after this, in ms. */
const RETRY_MS = 1_000;

/** A listener, and what they were told of themselves. */
interface Seat {
  readonly viewer: Viewer;
  readonly leave: () => void;
  /** Of their raised hand, as they were told; 0: it is down. */
  place: number;
  /** They have raised it here, so that it goes with them. */
  hasRaised: boolean;
  isInvited: boolean;
}

interface Open {
  readonly roomId: string;
  readonly feed: LiveFeed;
  readonly viewers: Map<LiveLine, Seat>;
  /** As listeners were told last. */
  count: number;
  /** When it is to be read again, in ms. */
  dueAt: number;
  /** The actor is being told whose hands are up. */
  upholds: boolean;
  close(): void;
}

export function liveHub(options: LiveHubOptions) {
  const { audio, news, streams, audience, accountOf, rowOf, onJoined, onError } = options;
  const { now = Date.now } = options;
  const open = new Map<string, Open>();

  const look = async (streamId: string): Promise<LiveNow> => {
    const { stream } = await streams.get(streamId).look();
    const { status, title, source, liveEpoch: epoch, onAirId } = stream;
    const account = isOnAir(stream) && onAirId !== null ? await accountOf(onAirId) : null;
    if (!source || !account) return { status, title, started: null };
    const { id, username, displayName } = account;
    const { channels, frameSamples } = source;
    const host = { id, username, displayName };
    return {
      status,
      title,
      started: { type: "started", epoch, channels, frameSamples, title, host },
    };
  };

  /** Of a private stream: by the roles that they have now, not by those that they came with. */
  const stillSees = async (viewer: Viewer, row: LiveAccess): Promise<boolean> => {
    if (viewer.kind === "guest" || row.visibility !== "private") return true;
    const account = await accountOf(viewer.userId);
    return account !== null && maySeeLive({ ...viewer, roles: account.roles }, row);
  };

  /** Reads again how a stream is, who may be here, and who is invited. */
  const review = async (streamId: string, { feed, viewers }: Open) => {
    const row = await feed.reread(() => rowOf(streamId));
    await Promise.all([...viewers].map(async ([line, seat]) => {
      const { viewer } = seat;
      if (!row || !maySeeLive(viewer, row) || !await stillSees(viewer, row)) {
        return line.end("not_found");
      }
      const isInvited = viewer.kind === "user" && viewer.userId === row.coHostId;
      if (isInvited === seat.isInvited) return;
      seat.isInvited = isInvited;
      line.tell(invitedLine(isInvited));
    }));
  };
  const reviewNow = (streamId: string, stream: Open) => {
    stream.dueAt = now() + REREAD_MS;
    review(streamId, stream).catch((error) => {
      stream.dueAt = now() + RETRY_MS;
      onError(error);
    });
  };
  const back = options.onReconnect(() => {
    for (const [streamId, stream] of open) reviewNow(streamId, stream);
  });

  const tellPlace = (line: LiveLine, seat: Seat, place: number) => {
    if (place === seat.place) return;
    // it was lowered; what another line of theirs raises later goes with that one
    if (place === 0) seat.hasRaised = false;
    seat.place = place;
    line.tell(handLine(place));
  };
  const hands = ({ viewers }: Open, raised: readonly string[]) => {
    for (const [line, seat] of viewers) {
      const place = seat.viewer.kind === "user" ? raised.indexOf(seat.viewer.userId) + 1 : 0;
      tellPlace(line, seat, place);
    }
  };

  /** Who has raised their hand by a line of this node. */
  const raisers = ({ viewers }: Open): Set<string> =>
    new Set(
      viewers.values().flatMap(({ viewer, hasRaised }) =>
        viewer.kind === "user" && hasRaised ? [viewer.userId] : []
      ),
    );
  /** Who may not write in the room raises no hand and reacts no more than they write (C8). */
  const demandVoice = async (roomId: string, userId: string): Promise<void> => {
    try {
      await options.demandVoice(roomId, userId);
    } catch (error) {
      if (!isRejection(error) || ERRORS[error.code].retry === "no") throw error;
      if (error.code === "muted") throw error;
      // a room that does not answer now has said nothing against them
    }
  };

  /** Tells the actor that hands are still up: those of a node that is silent go down. */
  const uphold = async (streamId: string, stream: Open) => {
    const ids = raisers(stream);
    if (ids.size === 0 || stream.upholds) return;
    stream.upholds = true;
    try {
      await Promise.all([...ids].map(async (id) => {
        try {
          await demandVoice(stream.roomId, id);
        } catch (error) {
          if (!isRejection(error)) throw error;
          ids.delete(id);
          await lower(streamId, id);
        }
      }));
      if (ids.size === 0) return;
      const up = await streams.get(streamId).uphold([...ids]);
      const down = ids.difference(new Set(up)); // what was told of that did not come here
      for (const [line, seat] of stream.viewers) {
        if (seat.viewer.kind === "user" && down.has(seat.viewer.userId)) tellPlace(line, seat, 0);
      }
    } catch (error) {
      if (!isRejection(error)) onError(error); // it is told again
    } finally {
      stream.upholds = false;
    }
  };

  const follow = (streamId: string, roomId: string): Open => {
    const known = open.get(streamId);
    if (known) return known;
    const feed = new LiveFeed({
      look: () => look(streamId),
      onVisibility: () => reviewNow(streamId, opened),
      onHands: (raised) => hands(opened, raised),
      onError: (error) => isRejection(error) ? undefined : onError(error),
    });
    const heard = [
      audio.subscribe(streamId, ({ bytes }) => feed.audio(bytes)),
      news.subscribe(streamId, ({ event }) => feed.news(event)),
    ];
    const opened: Open = {
      roomId,
      feed,
      viewers: new Map(),
      count: -1,
      dueAt: now() + REREAD_MS,
      upholds: false,
      close() {
        for (const one of heard) one.close();
        open.delete(streamId);
      },
    };
    open.set(streamId, opened);
    return opened;
  };

  const lower = (streamId: string, id: string) =>
    streams.get(streamId).hand({ who: { id, username: "", displayName: "" }, isUp: false });

  const leaveStream = (streamId: string, line: LiveLine) => {
    const stream = open.get(streamId);
    if (!stream) return;
    stream.feed.leave(line);
    const seat = stream.viewers.get(line);
    seat?.leave();
    stream.viewers.delete(line);
    if (
      seat?.hasRaised && seat.viewer.kind === "user" && !raisers(stream).has(seat.viewer.userId)
    ) {
      lower(streamId, seat.viewer.userId).catch((error) => isRejection(error) || onError(error));
    }
    if (stream.viewers.size === 0) stream.close();
  };

  const timer = setInterval(() => {
    const at = now();
    for (const [streamId, stream] of open) {
      if (at >= stream.dueAt) reviewNow(streamId, stream);
      const count = audience.count(streamId);
      if (count === stream.count) continue;
      stream.count = count;
      for (const line of stream.feed.lines) line.tell(listenersLine(count));
    }
  }, COUNT_MS);
  const upholder = setInterval(() => {
    for (const [streamId, stream] of open) void uphold(streamId, stream);
  }, UPHELD_EVERY_MS);

  return {
    /**
     * Has a listener hear a stream until `leave`; `isInvited` is what they know of that. Who hears
     * it by HLS is told all but the sound, and is counted there.
     *
     * @throws {Rejection} as the actor refuses
     */
    async join(
      streamId: string,
      viewer: Viewer,
      line: LiveLine,
      { roomId, isInvited, hears }: {
        readonly roomId: string;
        readonly isInvited: boolean;
        readonly hears: boolean;
      },
    ): Promise<void> {
      const stream = follow(streamId, roomId);
      const leave = hears ? audience.enter(streamId) : () => {};
      stream.viewers.set(line, { viewer, leave, place: 0, hasRaised: false, isInvited });
      try {
        await stream.feed.join(line, hears);
        if (hears) onJoined(streamId, viewer);
      } catch (error) {
        leaveStream(streamId, line);
        throw error;
      }
    },

    leave: leaveStream,

    /**
     * Somebody raises their hand, or lowers it.
     *
     * @throws {Rejection} as the actor refuses, or the room to be written in
     */
    async hand(
      streamId: string,
      line: LiveLine,
      userId: string,
      isUp: boolean,
    ): Promise<void> {
      const seatOf = () => open.get(streamId)?.viewers.get(line);
      const seat = seatOf();
      if (!isUp) {
        if (seat) seat.hasRaised = false;
        return await lower(streamId, userId);
      }
      const stream = open.get(streamId);
      if (stream) await demandVoice(stream.roomId, userId);
      const account = await accountOf(userId);
      if (!account || !seat) throw new Rejection("session_ended");
      seat.hasRaised = true;
      const { id, username, displayName } = account;
      try {
        await streams.get(streamId).hand({ who: { id, username, displayName }, isUp });
      } catch (error) {
        if (seat.place === 0) seat.hasRaised = false;
        throw error;
      }
      if (!seatOf()) await lower(streamId, userId); // they left meanwhile
    },

    /**
     * A sign that floats by at all listeners'.
     *
     * @throws {Rejection} as the room refuses to be written in
     */
    async react(streamId: string, userId: string, emoji: string): Promise<void> {
      const stream = open.get(streamId);
      if (!stream) return; // they have left
      await demandVoice(stream.roomId, userId);
      news.publish(streamId, { type: "reaction", emoji });
    },

    /** Listeners of this node. */
    stats: () => [...open].map(([streamId, { feed }]) => ({ streamId, listeners: feed.size })),

    [Symbol.dispose](): void {
      clearInterval(timer);
      clearInterval(upholder);
      back.close();
      for (const stream of [...open.values()]) stream.close();
    },
  };
}
export type LiveHub = ReturnType<typeof liveHub>;
