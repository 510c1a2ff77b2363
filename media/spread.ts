/** Has other workers do parts of a ladder, and does itself what nobody takes or ends (U10). */
import { isIdle, partFolder, type PartState } from "../domain/job_parts.ts";
import { pause } from "./encode.ts";

/** Parts that are offered. Disposing takes them out: whoever works on them stops. */
export interface Offer<Made> extends AsyncDisposable {
  look(): Promise<readonly PartState<Made>[]>;
  /** Takes back those on which nobody works, with how often each was begun now. */
  keep(ids: readonly string[]): Promise<readonly { readonly id: string; readonly taken: number }[]>;
}

export interface SpreadOptions<Made> {
  readonly offer: Offer<Made>;
  /** The parts by their ids in the offer: what the folder of each is called. */
  readonly names: ReadonlyMap<string, string>;
  /** Does a part here, into this folder. */
  readonly doHere: (id: string, folder: string) => Promise<Made>;
  /** Waited for before parts are done here. */
  readonly turn: (signal: AbortSignal) => Promise<Disposable>;
  /** Told how far another is, in ms of sound that can be heard. */
  readonly onReached: (id: string, folder: string, ms: number) => void;
  /** Told, once, that somebody did not end what they had begun. */
  readonly onLost: (worker: string | null, reason: string) => void;
  readonly signal: AbortSignal;
  /** How long others have to take parts before the rest is done here, in ms. */
  readonly graceMs?: number;
  readonly lookMs?: number;
}

/** What came of a part, here or elsewhere. */
export interface Spread<Made> {
  readonly id: string;
  readonly folder: string;
  /** Where others have begun it, and did not end. */
  readonly unused: readonly string[];
  readonly made: Made;
}

/**
 * Meanwhile the first rendition is encoded and the waveform drawn: two cores are busy anyway. A call
 * reaches another worker, and its claim the database, within a few ms.
 */
const GRACE_MS = 250;
const LOOK_MS = 500;

/** Resolves when all parts are done, in the order of `names`; rejects with what failed here. */
export async function spread<Made>(
  { offer, names, doHere, turn, onReached, onLost, signal, ...times }: SpreadOptions<Made>,
): Promise<Spread<Made>[]> {
  const { graceMs = GRACE_MS, lookMs = LOOK_MS } = times;
  const done = new Map<string, Spread<Made>>();
  /** Neither done nor done here. */
  const away = new Set(names.keys());
  const lost = new Set<string>();
  const folderOf = (id: string, taken: number) => partFolder(names.get(id) ?? id, taken);
  const finish = (id: string, taken: number, made: Made) => {
    const unused = Array.from({ length: taken - 1 }, (_, nth) => folderOf(id, nth + 1));
    done.set(id, { id, folder: folderOf(id, taken), unused, made });
  };
  /** Aborts when there is no reason left to wait for a turn. */
  const over = new AbortController();
  const failed = new AbortController();
  let woken = new AbortController();
  let here: Promise<void> | null = null;

  const doIdle = async (ids: readonly string[]) => {
    using _turn = await turn(AbortSignal.any([signal, over.signal]));
    const kept = await offer.keep(ids);
    for (const { id } of kept) away.delete(id);
    await Promise.all(kept.map(async ({ id, taken }) => {
      finish(id, taken, await doHere(id, folderOf(id, taken)));
    }));
  };
  const begin = (ids: readonly string[]) => {
    here ??= doIdle(ids)
      .catch((error) => {
        if (error !== over.signal.reason) failed.abort(error);
      })
      .finally(() => {
        here = null;
        woken.abort();
      });
  };
  const lose = ({ id, taken, worker }: PartState<Made>, reason: string) => {
    const life = `${id}.${taken}`;
    if (!lost.has(life)) onLost(worker, reason);
    lost.add(life);
  };
  const absorb = (state: PartState<Made>) => {
    const { id, taken } = state;
    if (!away.has(id)) return;
    switch (state.status) {
      case "done":
        away.delete(id);
        return finish(id, taken, state.outcome);
      case "running":
        if (state.reachedMs !== null) onReached(id, folderOf(id, taken), state.reachedMs);
        return;
      case "failed":
        return lose(state, state.outcome.reason);
      case "silent":
        return lose(state, "it fell silent");
      case "waiting":
      case "kept":
        return;
      default:
        state satisfies never;
    }
  };

  try {
    await pause(graceMs, signal);
    while (done.size < names.size) {
      signal.throwIfAborted();
      failed.signal.throwIfAborted();
      woken = new AbortController();
      if (away.size > 0) {
        const states = await offer.look();
        states.forEach(absorb);
        const idle = states.filter((one) => away.has(one.id) && isIdle(one)).map(({ id }) => id);
        if (idle.length > 0) begin(idle);
      }
      if (done.size === names.size) break;
      await pause(lookMs, AbortSignal.any([signal, failed.signal, woken.signal]));
    }
    return Array.from(names.keys(), (id) => done.get(id)!);
  } finally {
    over.abort(new Error("Nothing is left to wait for"));
  }
}
