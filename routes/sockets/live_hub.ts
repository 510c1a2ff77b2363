/** The streams that listeners of this node hear, and who they are (L3, L8). */
import type { Topic } from "../../actors/runtime/topic.ts";
import type { Streams } from "../../actors/live_stream.ts";
import type { Viewer } from "../../domain/auth.ts";
import { ERRORS, isRejection, Rejection } from "../../domain/errors.ts";
import { type LiveAccess, maySeeLive } from "../../domain/live.ts";
import { COUNT_MS, invitedLine, listenersLine, type LiveNews } from "../../domain/live_news.ts";
import { UPHELD_EVERY_MS } from "../../domain/live_hands.ts";
import { isOnAir } from "../../domain/live_stream.ts";
import type { Audience } from "../../media/live/audience.ts";
import type { LiveAccount } from "../live_desk.ts";
import { LiveFeed, type LiveNow } from "./live_feed.ts";
import type { LiveLine } from "./live_line.ts";
import { raisedHands, type Raising, type WithHands } from "./raised_hands.ts";

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
interface Seat extends Raising {
  readonly leave: () => void;
  isInvited: boolean;
}

interface Open extends WithHands {
  readonly feed: LiveFeed;
  readonly viewers: Map<LiveLine, Seat>;
  /** As listeners were told last. */
  count: number;
  /** When it is to be read again, in ms. */
  dueAt: number;
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

  const hands = raisedHands({ streams, demandVoice, onError });

  const follow = (streamId: string, roomId: string): Open => {
    const known = open.get(streamId);
    if (known) return known;
    const feed = new LiveFeed({
      look: () => look(streamId),
      onVisibility: () => reviewNow(streamId, opened),
      onHands: (raised) => hands.told(opened, raised),
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

  const leaveStream = (streamId: string, line: LiveLine) => {
    const stream = open.get(streamId);
    if (!stream) return;
    stream.feed.leave(line);
    const seat = stream.viewers.get(line);
    seat?.leave();
    stream.viewers.delete(line);
    if (seat) hands.left(streamId, stream, seat);
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
    for (const [streamId, stream] of open) void hands.uphold(streamId, stream);
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
      if (!isUp) return await hands.lower(streamId, userId, seat);
      const stream = open.get(streamId);
      if (stream) await demandVoice(stream.roomId, userId);
      const account = await accountOf(userId);
      if (!account || !seat) throw new Rejection("session_ended");
      await hands.raise(streamId, account, seat);
      if (!seatOf()) await hands.lower(streamId, userId); // they left meanwhile
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

    [Symbol.dispose](): void {
      clearInterval(timer);
      clearInterval(upholder);
      back.close();
      for (const stream of [...open.values()]) stream.close();
    },
  };
}
export type LiveHub = ReturnType<typeof liveHub>;
