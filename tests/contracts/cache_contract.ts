/** What every cache promises: looked up once, and never older than a change (O7). */
import { deepEqual, equal, rejects } from "node:assert/strict";
import type { Cache } from "../../services/cache.ts";

interface Thing {
  readonly title: string;
  readonly count: number;
}

/** The same cache on two nodes. */
export interface Caches extends AsyncDisposable {
  readonly near: Cache<Thing | null>;
  readonly far: Cache<Thing | null>;
}

export function cacheContract(
  name: string,
  open: (options: { keepMs: number }) => Promise<Caches>,
): void {
  const setUp = async (keepMs = 60_000) => {
    const caches = await open({ keepMs });
    const key = crypto.randomUUID();
    let truth: Thing | null = { title: "Ü\n", count: 0 };
    let loads = 0;
    const load = () => {
      loads++;
      return Promise.resolve(truth);
    };
    return {
      caches,
      key,
      loads: () => loads,
      load,
      near: () => caches.near.get(key, load),
      far: () => caches.far.get(key, load),
      becomes: (next: Thing | null) => truth = next,
      [Symbol.asyncDispose]: () => caches[Symbol.asyncDispose](),
    };
  };

  Deno.test(`[O7] cache ${name}: looked up once for both nodes, and again after its time`, async () => {
    await using t = await setUp(300);
    await t.near(); // what was never asked for may need a second look
    const first = await t.near();
    deepEqual(first, { title: "Ü\n", count: 0 });
    const loads = t.loads();
    deepEqual(await t.far(), first);
    equal(t.loads(), loads);
    await new Promise((resolve) => setTimeout(resolve, 330));
    await t.far();
    equal(t.loads(), loads + 1);
  });

  Deno.test(`[O7] cache ${name}: what a node changed is seen at once on the other`, async () => {
    await using t = await setUp();
    for (let count = 1; count <= 20; count++) {
      await t.near();
      await t.far();
      await t.caches.near.changing(t.key, () => Promise.resolve(t.becomes({ title: "", count })));
      equal((await t.far())?.count, count);
      equal((await t.near())?.count, count);
    }
    t.becomes(null);
    await t.caches.far.forget(t.key);
    equal(await t.near(), null);
  });

  Deno.test(`[O7] cache ${name}: a look from before a change is not kept after it`, async () => {
    await using t = await setUp();
    await t.near();
    await t.caches.far.forget(t.key);
    const old = Promise.withResolvers<Thing>();
    const slow = t.caches.near.get(t.key, () => old.promise);
    await new Promise((resolve) => setTimeout(resolve, 20)); // it is under way
    await t.caches.far.changing(
      t.key,
      () => Promise.resolve(t.becomes({ title: "new", count: 1 })),
    );
    old.resolve({ title: "old", count: 0 });
    await slow;
    equal((await t.far())?.title, "new");
    equal((await t.near())?.title, "new");
  });

  Deno.test(`[O7] cache ${name}: a change that failed may have been made, and is looked up`, async () => {
    await using t = await setUp();
    await t.near();
    await rejects(
      t.caches.near.changing(t.key, () => {
        t.becomes({ title: "made", count: 1 });
        return Promise.reject(new Error("no answer"));
      }),
      /no answer/,
    );
    equal((await t.far())?.title, "made");
  });

  Deno.test(`[O7] cache ${name}: a failure and what is not there are not kept`, async () => {
    await using t = await setUp();
    await rejects(t.caches.near.get(t.key, () => Promise.reject(new Error("away"))), /away/);
    t.becomes(null);
    equal(await t.near(), null);
    t.becomes({ title: "there", count: 1 });
    equal((await t.near())?.title, "there");
  });
}
