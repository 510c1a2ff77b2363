/** Streams that stand beside what else a page shows: those on air, and those that are announced. */
import type { Viewer } from "../../domain/auth.ts";
import { OVERDUE_MS } from "../../domain/i18n/live_dates.ts";
import type { LiveView } from "../../domain/live.ts";
import type { LiveFilter } from "../../db/live.ts";
import type { Site } from "./site.ts";

/** The newest on air, and the next to begin first. */
export interface Streams {
  readonly now: readonly LiveView[];
  readonly soon: readonly LiveView[];
}

/** Those that are announced and may still begin, the next one first. `now` in ms since 1970. */
const upcoming = (streams: readonly LiveView[], now: number): LiveView[] =>
  streams
    .filter(({ scheduledAt }) => Date.parse(scheduledAt ?? "") > now - OVERDUE_MS)
    .sort((one, other) => Date.parse(one.scheduledAt ?? "") - Date.parse(other.scheduledAt ?? ""));

/** Up to `limit` of each that `viewer` may see in a list. `now` in ms since 1970. */
export async function streamsOf(
  { site, viewer, now }: { site: Site; viewer: Viewer; now: number },
  of: Pick<LiveFilter, "hostId" | "matching">,
  limit: number,
): Promise<Streams> {
  const [onAir, announced] = await Promise.all([
    site.live.list(viewer, { ...of, statuses: ["live", "reconnecting"] }, limit, null),
    site.live.list(viewer, { ...of, statuses: ["idle"], scheduled: true }, limit, null),
  ]);
  return { now: onAir.items, soon: upcoming(announced.items, now) };
}
