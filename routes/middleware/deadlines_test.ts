import { equal, rejects } from "node:assert/strict";
import { deadlines } from "./deadlines.ts";

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

Deno.test("[H3] what takes too long is given up, each at its own time; the rest is handed on", async () => {
  const inTime = deadlines({ ms: 60, late: () => new Error("late") });
  const never = () => new Promise<never>(() => {});
  const began = performance.now();
  const first = rejects(inTime(never()), /late/).then(() => performance.now() - began);
  await pause(30);
  const second = rejects(inTime(never()), /late/).then(() => performance.now() - began);
  equal(await inTime(Promise.resolve(1)), 1);
  await rejects(inTime(Promise.reject(new Error("theirs"))), /theirs/);
  const ends = await Promise.all([first, second]);
  equal(ends[0] >= 55, true, `${ends[0]}`);
  equal(ends[1] >= 85, true, `${ends[1]}`);
  equal(await inTime(pause(1).then(() => 2)), 2, "another, after the timer had ended");
  await pause(15); // the timer finds nobody, and ends
});
