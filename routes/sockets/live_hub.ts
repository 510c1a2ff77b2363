/** The streams that listeners of this node hear, and who they are (L3, L8). */
import type { Topic } from "../../actors/runtime/topic.ts";
import type { Streams } from "../../actors/live_stream.ts";
import type { Viewer } from "../../domain/auth.ts";
import { isRejection } from "../../domain/errors.ts";
import { COUNT_MS, listenersLine, type LiveNews } from "../../domain/live_news.ts";
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
  /** Whether they may see the stream still. */
  readonly maySee: (viewer: Viewer, streamId: string) => Promise<boolean>;
  /** Somebody has come to listen. */
  readonly onJoined: (streamId: string, viewer: Viewer) => void;
  readonly onError: (error: unknown) => void;
}

interface Open {
  readonly feed: LiveFeed;
  readonly viewers: Map<LiveLine, { readonly viewer: Viewer; readonly leave: () => void }>;
  /** As listeners were told last. */
  count: number;
  close(): void;
}

export function liveHub(options: LiveHubOptions) {
  const { audio, news, streams, audience, accountOf, maySee, onJoined, onError } = options;
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

  /** Asks again who may be here. */
  const review = async (streamId: string, { viewers }: Open) => {
    for (const [line, { viewer }] of [...viewers]) {
      if (!await maySee(viewer, streamId)) line.end("not_found");
    }
  };

  const follow = (streamId: string): Open => {
    const known = open.get(streamId);
    if (known) return known;
    const feed = new LiveFeed({
      look: () => look(streamId),
      onVisibility: () => void review(streamId, opened).catch(onError),
      onError: (error) => isRejection(error) ? undefined : onError(error),
    });
    const heard = [
      audio.subscribe(streamId, ({ bytes }) => feed.audio(bytes)),
      news.subscribe(streamId, ({ event }) => feed.news(event)),
    ];
    const opened: Open = {
      feed,
      viewers: new Map(),
      count: -1,
      close() {
        for (const one of heard) one.close();
        open.delete(streamId);
      },
    };
    open.set(streamId, opened);
    return opened;
  };

  const leave = (streamId: string, line: LiveLine) => {
    const stream = open.get(streamId);
    if (!stream) return;
    stream.feed.leave(line);
    stream.viewers.get(line)?.leave();
    stream.viewers.delete(line);
    if (stream.viewers.size === 0) stream.close();
  };

  const timer = setInterval(() => {
    for (const [streamId, stream] of open) {
      const count = audience.count(streamId);
      if (count === stream.count) continue;
      stream.count = count;
      for (const line of stream.feed.lines) line.tell(listenersLine(count));
    }
  }, COUNT_MS);

  return {
    /** Has a listener hear a stream until `leave`. @throws {Rejection} as the actor refuses */
    async join(streamId: string, viewer: Viewer, line: LiveLine): Promise<void> {
      const stream = follow(streamId);
      stream.viewers.set(line, { viewer, leave: audience.enter(streamId) });
      try {
        await stream.feed.join(line);
        onJoined(streamId, viewer);
      } catch (error) {
        leave(streamId, line);
        throw error;
      }
    },

    leave,

    /** A sign that floats by at all listeners'. */
    react: (streamId: string, emoji: string) => news.publish(streamId, { type: "reaction", emoji }),

    /** Listeners of this node. */
    stats: () => [...open].map(([streamId, { feed }]) => ({ streamId, listeners: feed.size })),

    [Symbol.dispose](): void {
      clearInterval(timer);
      for (const stream of [...open.values()]) stream.close();
    },
  };
}
export type LiveHub = ReturnType<typeof liveHub>;
