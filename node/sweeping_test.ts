import { deepEqual } from "node:assert/strict";
import { sweeping } from "./sweeping.ts";

Deno.test("[U15] a sweep that fails, or takes long, holds up no other, and runs once at a time", async () => {
  const ran: string[] = [];
  const told: unknown[] = [];
  const slow = Promise.withResolvers<void>();
  using rounds = sweeping({
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
    log: { error: (_, fields) => void told.push(fields?.sweep) },
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
