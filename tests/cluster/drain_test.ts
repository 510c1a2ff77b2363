/** A node that ends moves its actors, and NATS that is away stops nobody (A13, A15). */
import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { until } from "../support/processes.ts";
import { audit, startCounters } from "./counters.ts";
import { refusals, writing } from "./writing.ts";

const KEYS = Array.from({ length: 30 }, (_, n) => `room-${n}`);

Deno.test("[A13] SIGTERM: actors move under load, no call fails, and it exits 0 in time", async () => {
  await using cluster = await startCounters(3);
  const [a, b, c] = cluster.nodes;
  for (const key of KEYS) equal(await a!.ask("where", key), "a");
  const all = KEYS.flatMap((key) => [b!, c!].map((node) => ({ key, of: writing(node, key, 30) })));
  await Promise.all(all.map(({ of }) => of.next()));
  const began = performance.now();
  a!.signal("SIGTERM");
  equal(await a!.ended, 0);
  const took = performance.now() - began;
  ok(took < 10_000, `${took} ms`);
  await Promise.all(all.map(({ of }) => of.next()));
  await Promise.all(all.map(({ of }) => of.stop()));
  for (const { of } of all) equal(refusals(of.written), []);
  const slowest = Math.max(...all.flatMap(({ of }) => of.written.map(({ tookMs }) => tookMs)));
  ok(slowest < 3_000, `a call took ${slowest} ms`);
  for (const key of KEYS) {
    const answered = all.filter((one) => one.key === key).flatMap(({ of }) => [...of.answered]);
    await audit(cluster.sql, key, new Map(answered));
    ok(["b", "c"].includes(await b!.ask("where", key)));
  }
  equal(a!.events.filter(({ event }) => event === "moved").length, KEYS.length);
});

Deno.test("[A13] SIGTERM with nothing to move: gone at once, and heard of at once", async () => {
  await using cluster = await startCounters(2);
  const [a, b] = cluster.nodes;
  await b!.ask("add", "one", "word");
  const began = performance.now();
  a!.signal("SIGTERM");
  equal(await a!.ended, 0);
  // under a second on a quiet machine; far below the 20 s of a drain on any
  ok(performance.now() - began < 4_000);
  equal(await b!.ask("total", "one"), 1);
});

Deno.test("[A15] NATS away: a node serves its own, refuses the rest at once, and all recovers", async () => {
  await using cluster = await startCounters(2);
  const [a, b] = cluster.nodes;
  await a!.ask("add", "mine", "before");
  await b!.ask("add", "theirs", "before");
  equal(await a!.ask("where", "theirs"), "b");
  await cluster.nats.kill9();
  const codeOf = (asked: Promise<unknown>) => asked.then(() => "ok", ({ code }) => code);
  await until("it to be refused", async () => await codeOf(a!.ask("total", "theirs")) !== "ok");
  const began = performance.now();
  equal(await codeOf(a!.ask("add", "theirs", "meanwhile")), "unavailable");
  equal(await codeOf(a!.ask("total", "nobody")), "unavailable");
  ok(performance.now() - began < 1_000); // and not when their deadlines of 5 s have passed
  equal(await a!.ask("add", "mine", "meanwhile"), 2);
  await cluster.nats.restart();
  await until("the way back", async () => await codeOf(a!.ask("total", "theirs")) === "ok");
  equal(await a!.ask("add", "theirs", "after"), 2);
  equal(await b!.ask("where", "mine"), "a");
  const rows = await audit(cluster.sql, "mine", new Map());
  equal(new Set(rows.map(({ epoch }) => epoch)).size, 1, "it lived on");
});
