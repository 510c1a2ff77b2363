/** The stages of processing in their order, for the browser: the domain's table without zod. */
import type { Stage } from "../../domain/tracks.ts";

/** A stage that is missing or twice does not compile: the keys are the domain's. */
const order: Readonly<Record<Stage, number>> = {
  received: 0,
  scanned: 1,
  probed: 2,
  measured: 3,
  segmenting: 4,
  playable: 5,
  ready: 6,
};

export const STAGE_ORDER = (Object.keys(order) as Stage[]).sort((a, b) => order[a] - order[b]);
