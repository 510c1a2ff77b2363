/** At most one activation commits, whatever befalls its owner; another goes on soon (A12, A13). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { until } from "../support/processes.ts";
import { audit, type Counters, startCounters } from "./counters.ts";
import { refusals, writing } from "./writing.ts";

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A counter that lives on the first node, and is written to through the second. */
async function owned(cluster: Counters, key: string) {
  const [a, b] = cluster.nodes;
  await a!.ask("add", key, "the owner's");
  equal(await b!.ask("where", key), "a");
  return { a: a!, b: b!, far: writing(b!, key) };
}

/** Since `began`, until one of the calls after that is answered, in ms. */
const answeredAfter = async (began: number, { next }: { next(): Promise<number> }) => {
  await next(); // it may have been under way
  return await next() - began;
};

Deno.test("[A13] a node killed with -9: its actors answer elsewhere in under 3 s", async () => {
  await using cluster = await startCounters(2);
  const { a, b, far } = await owned(cluster, "one");
  await far.next();
  const began = performance.now();
  a.signal("SIGKILL");
  await a.ended;
  await wait(50);
  const took = await answeredAfter(began, far);
  await far.stop();
  ok(took < 3_000, `${took} ms`);
  equal(await b.ask("where", "one"), "b");
  equal(
    refusals(far.written).filter((code) => code !== "timeout"),
    [],
    "at most one was under way",
  );
  await audit(cluster.sql, "one", far.answered);
});

Deno.test("[A12] an owner that is frozen for 15 s is replaced in under 12 s, and fenced when it thaws", async () => {
  await using cluster = await startCounters(2);
  const { a, b, far } = await owned(cluster, "one");
  await far.next();
  a.signal("SIGSTOP");
  const began = performance.now();
  // what is asked of it now waits in its pipe, and is the first that it does when it thaws
  const stale = Array.from({ length: 20 }, (_, n) => {
    return a.ask("add", "one", `stale-${n}`).then((total) => ({ total }), ({ code }) => ({ code }));
  });
  await wait(100);
  const took = await answeredAfter(began, far);
  ok(took < 12_000, `${took} ms`);
  equal(await b.ask("where", "one"), "b");
  await wait(Math.max(0, 15_000 - (performance.now() - began)));
  a.signal("SIGCONT");
  const thawed = await Promise.all(stale);
  await until("the old owner to end", async () => (await a.living()).length === 0);
  equal(await a.ask("where", "one"), "b");
  await far.next();
  await far.stop();
  const rows = await audit(cluster.sql, "one", far.answered);
  for (const [n, one] of thawed.entries()) {
    const there = rows.filter(({ word }) => word === `stale-${n}`).length;
    equal(there, "total" in one ? 1 : 0, `stale-${n} was told ${JSON.stringify(one)}`);
  }
  ok(rows.at(-1)!.epoch > 1);
});

Deno.test("[A12] an owner that is cut from NATS for 10 s: one commits at a time, and a new one soon", async () => {
  await using cluster = await startCounters(2);
  const { a, b, far } = await owned(cluster, "one");
  const near = writing(a, "one");
  await Promise.all([far.next(), near.next()]);
  a.nats.stall();
  const began = performance.now();
  const took = await answeredAfter(began + 100, far);
  await until("the new owner", async () => await b.ask<string>("where", "one") === "b", 12_000);
  ok(performance.now() - began < 12_000 && took < 12_000);
  await wait(Math.max(0, 10_000 - (performance.now() - began)));
  a.nats.flow();
  await until(
    "both to agree",
    async () => await a.ask<string>("where", "one").catch(() => "") === "b",
  );
  await Promise.all([near.next(), far.next()]);
  await Promise.all([near.stop(), far.stop()]);
  await audit(cluster.sql, "one", new Map([...near.answered, ...far.answered]));
  ok(
    near.written.some(({ code }) => code === "fenced"),
    `the old owner met the fence: ${refusals(near.written)}`,
  );
});

for (const how of ["down", "stall"] as const) {
  const what = how === "down" ? "cut from PostgreSQL" : "that PostgreSQL does not answer";
  Deno.test(`[A12] an owner ${what}: another answers in under 12 s, and nothing is lost`, async () => {
    await using cluster = await startCounters(2);
    const { a, b, far } = await owned(cluster, "one");
    const near = writing(a, "one");
    await Promise.all([near.next(), far.next()]);
    a.postgres[how]();
    const began = performance.now();
    await wait(200);
    const took = await answeredAfter(began, far);
    ok(took < 12_000, `${took} ms`);
    equal(await b.ask("where", "one"), "b");
    await near.next(); // the calls of that node reach the new owner, too
    equal(await a.ask("where", "new"), "b", "what is new begins where it can");
    a.postgres[how === "down" ? "up" : "flow"]();
    await until("it to take actors again", async () => {
      return await a.ask<string>("where", `key-${crypto.randomUUID()}`) === "a";
    });
    await Promise.all([near.next(), far.next()]);
    await Promise.all([near.stop(), far.stop()]);
    await audit(cluster.sql, "one", new Map([...near.answered, ...far.answered]));
  });
}

Deno.test("[A12] [A15] NATS that comes back empty: owners claim anew, and epochs do not fall", async () => {
  await using cluster = await startCounters(3);
  const { a, far } = await owned(cluster, "one");
  const near = writing(a, "one");
  await Promise.all([far.next(), near.next()]);
  await cluster.nats.wipe();
  const began = performance.now();
  const took = await answeredAfter(began, far);
  ok(took < 12_000, `${took} ms`);
  await Promise.all([near.next(), far.next()]);
  await Promise.all([near.stop(), far.stop()]);
  const where = await Promise.all(cluster.nodes.map((node) => node.ask("where", "one")));
  equal(new Set(where).size, 1, "all agree on who serves it");
  await audit(cluster.sql, "one", new Map([...near.answered, ...far.answered]));
});
