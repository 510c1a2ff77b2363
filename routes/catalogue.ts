/** Tracks as one viewer may see, change and delete them; the REST routes and the pages share it. */
import type { Viewer } from "../domain/auth.ts";
import { demand } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import { isId } from "../domain/ids.ts";
import { mayDelete, mayEdit, maySee, type StoredTrack, type TrackPatch } from "../domain/tracks.ts";
import type { TrackStore } from "../db/tracks.ts";

export interface Catalogue {
  /** @throws {Rejection} `not_found`, also for what the viewer may not see (H3) */
  get(viewer: Viewer, id: string): Promise<StoredTrack>;
  /**
   * The track, which the viewer may change.
   *
   * @throws {Rejection} `not_found`, `forbidden`, `unauthenticated`
   */
  editable(viewer: Viewer, id: string): Promise<StoredTrack>;
  /** @throws {Rejection} `not_found`, `forbidden`, `unauthenticated` */
  update(viewer: Viewer, id: string, patch: TrackPatch): Promise<StoredTrack>;
  /** @throws {Rejection} `not_found`, `forbidden`, `unauthenticated` */
  remove(viewer: Viewer, id: string, cause: EventMetadata): Promise<void>;
}

/** @param discard stops what is being made of a track, and removes its row and all its blobs */
export function catalogue(
  { tracks, discard }: {
    tracks: TrackStore;
    discard: (trackId: string, cause: EventMetadata) => Promise<void>;
  },
): Catalogue {
  const get = async (viewer: Viewer, id: string): Promise<StoredTrack> => {
    const track = isId(id) ? await tracks.byId(id) : null;
    if (!track || !maySee(viewer, track)) throw new Rejection("not_found", `No track ${id}`);
    return track;
  };
  const editable = async (viewer: Viewer, id: string): Promise<StoredTrack> => {
    const track = await get(viewer, id);
    demand(viewer, "tracks:update-own");
    if (!mayEdit(viewer, track)) {
      throw new Rejection("forbidden", "Only its owner may change a track");
    }
    return track;
  };
  return {
    get,
    editable,
    async update(viewer, id, patch) {
      await editable(viewer, id);
      await tracks.update(id, patch);
      return await get(viewer, id);
    },
    async remove(viewer, id, cause) {
      const track = await get(viewer, id);
      demand(viewer, "tracks:delete-own");
      if (!mayDelete(viewer, track)) {
        throw new Rejection("forbidden", "Only its owner may delete a track");
      }
      await discard(id, cause);
    },
  };
}
