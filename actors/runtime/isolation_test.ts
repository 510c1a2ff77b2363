/** A crashing actor slows no other, measured: with crashes and without, in turn, on the real clock. */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { defineActor } from "./actor.ts";
import { type Clock, systemClock } from "./clock.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { createSystem } from "./system.ts";

const CRASHING = 100;
const HEALTHY = 40;
/** Each with and without crashes, one after the other, so that both meet the same machine. */
const ROUNDS = 5;
const CRASHES_A_ROUND = 2;
const ROUND_MS = 300;
/** What a healthy room waits for: its save, as long as a commit takes on a busy node. */
const SAVE_MS = 8;

/** A minute passes in a second, so that ten crashes of a room stay within what it may. */
const HASTE = 60;
const hasty: Clock = {
  now: () => systemClock.now() * HASTE,
  random: systemClock.random,
  timer: (ms, fire) => systemClock.timer(ms / HASTE, fire),
};

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
  async function round(crashes: number): Promise<number> {
    const took: number[] = [];
    const ends = performance.now() + ROUND_MS;
    const calm = Array.from({ length: HEALTHY }, async (_, n) => {
      const room = rooms.get(`healthy-${n}`, { deadlineMs: 600_000 });
      while (performance.now() < ends) {
        const began = performance.now();
        await room.save();
        took.push(performance.now() - began);
      }
    });
    const wild = Array.from({ length: crashes }, async (_, n) => {
      await pause(n * ROUND_MS / 2); // all rooms at once, and again when they are back
      await Promise.allSettled(
        Array.from({ length: CRASHING }, (_, room) => rooms.get(`bad-${room}`).crash()),
      );
    });
    await Promise.all([...calm, ...wild]);
    return quantile(took, 0.99);
  }

  await round(0); // warm
  const ratios: number[] = [];
  for (let n = 0; n < ROUNDS; n++) {
    const without = await round(0);
    ratios.push(await round(CRASHES_A_ROUND) / without);
  }
  await system.stop();
  equal([happened["crashed"], happened["gave-up"]], [1_000, undefined]);
  const shown = ratios.map((ratio) => ratio.toFixed(2)).join(" ");
  ok(quantile(ratios, 0.5) < 2, `p99 with crashes over p99 without, round by round: ${shown}`);
});
