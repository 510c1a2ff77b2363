/** Follows what the server makes of a file, from its last byte to the last rendition. */
import { sayProblem } from "../shared/api.ts";
import { announce } from "../shared/announce.ts";
import { t } from "../shared/words.ts";
import type { Failure, Stage, Track, TrackPatch } from "../../domain/tracks.ts";
import { fetchTrack, patchTrack, watchTrack } from "../tracks/client.ts";
import { change, find, type Wishes } from "./state.ts";

/** The watches that run, to be ended with their rows. */
const watches = new Map<number, () => void>();

/** Ends following; the server goes on. */
export function stopWork(id: number): void {
  watches.get(id)?.();
  watches.delete(id);
}

/** Brings a track in line with what was asked for meanwhile; returns it as it is then. */
export async function grant(track: Track, wishes: Wishes): Promise<Track> {
  const { title, visibility, downloadable } = wishes;
  const patch: TrackPatch = {
    ...(title && title !== track.title && { title }),
    ...(visibility !== track.visibility && { visibility }),
    ...(downloadable !== track.downloadable && { downloadable }),
  };
  return Object.keys(patch).length > 0 ? await patchTrack(track.id, patch) : track;
}

/** Follows the server's work on a track until it ends. */
export function work(id: number, track: Track): void {
  change(id, { standing: { kind: "working", track } });
  const stages = new Set<Stage>();
  const merge = (part: Partial<Track>) => {
    const standing = find(id)?.standing;
    if (standing?.kind !== "working") return;
    change(id, { standing: { kind: "working", track: { ...standing.track, ...part } } });
  };
  const stop = watchTrack(track.id, ({ stage, percent, status, failure }) => {
    merge({ stage, percent, status });
    if (status === "ready" || status === "failed") {
      stopWork(id);
      return void conclude(id, track, failure);
    }
    const standing = find(id)?.standing;
    // the waveform comes between two stages
    const drawn = standing?.kind === "working" && standing.track.waveformUrl !== null;
    const isNew = stage !== null && !stages.has(stage);
    if (!stage || (!isNew && (stage !== "playable" || drawn))) return;
    stages.add(stage);
    fetchTrack(track.id).then((fresh) => {
      const { waveformUrl, streamUrl, durationMs, title } = fresh;
      merge({ waveformUrl, streamUrl, durationMs, title });
      if (isNew && streamUrl && stage === "playable") announce(t().upload.playableSay(title));
    }, () => {
      // the next stage, or the end, brings the same
    });
  });
  watches.set(id, stop);
}

async function conclude(id: number, known: Track, failure: Failure | null): Promise<void> {
  const track = await fetchTrack(known.id).catch(() => known);
  const reason = track.failure ?? failure;
  if (!reason) {
    change(id, { standing: { kind: "done", track } });
    return announce(t().upload.readySay(track.title));
  }
  const message = sayProblem(reason.code, reason.detail);
  change(id, { standing: { kind: "failed", message, track, again: false, sent: 0 } });
  announce(t().upload.failedSay(track.title));
}
