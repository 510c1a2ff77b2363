/** A crashing actor slows no other, measured: with crashes and without, in turn, on the real clock. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { defineActor } from "./actor.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createSystem } from "./system.ts";
import { refusal } from "./testing.ts";

const CRASHING = 100;
const HEALTHY = 40;
/** Each with and without crashes, one after the other, so that both meet the same machine. */
const ROUNDS = 10;
const ROUND_MS = 150;
/** What a healthy room waits for: its save, as long as a commit takes on a busy node. */
const SAVE_MS = 8;

/** A minute passes in a second, so that ten crashes of a room stay within what it may. */
const HASTE = 60;
const hasty: Clock = {
  now: () => systemClock.now() * HASTE,
  random: systemClock.random,
  timer: (ms, fire) => systemClock.timer(ms / HASTE, fire),
};

const PATIENT = { deadlineMs: 60_000 * HASTE };

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const quantile = (of: readonly number[], part: number) =>
  of.toSorted((a, b) => a - b)[Math.floor(of.length * part)]!;

Deno.test("[A3] 1,000 throws over 100 rooms: the p99 of others is less than doubled", async () => {
  const happened: Record<string, number> = {};
  const log = ({ event }: Lifecycle) => void (happened[event] = (happened[event] ?? 0) + 1);
  const system = createSystem({ clock: hasty, log });
  const rooms = system.host(defineActor("room", {
    start: async () => {
      await pause(1); // takes its epoch
      return {};
    },
    idleAfter: 3_600_000,
    on: {
      save: () => pause(SAVE_MS),
      crash: () => {
        throw new Error("on purpose");
      },
    },
  }));

  /** What the calls of the healthy took during one round, in ms. */
  async function round(isCrashing: boolean): Promise<number> {
    const took: number[] = [];
    const ends = performance.now() + ROUND_MS;
    const calm = Array.from({ length: HEALTHY }, async (_, n) => {
      const room = rooms.get(`healthy-${n}`, PATIENT);
      while (performance.now() < ends) {
        const began = performance.now();
        await room.save();
        took.push(performance.now() - began);
      }
    });
    await pause(ROUND_MS / 4);
    const wild = Array.from(
      { length: isCrashing ? CRASHING : 0 },
      (_, n) => refusal(rooms.get(`bad-${n}`, PATIENT).crash()),
    );
    await Promise.all([...calm, ...wild]);
    return quantile(took, 0.99);
  }

  await round(false); // warm
  const [calm, wild]: [number[], number[]] = [[], []];
  for (let n = 0; n < ROUNDS; n++) {
    calm.push(await round(false));
    wild.push(await round(true));
  }
  await system.stop();
  equal([happened["crashed"], happened["gave-up"]], [1_000, undefined]);
  // the best of each: what else the machine does only ever adds, and crashes are in every round
  const shown = [calm, wild].map((of) => of.map((ms) => ms.toFixed(1)).join(" ")).join(" | ");
  ok(Math.min(...wild) < 2 * Math.min(...calm), `p99 of rounds in ms, without and with: ${shown}`);
});
