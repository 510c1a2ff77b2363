/** Fetches waveforms, each once while it stays in memory. */
import type { Waveform } from "../../domain/tracks.ts";
import { withField, withoutToken } from "../shared/addresses.ts";
import { Problem, request } from "../shared/api.ts";
import { fetchTrack } from "../tracks/client.ts";

/** At most this many are kept; the oldest goes. */
const KEPT = 120;
const known = new Map<string, Promise<Waveform>>();

/** Asks once more with a new address when this one has ended (U14). */
async function ask(url: string, points: number): Promise<Waveform> {
  try {
    return await request<Waveform>(withField(url, "points", points));
  } catch (error) {
    const [, id] = /\/tracks\/([^/]+)\/waveform/.exec(url) ?? [];
    if (!(error instanceof Problem && error.code === "link_expired" && id)) throw error;
    const { waveformUrl } = await fetchTrack(id);
    if (!waveformUrl) throw error;
    return await request<Waveform>(withField(waveformUrl, "points", points));
  }
}

/** The peaks at `url` in `points` columns. A failure is not kept, so that one can try again. */
export function fetchWaveform(url: string, points: number): Promise<Waveform> {
  const address = withField(withoutToken(url), "points", points);
  const found = known.get(address);
  if (found) return found;
  const pending = ask(url, points);
  known.set(address, pending);
  pending.catch(() => known.delete(address));
  const oldest = known.keys().next().value;
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return pending;
}
