/** Gathers who came to listen, and writes it as one event for each stream (D6). */
import type { Viewer } from "../../domain/auth.ts";
import type { NewEvent } from "../../domain/events.ts";

/** How long they are gathered, in ms: a thousand that come at once are one row. */
const GATHER_MS = 5_000;
/** People that one event names. */
const NAMED_MOST = 1_000;

export function liveJoins(
  { write, onError }: {
    write: (events: readonly NewEvent[]) => Promise<void>;
    onError: (error: unknown) => void;
  },
) {
  let gathered = new Map<string, { viewerIds: Set<string>; guests: number }>();

  const flush = async () => {
    const streams = gathered;
    gathered = new Map();
    if (streams.size === 0) return;
    await write([...streams].map(([aggregateId, { viewerIds, guests }]) => ({
      eventType: "live.viewer.joined.v1" as const,
      aggregateId,
      data: { viewerIds: [...viewerIds].slice(0, NAMED_MOST), guests },
    })));
  };
  const timer = setInterval(() => void flush().catch(onError), GATHER_MS);

  return {
    joined(streamId: string, viewer: Viewer): void {
      const known = gathered.get(streamId) ?? { viewerIds: new Set<string>(), guests: 0 };
      gathered.set(streamId, known);
      if (viewer.kind === "user") known.viewerIds.add(viewer.userId);
      else known.guests++;
    },
    /** Writes what has gathered, and gathers no more. */
    async [Symbol.asyncDispose](): Promise<void> {
      clearInterval(timer);
      await flush().catch(onError);
    },
  };
}
