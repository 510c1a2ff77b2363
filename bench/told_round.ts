/** What is measured where members of a room write at a fixed rate, and a round of it. */
import type { RateSearch } from "./chat_search.ts";
import type { Measure } from "./bench.ts";

/** What comes with the messages told a second. */
export const TOLD_MEASURES = {
  deliveries: { title: "deliveries", unit: "/s", better: "more", targets: [] },
  frames: { title: "frames for these", unit: "/s", better: "less", targets: [] },
  p99: { title: "p99 at that rate", unit: "ms", better: "less", targets: [] },
  busy: { title: "the load was busy", unit: "%", better: "less", targets: [] },
} as const satisfies Record<string, Measure>;

/** Searches the highest rate once; `p99` stands for a trial of which nothing came, in ms. */
export async function toldRound(search: RateSearch, p99: number) {
  const { rate, figures } = await search.round();
  return {
    messages: rate,
    deliveries: figures.deliveries / figures.seconds,
    frames: figures.frames / figures.seconds,
    p99: figures.p99 ?? p99,
    busy: figures.busy * 100,
  };
}
