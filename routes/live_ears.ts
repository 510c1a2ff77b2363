/** Who hears endless files on this node, and is cut off when they may not any more (L4, S1). */
import { GUEST, type Viewer } from "../domain/auth.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { Channel } from "../media/live/channel.ts";
import type { LiveAccess } from "./live_access.ts";
import type { LiveOutage } from "./sockets/live_outage.ts";

/** Who listens, and what their address carried. */
export interface Ear {
  readonly viewer: Viewer;
  readonly token: string | undefined;
}

export interface LiveEars extends Disposable {
  /** Aborts when they may hear the stream no longer, or it has ended; until `leave` is called. */
  enter(streamId: string, ear: Ear): { readonly signal: AbortSignal; leave(): void };
}

export interface LiveEarsOptions {
  readonly access: Pick<LiveAccess, "now" | "hears">;
  readonly news: Channel<LiveNews>;
  /** Those of these sessions that live. */
  readonly living: (sessionIds: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Lets them go while the host is on air at a node that is not reached. */
  readonly outage: Pick<LiveOutage, "opened" | "gone">;
  readonly onError: (error: unknown) => void;
  /** For tests: in place of {@linkcode LOOK_MS}. */
  readonly lookMs?: number;
}

/** They are looked at this often, in ms: sessions end without news, and news may be lost. */
const LOOK_MS = 4_000;

export function liveEars(
  { access, news, living, outage, onError, lookMs = LOOK_MS }: LiveEarsOptions,
): LiveEars {
  const streams = new Map<string, { ears: Map<Ear, AbortController>; close(): void }>();

  const review = async (streamId: string): Promise<void> => {
    const ears = [...streams.get(streamId)?.ears ?? []];
    const stream = await access.now(streamId);
    const isOnAir = stream?.status === "live" || stream?.status === "reconnecting";
    if (!stream || !isOnAir) return ears.forEach(([, over]) => over.abort());
    if (stream.visibility !== "private") return;
    const sessions = ears.flatMap(([{ viewer }]) =>
      viewer.kind === "user" ? [viewer.sessionId] : []
    );
    const alive = await living([...new Set(sessions)]);
    await Promise.all(ears.map(async ([{ viewer, token }, over]) => {
      const isThere = viewer.kind === "user" && alive.has(viewer.sessionId);
      if (!await access.hears(isThere ? viewer : GUEST, token, stream)) over.abort();
    }));
  };
  const look = (streamId: string) => void review(streamId).catch(onError);
  const timer = setInterval(() => [...streams.keys()].forEach(look), lookMs);

  const follow = (streamId: string) => {
    const heard = news.subscribe(streamId, ({ event }) => {
      if (event.type === "visibility" || event.type === "rekeyed") look(streamId);
    });
    const opened = {
      ears: new Map<Ear, AbortController>(),
      close() {
        heard.close();
        streams.delete(streamId);
      },
    };
    streams.set(streamId, opened);
    return opened;
  };

  return {
    enter(streamId, ear) {
      const stream = streams.get(streamId) ?? follow(streamId);
      const over = new AbortController();
      stream.ears.set(ear, over);
      const line = { tell() {}, close: () => over.abort() }; // a player is told nothing
      outage.opened(line, streamId, 0);
      return {
        signal: over.signal,
        leave() {
          outage.gone(line);
          if (stream.ears.delete(ear) && stream.ears.size === 0) stream.close();
        },
      };
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      for (const stream of [...streams.values()]) stream.close();
    },
  };
}
