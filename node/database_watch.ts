/** A node that is cut off from the database hands its actors to nodes that are not (A12). */
import { type Clock, sleep, systemClock } from "../actors/runtime/clock.ts";
import type { Members } from "../actors/runtime/members.ts";
import type { System } from "../actors/runtime/system.ts";
import type { Log } from "../services/log.ts";

/** How often the database is asked, and how long its answer may take, in ms. */
const EVERY_MS = 1_000;
const PATIENCE_MS = 2_000;
/** After so many failures in a row actors are handed over; a restart of PostgreSQL is shorter. */
const MOST_FAILURES = 3;
/** What waits for a database that is away is not waited for: how long an actor may take, in ms. */
const MOVE_MS = 1_000;
const WITHIN_MS = 10_000;

/**
 * Watches until it is disposed of. At the first failure the others are told that this node takes no
 * actors; so where the database is away for all of them, nobody hands anything to anybody. Others may
 * reach it again before this node does, and what did not move may move later: so while it is away,
 * each look hands over what is left.
 *
 * @param ping rejects when the database does not answer in so many ms
 */
export function watchDatabase({ ping, system, members, log, clock = systemClock }: {
  ping: (patienceMs: number) => Promise<unknown>;
  system: Pick<System, "drain" | "resume">;
  members: Pick<Members, "drain">;
  log: Pick<Log, "info" | "warn">;
  clock?: Clock;
}): AsyncDisposable {
  const ended = new AbortController();
  const { signal } = ended;
  let failures = 0;
  let toldOfStaying = false;
  const handOver = async () => {
    try {
      await system.drain({ withinMs: WITHIN_MS, patienceMs: MOVE_MS });
    } catch (error) {
      if (!toldOfStaying) log.warn("actors could not move: they stay for now", { error });
      toldOfStaying = true;
    }
  };
  const look = async () => {
    try {
      await ping(PATIENCE_MS);
    } catch (error) {
      if (signal.aborted) return;
      failures++;
      members.drain(true);
      if (failures === MOST_FAILURES) {
        log.warn("the database does not answer: actors move to nodes that reach it", { error });
      }
      if (failures >= MOST_FAILURES) await handOver();
      return;
    }
    if (failures > 0 && !signal.aborted) {
      system.resume();
      if (failures >= MOST_FAILURES) log.info("the database answers again");
    }
    failures = 0;
    toldOfStaying = false;
  };
  const watching = (async () => {
    while (!signal.aborted) {
      await look();
      await sleep(clock, EVERY_MS, signal);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await watching;
    },
  };
}
