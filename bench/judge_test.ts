import { deepEqual, equal, throws } from "node:assert/strict";
import { type Bench, defineBench, type Target } from "./bench.ts";
import { judge } from "./judge.ts";
import type { Seen } from "./rounds.ts";

const made = (better: "less" | "more", targets: Target[]): Bench =>
  defineBench({
    rule: "P0",
    title: "Made up",
    what: "",
    tools: [],
    rounds: 3,
    warmUps: 0,
    measures: { time: { title: "time", unit: "ms", better, targets } },
    open: () => Promise.resolve([]),
  });
const seen = (name: string, role: Seen["role"], ...time: number[]): Seen => ({
  name,
  role,
  figures: { time },
});

Deno.test("[P] our own figure is judged by its median", () => {
  const targets = [{ atMost: 10 }];
  for (const [figures, reached] of [[[1, 10, 99], true], [[1, 11, 11], false]] as const) {
    const [line] = judge(made("less", targets), [seen("we", "ours", ...figures)]);
    deepEqual(line?.verdicts, [{ target: targets[0], reached }]);
  }
});

Deno.test("[P] beside the best means the fastest peer, and never what the machine could do", () => {
  const all = [
    seen("we", "ours", 12, 12, 12),
    seen("slow", "peer", 20, 20, 20),
    seen("fast", "peer", 10, 10, 10),
    seen("machine", "bound", 1, 1, 1),
  ];
  const judged = (better: "less" | "more", target: Target) =>
    judge(made(better, [target]), all).filter(({ verdicts }) => verdicts.length > 0)
      .map(({ beside, verdicts }) => [beside?.name, verdicts[0]?.reached]);
  deepEqual(judged("less", { beside: "best", atMost: 1.2 }), [["fast", true]]);
  deepEqual(judged("less", { beside: "best", atMost: 1.19 }), [["fast", false]]);
  deepEqual(judged("more", { beside: "best", atLeast: 1 }), [["slow", false]]);
  deepEqual(judged("more", { beside: "slow", atLeast: 0.5 }), [["slow", true]]);
});

Deno.test("[P] a ratio is of the rounds, so that a machine that slows down slows down both", () => {
  const [line] = judge(made("less", []), [
    seen("we", "ours", 10, 100, 1_000),
    seen("they", "peer", 10, 100, 1_000),
  ]);
  deepEqual(line?.beside?.ratio, { median: 1, least: 1, most: 1 });
});

Deno.test("[P] a target beside somebody who was not measured is told", () => {
  const bench = made("less", [{ beside: "gone", atMost: 1 }]);
  throws(() => judge(bench, [seen("we", "ours", 1)]), /beside "gone"/);
  equal(judge(made("less", []), [seen("we", "ours", 1)]).length, 1);
});
