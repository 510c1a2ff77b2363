/** Who listens to streams: counted here, told to the other nodes, and added up (L8). */
import { COUNT_ENDS_MS, COUNT_MS, type LiveNews } from "../../domain/live_news.ts";
import type { Channel } from "./channel.ts";

interface Followed {
  /** Listeners here. */
  own: number;
  /** Who wants to know the sum here. */
  followers: number;
  readonly others: Map<string, { count: number; at: number }>;
  readonly heard: { close(): void };
}

export interface Audience extends Disposable {
  /** Somebody listens here until the answer is called. */
  enter(streamId: string): () => void;
  /** Adds up what is told of a stream until the answer is called. */
  follow(streamId: string): () => void;
  /** Listeners on all nodes; only of streams that are followed or listened to here, else 0. */
  count(streamId: string): number;
}

/** @param node the name of this one, unlike that of any other */
export function audience(
  { news, node, now = Date.now }: { news: Channel<LiveNews>; node: string; now?: () => number },
): Audience {
  const streams = new Map<string, Followed>();

  const open = (streamId: string): Followed => {
    const known = streams.get(streamId);
    if (known) return known;
    const others: Followed["others"] = new Map();
    const heard = news.subscribe(streamId, ({ event }) => {
      if (event.type !== "count" || event.node === node) return;
      if (event.count === 0) others.delete(event.node);
      else others.set(event.node, { count: event.count, at: now() });
    });
    const opened = { own: 0, followers: 0, others, heard };
    streams.set(streamId, opened);
    return opened;
  };

  const hold = (streamId: string, which: "own" | "followers") => {
    open(streamId)[which]++;
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      const stream = streams.get(streamId);
      if (!stream) return; // the node has stopped
      stream[which]--;
      if (which === "own" && stream.own === 0) tell(streamId, 0);
      if (stream.own > 0 || stream.followers > 0) return;
      stream.heard.close();
      streams.delete(streamId);
    };
  };

  const tell = (streamId: string, count: number) =>
    news.publish(streamId, { type: "count", node, count });
  const timer = setInterval(() => {
    for (const [streamId, { own, others }] of streams) {
      if (own > 0) tell(streamId, own);
      for (const [other, { at }] of others) {
        if (now() - at > COUNT_ENDS_MS) others.delete(other);
      }
    }
  }, COUNT_MS);

  return {
    enter: (streamId) => hold(streamId, "own"),
    follow: (streamId) => hold(streamId, "followers"),
    count(streamId) {
      const stream = streams.get(streamId);
      if (!stream) return 0;
      return [...stream.others.values()].reduce((sum, { count }) => sum + count, stream.own);
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const { heard } of streams.values()) heard.close();
      streams.clear();
    },
  };
}
