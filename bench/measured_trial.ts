/** A trial of the chat load whose cost in processor time is measured. */
import type { TrialOrder } from "./loads/chat_load.ts";
import type { ChatLoad, TrialFigures } from "./chat_load.ts";
import type { Meter } from "./processor_time.ts";

/** How long it is looked at what processes take when nothing happens, in seconds. */
const REST_SECONDS = { short: 0.5, real: 2 };
/** A trial that was disturbed, so that not all came in time, is played again. */
const TRIES = 3;

export interface Costs<G extends string> {
  readonly sent: number;
  readonly deliveries: number;
  /** Microseconds of processor time of each group, all in all. */
  readonly us: Readonly<Record<G, number>>;
}

/** @throws {Error} when not all came to all in any of a few trials */
export async function measuredTrial<G extends string>(
  load: ChatLoad,
  meter: Meter<G>,
  { short, rate, seconds }: Omit<TrialOrder, "order"> & { readonly short: boolean },
): Promise<Costs<G>> {
  let last: TrialFigures | undefined;
  for (let tries = 0; tries < TRIES; tries++) {
    await meter.rest(short ? REST_SECONDS.short : REST_SECONDS.real);
    const { result, seconds: taken } = await meter.during(() => load.trial({ rate, seconds }));
    last = result;
    if (result.incomplete > 0) continue;
    const us = Object.fromEntries(
      Object.entries<number>(taken).map(([group, one]) => [group, one * 1e6]),
    ) as Record<G, number>;
    return { sent: result.sent, deliveries: result.deliveries, us };
  }
  const { deliveries, wanted, incomplete, cut, p99 } = last!;
  throw new Error(
    `${Math.round(deliveries)} of ${wanted} deliveries came in time, ${incomplete} of ` +
      `${load.members} members lack some, ${cut} were cut off, p99 ${p99} ms`,
  );
}
