/** What the pages of tracks ask of the server: changes, deletion, and progress as it happens. */
import type { Progress, Track, TrackPatch } from "../../domain/tracks.ts";
import { request } from "../shared/api.ts";

export const fetchTrack = (id: string): Promise<Track> => request<Track>(`/api/v1/tracks/${id}`);

export const patchTrack = (id: string, patch: TrackPatch): Promise<Track> =>
  request<Track>(`/api/v1/tracks/${id}`, { method: "PATCH", body: JSON.stringify(patch) });

/** Deletes for good; outlives the page, so that leaving does not undo what was decided. */
export const deleteTrack = (id: string): Promise<void> =>
  request<void>(`/api/v1/tracks/${id}`, { method: "DELETE", keepalive: true });

/** As `deleteTrack`, one version of it. */
export const deleteVersion = (trackId: string, id: string): Promise<void> =>
  request<void>(`/api/v1/tracks/${trackId}/versions/${id}`, { method: "DELETE", keepalive: true });

/**
 * HTTP/1.1 gives a browser six connections to a host, and the player needs some: only so many
 * streams of events are open at once, the others ask now and then.
 */
const STREAMS_MAX = 2;
const ASK_EVERY_MS = 1_500;
/** Beside a stream it asks too, but seldom: an event that got lost must not leave a row waiting. */
const ASK_BESIDE_MS = 8_000;
const open = new Set<EventSource>();

const finished = ({ status }: { status: Track["status"] }) =>
  status === "ready" || status === "failed";

/** How a track goes: what an event and the track itself both tell. */
type Going = Omit<Progress, "uploadId">;

/** Calls `tell` with each progress of the track until it is ready or has failed, or is stopped. */
export function watchTrack(id: string, tell: (progress: Going) => void): () => void {
  const held: { timer?: ReturnType<typeof setTimeout>; source?: EventSource; over: boolean } = {
    over: false,
  };
  const closeStream = () => {
    if (!held.source) return;
    held.source.close();
    open.delete(held.source);
    delete held.source;
  };
  const stop = () => {
    held.over = true;
    clearTimeout(held.timer);
    closeStream();
  };
  const askSoon = () => {
    clearTimeout(held.timer);
    held.timer = setTimeout(ask, held.source ? ASK_BESIDE_MS : ASK_EVERY_MS);
  };
  async function ask(): Promise<void> {
    try {
      const track = await fetchTrack(id);
      if (held.over) return;
      tell(track);
      if (finished(track)) return stop();
    } catch {
      // the next time may do better; the row says what was last known
    }
    if (!held.over) askSoon();
  }
  if (open.size >= STREAMS_MAX) {
    void ask();
    return stop;
  }
  const source = new EventSource(`/api/v1/tracks/${id}/events`);
  held.source = source;
  open.add(source);
  source.addEventListener("progress", (event) => tell(JSON.parse(event.data)));
  for (const end of ["done", "failed"]) {
    source.addEventListener(end, () => {
      closeStream();
      void ask(); // the last word is the track itself
    });
  }
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    closeStream();
    if (!held.over) askSoon();
  };
  askSoon();
  return stop;
}
