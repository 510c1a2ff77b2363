/** Fetches waveforms, each once while it stays in memory. */
import type { Waveform } from "../../domain/tracks.ts";
import { request } from "../shared/api.ts";

/** At most this many are kept; the oldest goes. */
const KEPT = 120;
const known = new Map<string, Promise<Waveform>>();

/** The peaks at `url` in `points` columns. A failure is not kept, so that one can try again. */
export function fetchWaveform(url: string, points: number): Promise<Waveform> {
  const address = `${url}?points=${points}`;
  const found = known.get(address);
  if (found) return found;
  const pending = request<Waveform>(address);
  known.set(address, pending);
  pending.catch(() => known.delete(address));
  const oldest = known.keys().next().value;
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return pending;
}
