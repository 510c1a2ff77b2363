/** What a disturbed cluster came to, as lines for people. Pure. */
import type { Verdict } from "./chaos.ts";

/** A name and a value each. */
export function figureRows({ figures, refused, faults }: Verdict): [string, string][] {
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
  return [
    ["blows", `${figures.blows}`],
    ["messages sent", `${figures.sent}`],
    ["acks", `${figures.acked}`],
    ["entries shown", `${figures.shown}`],
    ["lines lost", `${figures.linesLost}`],
    ["gap p50", seconds(figures.gapP50)],
    ["gap p99", seconds(figures.gapP99)],
    ["longest gap", `${seconds(figures.gapMost)} (${figures.gapOf})`],
    ["refusals", [...refused].map(([code, count]) => `${count} × ${code}`).join(", ") || "none"],
    ["faults", `${faults.length}`],
  ];
}

/** As {@linkcode figureRows}, a line each. */
export const figureLines = (verdict: Verdict): string[] =>
  figureRows(verdict).map(([name, value]) => `${name.padEnd(16)} ${value}`);
