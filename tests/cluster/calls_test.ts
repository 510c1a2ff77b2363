/** Actors called across real nodes: where they begin, the same call, the same errors (A11, A14). */
import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { audit, startCounters } from "./counters.ts";

Deno.test("[A11] an actor answers on every node by the same call, with the same errors", async () => {
  await using cluster = await startCounters(2);
  const [a, b] = cluster.nodes;
  equal(await a!.ask("add", "one", "first"), 1);
  equal(await b!.ask("where", "one"), "a");
  equal(await b!.ask("add", "one", "second"), 2);
  await rejects(b!.ask("crash", "one"), { code: "crashed" });
  await rejects(b!.ask("slow", "one", 1_000, 100), { code: "timeout" });
  await rejects(b!.ask("total", "Not a key"), { code: "invalid" });
  equal(await b!.ask("total", "one"), 2);
  equal([await a!.living(), await b!.living()], [["one"], []]);
  const told = await Promise.all(
    Array.from({ length: 200 }, (_, n) => (n % 2 ? a! : b!).ask("add", "busy", `n${n}`)),
  );
  equal(new Set(told).size, 200);
  const rows = await audit(cluster.sql, "busy", new Map(told.map((total, n) => [`n${n}`, total])));
  equal(new Set(rows.map(({ node }) => node)).size, 1);
});

Deno.test("[A14] an actor starts on the node that needs it first, and stays there", async () => {
  await using cluster = await startCounters(3);
  const { nodes } = cluster;
  for (const [turn, first] of nodes.entries()) {
    const keys = Array.from({ length: 10 }, (_, n) => `of-${first.name}-${n}`);
    await Promise.all(keys.map((key) => first.ask("add", key, "first")));
    for (const key of keys) {
      for (const one of nodes) equal(await one.ask("where", key), first.name);
    }
    equal((await first.living()).length, 10, `node ${turn} has its own and no others`);
  }
  const wanted = nodes.map((node) => node.ask<string>("where", "of-all"));
  equal(new Set(await Promise.all(wanted)).size, 1, "needed by all at once it begins once");
});
