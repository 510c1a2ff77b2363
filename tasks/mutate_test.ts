import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { applies, mutations, readMutation } from "./mutate.ts";

/** The rules of the actor runtime in one process: each has to be broken by at least one patch. */
const GUARDED = ["A1", "A2", "A3", "A4", "A5", "A6", "A7", "A8", "A9", "A10", "A17", "A18", "A21"];

Deno.test("each mutation applies to the code as it is, and names a test that is there", async () => {
  const root = new URL("../", import.meta.url);
  const wrong: string[] = [];
  for (const { name, rule, test, title } of await mutations()) {
    if (!await applies(name)) wrong.push(`${name} does not apply any more`);
    const source = await Deno.readTextFile(new URL(test, root)).catch(() => "");
    // a contract's tests have the name of the adapter in front
    const named = title.slice(title.indexOf(": ") + 1);
    if (!source.includes(title) && !source.includes(named)) {
      wrong.push(`${name}: ${test} has no test "${title}"`);
    }
    ok(/^[A-Z]+\d+$/.test(rule), `${name} breaks "${rule}", which is no rule`);
  }
  deepEqual(wrong, []);
});

Deno.test("each rule of the runtime is broken by a mutation", async () => {
  const broken = new Set((await mutations()).map(({ rule }) => rule));
  deepEqual(GUARDED.filter((rule) => !broken.has(rule)), []);
});

Deno.test("a mutation's head says which test has to fail", () => {
  const head = "Rule: A1\nTest: a_test.ts\nName: [A1] one at a time\n";
  equal(readMutation("two_at_once", `${head}\n--- a/x\n+++ b/x\n`).title, "[A1] one at a time");
  throws(() => readMutation("headless", "--- a/x\n+++ b/x\n"), /headless has no line "Rule: …"/);
});
