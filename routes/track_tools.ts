/** What the pages of a track ask for beside showing it: files, cover and versions. */
import type { VersionStore } from "../db/versions.ts";
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { TrackCovers } from "../media/track_covers.ts";
import type { Catalogue } from "./catalogue.ts";
import { receiveCover } from "./covers.ts";
import type { MediaAccess } from "./media_access.ts";
import type { TrackTools } from "./pages/site.ts";
import type { Receiver } from "./receive.ts";
import type { TrackDownloads } from "./track_downloads.ts";

/** So many versions are shown; who has more knows the interface for programs. */
const SHOWN = { limit: 50 } as const;

export function trackTools(
  { catalogue, access, files, covers, versions, discardVersion, receiver }: {
    catalogue: Catalogue;
    access: MediaAccess;
    files: TrackDownloads;
    covers: TrackCovers;
    versions: Pick<VersionStore, "list" | "makeCurrent">;
    discardVersion: (trackId: string, id: string, cause: EventMetadata) => Promise<void>;
    receiver: Receiver;
  },
): TrackTools {
  return {
    async download(id, wanted, viewer) {
      const track = await catalogue.get(viewer, id);
      if (!await files.get(viewer, track, wanted)) return null;
      const { streamUrl } = await access.represent(viewer, track);
      const query = new URLSearchParams({ format: wanted.format });
      if (wanted.bitrate !== undefined) query.set("bitrate", String(wanted.bitrate));
      const token = streamUrl && URL.parse(streamUrl, "http://veza.invalid")?.searchParams.get("t");
      if (token) query.set("t", token);
      // not through a CDN, which would not know who asks
      return `/api/v1/tracks/${id}/download?${query}`;
    },
    async setCover(id, request, viewer) {
      const track = await catalogue.editable(viewer, id);
      await receiveCover(request, () => covers.writer(track.id));
    },
    async removeCover(id, viewer) {
      await covers.remove((await catalogue.editable(viewer, id)).id);
    },
    async versions(id, viewer) {
      const track = await catalogue.editable(viewer, id);
      return (await versions.list(track.id, SHOWN)).items;
    },
    async addVersion(id, request, viewer, cause) {
      const track = await catalogue.editable(viewer, id);
      await receiver.receive(request, viewer, { cause, versionOf: track.id });
    },
    async makeVersionCurrent(id, versionId, viewer) {
      const track = await catalogue.editable(viewer, id);
      if (await versions.makeCurrent(track.id, versionId)) return;
      throw new Rejection("conflict", "This version is not ready to be heard");
    },
    async removeVersion(id, versionId, viewer, cause) {
      await discardVersion((await catalogue.editable(viewer, id)).id, versionId, cause);
    },
  };
}
