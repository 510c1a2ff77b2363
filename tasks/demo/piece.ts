/** What a piece of the demo is: music as a function of its length and of chance. */
import type { Random } from "./sound/random.ts";
import type { Stereo } from "./sound/stereo.ts";

/** One playing of a piece. */
export interface Take {
  /** The music begins and ends within this time; it may end a bar before. */
  readonly seconds: number;
  readonly random: Random;
}

/** The same take makes the same samples; about −1 to 1, a limiter catches what is over. */
export type Piece = (take: Take) => Stereo;
