import { equal, match, ok } from "node:assert/strict";
import { defineBench } from "./bench.ts";
import { report, type Result } from "./report.ts";

const bench = (rule: string, title: string) =>
  defineBench({
    rule,
    title,
    what: `What ${title} is.`,
    tools: [],
    rounds: 5,
    warmUps: 0,
    measures: {
      time: {
        title: "time",
        unit: "ms",
        better: "less",
        targets: [{ atMost: 900 }, { beside: "best", atMost: 1.2 }],
      },
    },
    open: () => Promise.resolve([]),
  });
const result = (date: string, commit: string): Result => ({
  date,
  commit,
  hardware: "A machine",
  versions: ["deno 2"],
  loadBefore: 0.1,
  seen: [
    { name: "Veza", role: "ours", figures: { time: [1_000, 1_234, 1_100] } },
    { name: "peer", role: "peer", figures: { time: [1_000, 1_000, 1_000] } },
  ],
});

Deno.test("[P] a table has ours, the peer, the ratio, its spread, the target and the verdict", () => {
  const text = report(new Map([["one", bench("P7", "One")]]), { one: result("2026-11-21", "abc") });
  match(text, /\| time \| 1,100 ms \(1,000–1,230\) \| – .* ≤ 900 ms \| \*\*not reached\*\* \|/);
  match(text, /\| peer \| 1,000 ms .* \| 1\.1 \(1–1\.23\) \| ≤ 1\.2× \| reached \|/);
  match(text, /3 rounds on 2026-11-21 at abc; load before it began 0\.10\. A machine; deno 2\./);
});

Deno.test("[P] a section keeps its own date and commit; what was never run has none", () => {
  const benches = new Map([
    ["one", bench("P7", "One")],
    ["two", bench("P9", "Two")],
    ["never", bench("P10", "Never")],
  ]);
  const text = report(benches, {
    one: result("2026-11-21", "abc"),
    two: result("2026-10-01", "def"),
    gone: result("2025-01-01", "old"),
  });
  match(text, /on 2026-11-21 at abc[\s\S]*## P9 Two[\s\S]*on 2026-10-01 at def/);
  ok(!text.includes("Never") && !text.includes("2025"));
  equal(text.match(/\*\*not reached\*\*/g)?.length, 4, "twice at the top, twice in the tables");
});
