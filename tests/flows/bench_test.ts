/** Each bench still runs; its figures are not looked at, for the machine may be busy. */
import assert from "node:assert/strict";
import { findBenches } from "../../tasks/bench.ts";
import { run } from "../support/run.ts";

/** Figures of a short run and of the real one must never be mixed up. */
const written = async () => {
  const text = (name: string) => Deno.readTextFile(`bench/${name}`).catch(() => null);
  return [await text("RESULTS.md"), await text("results.json")];
};

for (const [name, bench] of await findBenches()) {
  Deno.test(`[${bench.rule}] the bench ${name} runs`, async () => {
    assert.ok(bench.long || bench.rounds >= 5, "a median of at least 5");
    const before = await written();
    const running = run(["task", "bench", name, "--short"]);
    assert.equal(await running.ended, 0, running.lines.join("\n"));
    for (const { title, unit } of Object.values(bench.measures)) {
      const told = running.lines.some((line) =>
        line.includes(`${title} `) && line.includes(` ${unit}`)
      );
      assert.ok(told, `nothing of "${title}" in:\n${running.lines.join("\n")}`);
    }
    assert.deepEqual(await written(), before);
  });
}

Deno.test("[P] a bench that is not there is told, with those that are", async () => {
  const running = run(["task", "bench", "nonsense", "--short"]);
  assert.equal(await running.ended, 2);
  assert.match(running.lines.join("\n"), /nonsense; there are .*ladder/);
});
