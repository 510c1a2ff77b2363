/** The words of live streams: the pages of live streams load them, the others do not. */
import type { Widen } from "./dictionary.ts";
import { enLive } from "./en_live.ts";
import { frLive } from "./fr_live.ts";

export type LiveWords = Widen<typeof enLive>;

/** For a language tag; English where it is not known. */
export const liveWords = (language: string): LiveWords => language === "fr" ? frLive : enLive;
