/** Pure: what was read of a bench becomes lines of a table: ours, a peer, the ratio, the target. */
import type { Bench, Measure, Target } from "./bench.ts";
import type { Seen } from "./rounds.ts";
import { ratios, summarize, type Summary } from "./statistics.ts";

/** A target, and whether it was reached. */
export interface Verdict {
  readonly target: Target;
  readonly reached: boolean;
}

/** One line of a table. */
export interface Line {
  readonly measure: Measure;
  readonly ours: { readonly name: string; readonly figures: Summary };
  readonly beside?: {
    readonly name: string;
    readonly role: Seen["role"];
    readonly figures: Summary;
    readonly ratio: Summary;
  };
  /** Of what this line shows. */
  readonly verdicts: readonly Verdict[];
}

const reaches = (figure: number, { atMost = Infinity, atLeast = -Infinity }: Target) =>
  figure <= atMost && figure >= atLeast;

/** The peer with the best median of `key`. */
function best(peers: readonly Seen[], key: string, better: Measure["better"]): Seen | undefined {
  const sign = better === "less" ? 1 : -1;
  const median = (peer: Seen) => sign * summarize(peer.figures[key]!).median;
  return peers.toSorted((a, b) => median(a) - median(b))[0];
}

/**
 * The lines for `bench`: for each measure, each contestant of ours beside each of the others, in
 * the order of the declaration. Judged is the median; a ratio's median is of the ratios round by
 * round.
 *
 * @throws {Error} for a target beside somebody who was not measured
 */
export function judge(bench: Bench, seen: readonly Seen[]): Line[] {
  const lines: Line[] = [];
  for (const [key, measure] of Object.entries(bench.measures)) {
    const has = seen.filter(({ figures }) => figures[key]);
    const others = has.filter(({ role }) => role !== "ours");
    const peers = others.filter(({ role }) => role === "peer");
    const first = best(peers, key, measure.better);
    for (const target of measure.targets) {
      const { beside } = target;
      if (beside === undefined || (beside === "best" && first)) continue;
      if (others.some(({ name }) => name === beside)) continue;
      throw new Error(`${bench.title}: a target is beside "${beside}", which was not measured`);
    }
    for (const { name, figures } of has.filter(({ role }) => role === "ours")) {
      const mine = figures[key]!;
      const ours = { name, figures: summarize(mine) };
      const own = measure.targets.filter(({ beside }) => beside === undefined)
        .map((target) => ({ target, reached: reaches(ours.figures.median, target) }));
      if (own.length > 0 || others.length === 0) lines.push({ measure, ours, verdicts: own });
      for (const other of others) {
        const theirs = other.figures[key]!;
        const ratio = summarize(ratios(mine, theirs));
        const verdicts = measure.targets
          .filter(({ beside }) => beside === other.name || (beside === "best" && other === first))
          .map((target) => ({ target, reached: reaches(ratio.median, target) }));
        const beside = { name: other.name, role: other.role, figures: summarize(theirs), ratio };
        lines.push({ measure, ours, beside, verdicts });
      }
    }
  }
  return lines;
}
