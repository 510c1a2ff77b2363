/**
 * Who listens by HLS: whoever has asked for the list of late, for nobody says that they leave (L8).
 */
import { LIVE_SEGMENT_SECONDS } from "./live_playlist.ts";

export interface HlsListeners extends Disposable {
  /** `who` has asked for the list: anything that tells one listener from the others. */
  heard(streamId: string, who: string): void;
}

/** Who has not asked for so long is gone, in ms: a player asks once a segment, some a little later. */
export const AWAY_MS = 2.5 * LIVE_SEGMENT_SECONDS * 1_000;
/** How many are counted on a node; who comes beyond hears as well, and is not counted. */
const MOST = 50_000;
const LOOK_MS = 500;

/** @param enter one more listens to the stream, until the answer is called */
export function hlsListeners({ enter, most = MOST, now = () => performance.now() }: {
  enter: (streamId: string) => () => void;
  most?: number;
  /** In ms, of a clock that never steps. */
  now?: () => number;
}): HlsListeners {
  // in the order in which they were last heard: a Map keeps that of insertion
  const listeners = new Map<string, { readonly at: number; readonly leave: () => void }>();
  const timer = setInterval(() => {
    for (const [name, { at, leave }] of listeners) {
      if (now() - at < AWAY_MS) return;
      listeners.delete(name);
      leave();
    }
  }, LOOK_MS);

  return {
    heard(streamId, who) {
      const name = `${streamId} ${who}`;
      const known = listeners.get(name);
      if (!known && listeners.size >= most) return;
      listeners.delete(name);
      listeners.set(name, { at: now(), leave: known?.leave ?? enter(streamId) });
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      listeners.clear();
    },
  };
}
