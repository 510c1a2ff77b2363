/** Pure: writes RESULTS.md from what was measured, by this run and by earlier ones. */
import type { Bench, Target } from "./bench.ts";
import { judge, type Line, type Verdict } from "./judge.ts";
import type { Machine } from "./machine.ts";
import type { Seen } from "./rounds.ts";
import type { Summary } from "./statistics.ts";

/** What is kept of a bench's last run, in results.json. */
export interface Result extends Machine {
  /** Such as `2026-11-21`. */
  readonly date: string;
  readonly commit: string;
  /** Processes that wanted to run in the minute before it began: over 1, the machine was shared. */
  readonly loadBefore: number;
  readonly seen: readonly Seen[];
}

const figure = (value: number): string =>
  new Intl.NumberFormat("en", { maximumSignificantDigits: 3 }).format(value);

const spread = ({ median, least, most }: Summary, unit = ""): string =>
  `${figure(median)}${unit && ` ${unit}`} (${figure(least)}–${figure(most)})`;

function bound({ beside, atMost, atLeast }: Target, unit: string): string {
  const value = atMost ?? atLeast ?? 0;
  const of = beside === undefined ? ` ${unit}` : "×";
  return `${atMost === undefined ? "≥" : "≤"} ${figure(value)}${of}`;
}

const verdict = ({ reached }: Verdict) => reached ? "reached" : "**not reached**";
const row = (...cells: readonly string[]) => `| ${cells.join(" | ")} |`;

function table(lines: readonly Line[]): string[] {
  const several = new Set(lines.map(({ ours }) => ours.name)).size > 1;
  return [
    row("what", "ours", "beside", "theirs", "ours ÷ theirs", "target", ""),
    row("---", "---", "---", "---", "---", "---", "---"),
    ...lines.map(({ measure: { title, unit }, ours, beside, verdicts }) =>
      row(
        several ? `${title}: ${ours.name}` : title,
        spread(ours.figures, unit),
        beside ? `${beside.role === "bound" ? "_machine:_ " : ""}${beside.name}` : "–",
        beside ? spread(beside.figures, unit) : "–",
        beside ? spread(beside.ratio) : "–",
        verdicts.map(({ target }) => bound(target, unit)).join(", ") || "–",
        verdicts.map(verdict).join(", "),
      )
    ),
  ];
}

function section(name: string, bench: Bench, result: Result, lines: readonly Line[]): string[] {
  const { date, commit, hardware, versions, loadBefore, seen } = result;
  const rounds = Math.max(
    ...seen.flatMap((one) => Object.values(one.figures).map((f) => f.length)),
  );
  return [
    `## ${bench.rule} ${bench.title}`,
    "",
    bench.what,
    "",
    ...table(lines),
    "",
    `\`deno task bench ${name}\`, ${rounds} rounds on ${date} at ${commit}; load before it began ` +
    `${loadBefore.toFixed(2)}. ${hardware}; ${versions.join(", ")}.`,
    "",
  ];
}

const HEAD = `# What was measured

Written by \`deno task bench\`; \`results.json\` has every reading. Each table is one run: ours and
its peers in turn, A B A B …, on the machine that the table names. A figure is the median of all
rounds, with the least and the most in brackets. A ratio is taken round by round, then its median;
_machine_ is what the machine could do at all, for orientation, and no peer.
`;

/** The whole text; a bench that was never run is left out, and so is a result without a bench. */
export function report(
  benches: ReadonlyMap<string, Bench>,
  results: Readonly<Record<string, Result>>,
): string {
  const told = [...benches].flatMap(([name, bench]) => {
    const result = results[name];
    return result ? [{ name, bench, result, lines: judge(bench, result.seen) }] : [];
  });
  const targets = told.flatMap(({ bench, lines }) =>
    lines.flatMap(({ measure, ours, beside, verdicts }) =>
      verdicts.map((one) =>
        row(
          bench.rule,
          `${bench.title}: ${measure.title}${
            beside ? `, beside ${beside.name}` : ` (${ours.name})`
          }`,
          beside ? `${figure(beside.ratio.median)}×` : spread(ours.figures, measure.unit),
          bound(one.target, measure.unit),
          verdict(one),
        )
      )
    )
  );
  return [
    HEAD,
    row("rule", "what", "measured", "target", ""),
    row("---", "---", "---", "---", "---"),
    ...targets,
    "",
    ...told.flatMap(({ name, bench, result, lines }) => section(name, bench, result, lines)),
  ].join("\n");
}
