/** What goes out of a node as files: who may have which, and how each is made and served. */
import type { Config } from "../config.ts";
import type { TrackStore } from "../db/tracks.ts";
import type { UserStore } from "../db/users.ts";
import { contentType } from "../media/content_types.ts";
import { withToken } from "../media/signed_playlist.ts";
import { resamplePeaks } from "../media/waveform.ts";
import { mediaAccess } from "../routes/media_access.ts";
import { trackMedia } from "../routes/track_media.ts";
import { derive, siteKey } from "../services/keys.ts";
import { mediaTokens } from "../services/media_tokens.ts";
import type { Storage } from "./storage.ts";

export async function servingOf({ config, storage, tracks, users }: {
  config: Config;
  storage: Storage;
  tracks: TrackStore;
  users: UserStore;
}) {
  const { blobs } = storage;
  const keys = await siteKey({
    configured: config.encryptionKey,
    previous: config.encryptionKeyPrevious,
    dataDir: config.dataDir,
  });
  const tokens = await mediaTokens({
    ...await derive(keys, "media tokens"),
    lifeMs: config.mediaUrlSeconds * 1_000,
  });
  const access = mediaAccess({
    tracks,
    rolesOf: async (id) => (await users.byId(id))?.roles ?? null,
    tokens,
    baseUrl: (config.mediaBaseUrl ?? "").replace(/\/+$/, ""),
  });
  return { access, media: trackMedia({ blobs, contentType, withToken, resamplePeaks }) };
}
