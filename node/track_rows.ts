/** The rows of tracks for a node: through a cache, and everything that changes them tells it (O7). */
import { coverStore } from "../db/covers.ts";
import type { Sql } from "../db/open.ts";
import { trackStore } from "../db/tracks.ts";
import { uploadSteps } from "../db/upload_steps.ts";
import { uploadStore } from "../db/uploads.ts";
import { versionStore } from "../db/versions.ts";
import type { StoredTrack } from "../domain/tracks.ts";
import { memoryCache } from "../services/cache.ts";

/** O7's time for a track, in ms. */
const KEEP_MS = 15 * 60_000;
/** What all kept tracks may weigh together, in bytes. */
const MOST_BYTES = 16 * 1024 ** 2;
/** What a track weighs beside its description, in bytes: as seen in V8's heap, with its JSON. */
const BYTES_OF_ONE = 4_096;
/** Two bytes a character, in the row and in its JSON. */
const weigh = (track: StoredTrack | null) => BYTES_OF_ONE + 4 * (track?.description.length ?? 0);

/**
 * The stores of tracks and of what they are made of. Kept is the row, never who may see it: that is
 * decided at each request.
 *
 * @param alone nobody else changes these rows. Else tracks are not kept, for a visibility that
 * another node has changed has to hold here at once
 */
export function trackRows({ sql, alone }: { sql: Sql; alone: boolean }) {
  const cache = memoryCache<StoredTrack | null>({
    keepMs: alone ? KEEP_MS : 0,
    most: MOST_BYTES,
    weigh,
  });
  /** Whatever comes of `work`, it may have changed the track. */
  const changing = async <T>(id: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } finally {
      await cache.forget(id);
    }
  };
  const tracks = trackStore(sql);
  const uploads = uploadStore(sql);
  const versions = versionStore(sql);
  const covers = coverStore(sql);
  const steps = uploadSteps(sql);
  return {
    /** To be told of a change that came by another way. */
    forget: cache.forget,
    tracks: {
      ...tracks,
      byId: (id) => cache.get(id, () => tracks.byId(id)),
      update: (id, ...rest) => changing(id, tracks.update(id, ...rest)),
      countPlay: (id, ...rest) => changing(id, tracks.countPlay(id, ...rest)),
      remove: (id, ...rest) => changing(id, tracks.remove(id, ...rest)),
    } satisfies typeof tracks,
    uploads: {
      ...uploads,
      addVersion: (version, ...rest) =>
        changing(version.trackId, uploads.addVersion(version, ...rest)),
    } satisfies typeof uploads,
    versions: {
      ...versions,
      makeCurrent: (trackId, ...rest) => changing(trackId, versions.makeCurrent(trackId, ...rest)),
    } satisfies typeof versions,
    covers: {
      ...covers,
      choose: (trackId, ...rest) => changing(trackId, covers.choose(trackId, ...rest)),
      bring: (trackId, ...rest) => changing(trackId, covers.bring(trackId, ...rest)),
    } satisfies typeof covers,
    /** A step is saved by an upload's id alone: the actor that saves it tells the track by `forget`. */
    steps: {
      ...steps,
      async open(id, ...rest) { // again after a step of which nobody knows whether it was saved
        const opened = await steps.open(id, ...rest);
        if (opened) await cache.forget(opened.trackId);
        return opened;
      },
    } satisfies typeof steps,
  };
}

export type TrackRows = ReturnType<typeof trackRows>;
