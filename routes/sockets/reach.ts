/** Whether this node reaches the others, found out within the 5 s in which sockets are to be told (A15). */
import type { Bus } from "../../actors/runtime/bus.ts";
import type { Clock } from "../../actors/runtime/clock.ts";
import { isRejection } from "../../domain/errors.ts";

/** A socket is kept so long where nobody is reached, in ms. Source: A15. */
export const KEPT_MS = 15_000;
/** How often it is tried, in ms. */
const TRY_MS = 500;
/**
 * So many tries without an answer, and nobody is reached. The pings of the connection find a frozen
 * server only after 4 to 6 s.
 */
const TRIES_MOST = 6;

export interface ReachOptions {
  readonly bus: Pick<Bus, "connected" | "flush">;
  readonly clock: Pick<Clock, "now" | "timer">;
  /** Nobody is reached, since about then (ms, of `clock`). */
  readonly onAway: (sinceMs: number) => void;
  readonly onBack: () => void;
  readonly onError: (error: unknown) => void;
}

/** Tries it until it is disposed of. */
export function watchReach({ bus, clock, onAway, onBack, onError }: ReachOptions): Disposable {
  // tries are counted, and not time: a process that stood still must not take itself for cut off
  let missed = 0;
  let isAway = false;
  let isAsking = false;
  let cancel = () => {};

  const ask = async () => {
    isAsking = true;
    try {
      await bus.flush();
      missed = 0;
      if (isAway) {
        isAway = false;
        onBack();
      }
    } catch (error) {
      if (!isRejection(error, "unavailable")) onError(error); // that is what is looked for
    } finally {
      isAsking = false;
    }
  };
  const tick = () => {
    cancel = clock.timer(TRY_MS, tick);
    if (missed >= TRIES_MOST && !isAway) {
      isAway = true;
      onAway(clock.now() - missed * TRY_MS);
    }
    missed += 1;
    if (bus.connected && !isAsking) void ask();
  };
  tick();
  return { [Symbol.dispose]: () => cancel() };
}
