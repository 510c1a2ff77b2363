/** What the player tells and asks the server. */
import type { Track } from "../../domain/tracks.ts";
import { request } from "../shared/api.ts";

/** The track as it is now. */
export const fetchTrack = (id: string): Promise<Track> => request<Track>(`/api/v1/tracks/${id}`);

/** Counts a play. It is a count and no more: a failure is not worth a word to the listener. */
export function countPlay(id: string): void {
  fetch(`/api/v1/tracks/${id}/plays`, { method: "POST", keepalive: true }).catch(() => {});
}
