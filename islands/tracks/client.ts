/** What the pages of tracks ask of the server: changes, deletion, and progress as it happens. */
import type { Progress, Track, TrackPatch } from "../../domain/tracks.ts";
import { request } from "../shared/api.ts";

export const fetchTrack = (id: string): Promise<Track> => request<Track>(`/api/v1/tracks/${id}`);

export const patchTrack = (id: string, patch: TrackPatch): Promise<Track> =>
  request<Track>(`/api/v1/tracks/${id}`, { method: "PATCH", body: JSON.stringify(patch) });

/** Deletes for good; outlives the page, so that leaving does not undo what was decided. */
export const deleteTrack = (id: string): Promise<void> =>
  request<void>(`/api/v1/tracks/${id}`, { method: "DELETE", keepalive: true });

/**
 * HTTP/1.1 gives a browser six connections to a host, and the player needs some: only so many
 * streams of events are open at once, the others ask now and then.
 */
const STREAMS_MAX = 2;
const ASK_EVERY_MS = 1_500;
const open = new Set<EventSource>();

const finished = ({ status }: { status: Track["status"] }) =>
  status === "ready" || status === "failed";

/** Calls `tell` with each progress of the track until it is ready or has failed, or is stopped. */
export function watchTrack(id: string, tell: (progress: Progress) => void): () => void {
  const asking: { timer?: ReturnType<typeof setTimeout>; stopped: boolean } = { stopped: false };
  const ask = async () => {
    try {
      const track = await fetchTrack(id);
      if (asking.stopped) return;
      tell(track);
      if (finished(track)) return;
    } catch {
      // the next time may do better; the row says what was last known
    }
    if (!asking.stopped) asking.timer = setTimeout(ask, ASK_EVERY_MS);
  };
  const stop = () => {
    asking.stopped = true;
    clearTimeout(asking.timer);
  };
  if (open.size >= STREAMS_MAX) {
    void ask();
    return stop;
  }
  const source = new EventSource(`/api/v1/tracks/${id}/events`);
  open.add(source);
  const close = () => {
    source.close();
    open.delete(source);
  };
  const read = (event: MessageEvent<string>) => tell(JSON.parse(event.data));
  source.addEventListener("progress", read);
  for (const end of ["done", "failed"]) {
    source.addEventListener(end, () => {
      close();
      void ask(); // the last word is the track itself
    });
  }
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED || asking.stopped) return;
    close();
    asking.timer = setTimeout(ask, ASK_EVERY_MS);
  };
  return () => {
    stop();
    close();
  };
}
