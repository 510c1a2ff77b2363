/** Tests of the sweeps of a node: none holds up another, and a stop waits for them, for a while. */
import { deepEqual, equal } from "node:assert/strict";
import { sweeping } from "./sweeping.ts";

Deno.test("[U15] a sweep that fails, or takes long, holds up no other, and runs once at a time", async () => {
  const ran: string[] = [];
  const told: unknown[] = [];
  const slow = Promise.withResolvers<void>();
  await using rounds = sweeping({
    sweeps: [
      {
        name: "broken",
        run: () => {
          ran.push("broken");
          throw new Error("input/output error");
        },
      },
      {
        name: "slow",
        run: async () => {
          ran.push("slow");
          await slow.promise;
        },
      },
      { name: "last", run: () => Promise.resolve(void ran.push("last")) },
    ],
    everyMs: 60_000,
    log: { error: (_, fields) => void told.push(fields?.sweep), warn() {} },
  });
  const first = rounds.now();
  await new Promise((resolve) => setTimeout(resolve));
  await rounds.now();
  deepEqual(ran, ["broken", "slow", "last", "broken", "last"]);
  deepEqual(told, ["broken", "broken"]);
  slow.resolve();
  await first;
  await rounds.now();
  deepEqual(ran.slice(5), ["broken", "slow", "last"]);
});

Deno.test("[A13] a stop waits for the sweep under way, whose database is still open, and not for ever", async () => {
  const told: unknown[] = [];
  const log = { error() {}, warn: (_: string, fields?: object) => void told.push(fields) };
  const goes = Promise.withResolvers<void>();
  let isOpen = true;
  const met: boolean[] = [];
  const run = async () => {
    await goes.promise;
    met.push(isOpen);
  };
  const stop = async (patienceMs: number) => {
    const rounds = sweeping({ sweeps: [{ name: "blobs", run }], everyMs: 60_000, log, patienceMs });
    const round = rounds.now();
    await rounds[Symbol.asyncDispose]();
    isOpen = false;
    return round;
  };
  const late = stop(50);
  await new Promise((resolve) => setTimeout(resolve, 100));
  deepEqual([isOpen, told], [false, [{ left: ["blobs"] }]]);
  isOpen = true;
  const inTime = stop(10_000);
  setTimeout(goes.resolve);
  await Promise.all([late, inTime]);
  deepEqual(met, [true, true]);
  equal(told.length, 1);
});
