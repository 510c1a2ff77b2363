/** One suite for the stores of reminders: in memory, and in the database (A10). */
import { deepEqual } from "node:assert/strict";
import type { ReminderStore } from "../../actors/runtime/reminders.ts";
import { fakeClock, memoryReminders } from "../../actors/runtime/testing.ts";
import { reminderStore } from "../../db/reminders.ts";
import { testDatabase } from "../support/database.ts";

interface Subject extends AsyncDisposable {
  readonly store: ReminderStore;
  readonly pass: (ms: number) => Promise<void>;
}

const SUBJECTS: Record<string, () => Promise<Subject>> = {
  memory: () => {
    const clock = fakeClock();
    return Promise.resolve({
      store: memoryReminders(clock),
      pass: (ms) => clock.advance(ms),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  },
  PostgreSQL: async () => {
    const database = await testDatabase();
    return {
      store: reminderStore(database.sql),
      // time passes for the rows, and not for the test
      pass: async (ms) =>
        void await database.sql`
          update reminders set due_at = due_at - ${ms} * interval '1 millisecond'`,
      [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
    };
  },
};

const ring = { kind: "alarm", key: "one", name: "ring" };

for (const [where, make] of Object.entries(SUBJECTS)) {
  Deno.test(`[A10] reminders in ${where}: due in time, leased, and gone when done`, async () => {
    await using subject = await make();
    const { store, pass } = subject;
    const keys = async (kinds = ["alarm"]) =>
      (await store.take(kinds, 10, 30_000)).map(({ key }) => key);
    await store.set(ring, 10_000);
    deepEqual(await keys(), []);
    await pass(10_001);
    deepEqual(await keys(["other"]), []);
    const [due] = await store.take(["alarm", "other"], 10, 30_000);
    deepEqual([due?.kind, due?.key, due?.name], ["alarm", "one", "ring"]);
    deepEqual(await keys(), [], "it is leased");
    await pass(30_001);
    deepEqual(await keys(), ["one"], "its lease is over");
    await store.done(due!);
    await pass(60_000);
    deepEqual(await keys(), []);
  });

  Deno.test(`[A10] reminders in ${where}: set anew while it ran, it stays`, async () => {
    await using subject = await make();
    const { store, pass } = subject;
    await store.set(ring, 0);
    await pass(1);
    const [due] = await store.take(["alarm"], 10, 30_000);
    await store.set(ring, 5_000);
    await store.done(due!);
    await pass(5_001);
    deepEqual((await store.take(["alarm"], 10, 30_000)).length, 1);
    await store.clear(ring);
    await pass(30_001);
    deepEqual(await store.take(["alarm"], 10, 30_000), []);
  });

  Deno.test(`[A10] reminders in ${where}: each is given to one of those who ask`, async () => {
    await using subject = await make();
    const { store, pass } = subject;
    for (let n = 0; n < 30; n++) await store.set({ ...ring, key: `n-${n}` }, n);
    await pass(1_000);
    const taken = await Promise.all(
      [10, 10, 10, 10].map((most) => store.take(["alarm"], most, 30_000)),
    );
    const keys = taken.flat().map(({ key }) => key);
    deepEqual([keys.length, new Set(keys).size], [30, 30]);
  });
}
