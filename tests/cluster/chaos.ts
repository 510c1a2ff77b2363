/** A cluster under load that is disturbed again and again, and what the oracle says of it (A12, A13). */
import { connect } from "../../db/open.ts";
import type { ClusterBed } from "../../tasks/testbed/bed.ts";
import { type Crowd, type CrowdSize, gather } from "./crowd.ts";
import type { Journal } from "./journal.ts";
import { faultsOf, longestGaps, quantile, worstGap } from "./oracle.ts";

/** What befalls the cluster once. */
export interface Blow {
  readonly name: string;
  /** Resolves when it is whole again. */
  strike(): Promise<void>;
}

export interface ChaosOptions extends CrowdSize {
  readonly bed: ClusterBed;
  readonly random: () => number;
  /** One after the other, each so long after the one before it, in ms. */
  readonly blows: Iterable<Blow>;
  readonly everyMs: number;
  /** Goes on beside the clients, until the signal aborts. */
  readonly beside?: (crowd: Crowd, signal: AbortSignal) => Promise<void>;
  readonly say?: (words: string) => void;
}

/** Counts, and times in ms. */
export interface Figures {
  readonly blows: number;
  readonly sent: number;
  readonly acked: number;
  /** Entries that clients have shown. */
  readonly shown: number;
  readonly linesLost: number;
  /** The longest time without service of each client after each blow. */
  readonly gapP50: number;
  readonly gapP99: number;
  readonly gapMost: number;
  /** Whose that was, when, and why. */
  readonly gapOf: string;
}

export interface Verdict {
  /** What was promised and did not hold. */
  readonly faults: readonly string[];
  /** Codes of refusals, with how often they came. */
  readonly refused: ReadonlyMap<string, number>;
  readonly figures: Figures;
  readonly journals: readonly Journal[];
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** Disturbs a cluster that works, lets all come to rest, and judges. */
export async function chaos(options: ChaosOptions): Promise<Verdict> {
  const { bed, random, blows, everyMs, beside, say = () => {} } = options;
  const urls = bed.nodes.map(({ url }) => url);
  await using crowd = await gather(urls, options, random);
  const sql = connect(bed.postgres.url, { pool: 1 });
  try {
    const over = new AbortController();
    const writing = Promise.all([crowd.write(over.signal), beside?.(crowd, over.signal)]);
    const times: number[] = [];
    try {
      await wait(1_000);
      for (const { name, strike } of blows) {
        const began = performance.now();
        times.push(began);
        await strike();
        say(`${name}: whole again after ${((performance.now() - began) / 1_000).toFixed(1)} s`);
        await wait(everyMs - (performance.now() - began));
      }
    } finally {
      over.abort();
      await writing;
    }
    const stored = await crowd.settled(sql);
    const journals = crowd.clients.map(({ journal }) => journal);
    const gaps = longestGaps(journals, times);
    const sum = (of: (journal: Journal) => number) =>
      journals.reduce((all, one) => all + of(one), 0);
    const refused = new Map<string, number>();
    for (const code of journals.flatMap((one) => one.refused)) {
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
    return {
      faults: faultsOf(journals, stored),
      refused,
      figures: {
        blows: times.length,
        sent: sum(({ sent }) => sent.length),
        acked: sum(({ acked }) => acked.length),
        shown: sum(({ taken }) => taken.length),
        linesLost: sum(({ ended }) => ended.length),
        gapP50: quantile(gaps, 0.5),
        gapP99: quantile(gaps, 0.99),
        gapMost: Math.max(0, ...gaps),
        gapOf: worstGap(journals, times[0] ?? 0),
      },
      journals,
    };
  } finally {
    await sql.end();
  }
}
