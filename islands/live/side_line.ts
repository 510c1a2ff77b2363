/** The line of who hears a stream by HLS: all that is told beside the sound, and what they say (L8). */
import { signal } from "@preact/signals";
import { type Begun, type Listener, listener, type Told } from "./listener.ts";

/** Whether it is open: a sign or a hand would reach the others now. */
export const isSideOpen = signal(false);

/** Opens it; it comes back by itself until it is closed, or refused for good. */
export function sideLine({ streamId, onBegun, onTold, onLost }: {
  streamId: string;
  onBegun: (begun: Begun) => void;
  onTold: (told: Told) => void;
  /** It is not open, or not any more: a raised hand has gone down with it. */
  onLost: () => void;
}): Pick<Listener, "say" | "close"> {
  const at = `${location.origin.replace(/^http/, "ws")}/ws/live/${streamId}/listen?sound=no`;
  return listener({
    address: at,
    onBegun,
    onFrame() {}, // none is sent
    onTold,
    onState({ kind }) {
      isSideOpen.value = kind === "open";
      if (kind !== "open") onLost();
    },
  });
}
