/** Who can hear a recording, for the browser: the domain's list without zod. */
import type { Visibility } from "../../domain/tracks.ts";

/** A choice that is missing or twice does not compile: the keys are the domain's. */
const order: Readonly<Record<Visibility, number>> = { public: 0, unlisted: 1, private: 2 };

export const VISIBILITY_CHOICES = (Object.keys(order) as Visibility[])
  .sort((a, b) => order[a] - order[b]);
