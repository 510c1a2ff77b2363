/**
 * What a node does with those who hear and send streams while the other nodes are not reached (A15):
 * it says so, and lets go of all whom another node may serve better.
 */
import type { Bus } from "../../actors/runtime/bus.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import type { LiveLine } from "./live_line.ts";
import { KEPT_MS, watchReach } from "./reach.ts";

/** How often it is looked for those whose time has come, in ms. */
const LOOK_MS = 1_000;

export interface LiveOutageOptions {
  readonly bus: Pick<Bus, "connected" | "flush">;
  readonly clock: Pick<Clock, "now" | "random" | "timer">;
  readonly onError: (error: unknown) => void;
}

/** What is told, and closed. */
type Told = Pick<LiveLine, "tell" | "close">;

interface Kept {
  readonly streamId: string;
  /** Those that are let go of come again spread over this, in ms. */
  readonly spreadMs: number;
  /** When it was opened, in ms. */
  readonly openedAt: number;
}

export function liveOutage({ bus, clock, onError }: LiveOutageOptions) {
  const lines = new Map<Told, Kept>();
  /** Of streams whose hosts are on air at this node: nothing is missing here to who hears them. */
  const onAir = new Map<AbortSignal, string>();
  let awaySince: number | null = null;
  let cancel = () => {};

  const tell = (action: "degraded" | "restored") => {
    for (const line of lines.keys()) line.tell({ type: "session", action, data: {} });
  };

  const look = (since: number) => {
    cancel = clock.timer(LOOK_MS, () => look(since));
    const until = clock.now() - KEPT_MS;
    const here = new Set(onAir.values());
    for (const [line, { streamId, spreadMs, openedAt }] of [...lines]) {
      if (Math.max(openedAt, since) > until || here.has(streamId)) continue;
      const after_ms = Math.floor(clock.random() * spreadMs);
      line.tell({ type: "session", action: "reconnect", data: { after_ms } });
      line.close("degraded");
    }
  };

  const watch = watchReach({
    bus,
    clock,
    onError,
    onAway(since) {
      awaySince = since;
      tell("degraded");
      look(since);
    },
    onBack() {
      awaySince = null;
      cancel();
      tell("restored");
    },
  });

  return {
    /** Since when nobody is reached, in ms since 1970; null: all is well. */
    get awaySince(): number | null {
      return awaySince;
    },
    /** A host of the stream is on air at this node until `ended` aborts. */
    onAir(streamId: string, ended: AbortSignal): void {
      if (ended.aborted) return; // while it was opened
      onAir.set(ended, streamId);
      ended.addEventListener("abort", () => onAir.delete(ended), { once: true });
    },
    opened(line: Told, streamId: string, spreadMs: number): void {
      lines.set(line, { streamId, spreadMs, openedAt: clock.now() });
      if (awaySince !== null) line.tell({ type: "session", action: "degraded", data: {} });
    },
    gone: (line: Told): void => void lines.delete(line),
    [Symbol.dispose](): void {
      cancel();
      watch[Symbol.dispose]();
    },
  };
}
export type LiveOutage = ReturnType<typeof liveOutage>;
