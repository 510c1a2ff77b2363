/** The search for the highest rate of messages at which all come, in time. */
import type { ChatLoad, TrialFigures } from "./chat_load.ts";

export interface Found {
  /** Messages a second, all members together. */
  readonly rate: number;
  readonly figures: TrialFigures;
}

export interface SearchOptions {
  readonly open: () => Promise<ChatLoad>;
  /** From when a message was due to when it was read, in ms. */
  readonly p99: number;
  /** Where the first search begins. */
  readonly from: number;
  readonly seconds: number;
  /** One trial at `from`, and no search. */
  readonly short: boolean;
}

/** A step of the search; half of it, in the end, is how fine the answer is. */
const STEP = 1.25;
/** It gives up below this, in messages a second. */
const LEAST = 1;

export type RateSearch = ReturnType<typeof rateSearch>;

/**
 * Climbs from the highest rate that was found, or down to one that is borne. The load is opened anew
 * where the other end has cut members off.
 */
export function rateSearch({ open, p99, from, seconds, short }: SearchOptions) {
  let load: ChatLoad | undefined;
  /** The highest that was found yet. */
  let last: number | undefined;

  const attempt = async (rate: number): Promise<Found & { readonly isBorne: boolean }> => {
    load ??= await open();
    const figures = await load.trial({ rate, seconds });
    const isBorne = figures.incomplete === 0 && figures.cut === 0 && figures.p99 !== null &&
      figures.p99 < p99;
    if (figures.cut > 0) {
      await load[Symbol.asyncDispose]();
      load = undefined;
    }
    return { rate, figures, isBorne };
  };

  return {
    /** @throws {Error} when not even {@linkcode LEAST} is borne */
    async round(): Promise<Found> {
      if (short) return await attempt(from);
      if (last === undefined) await attempt(from); // its code is compiled while it runs
      const step = last === undefined ? 2 : STEP;
      let best = await attempt(last ?? from);
      if (best.isBorne) {
        while (true) {
          const next = await attempt(best.rate * step);
          if (!next.isBorne) break;
          best = next;
        }
      } else {
        while (!best.isBorne) {
          if (best.rate < LEAST) throw new Error("Not even a message a second came in time");
          best = await attempt(best.rate / step);
        }
      }
      for (let finer = Math.sqrt(step); finer > 1.1; finer = Math.sqrt(finer)) {
        const next = await attempt(best.rate * finer);
        if (next.isBorne) best = next;
      }
      // a round that was disturbed does not make the next ones climb from its depth
      last = Math.max(best.rate, last ?? 0);
      return best;
    },
    async [Symbol.asyncDispose]() {
      await load?.[Symbol.asyncDispose]();
    },
  };
}
