/** What goes out of a node as files: who may have which, and how each is made and served. */
import type { Config } from "../config.ts";
import { downloadStore } from "../db/downloads.ts";
import type { Sql } from "../db/open.ts";
import type { UserStore } from "../db/users.ts";
import type { Danger } from "../domain/safety.ts";
import { dangersFor } from "../domain/upload_rules.ts";
import { contentType } from "../media/content_types.ts";
import { contentDisposition, downloadName } from "../media/download_name.ts";
import { downloadPlan } from "../media/download_plan.ts";
import { patientDownloads } from "../media/download_wait.ts";
import { downloads } from "../media/downloads.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { withToken } from "../media/signed_playlist.ts";
import { trackCovers } from "../media/track_covers.ts";
import { resamplePeaks } from "../media/waveform.ts";
import { mediaAccess } from "../routes/media_access.ts";
import { trackDownloads } from "../routes/track_downloads.ts";
import { trackMedia } from "../routes/track_media.ts";
import { derive, siteKey } from "../services/keys.ts";
import { mediaTokens } from "../services/media_tokens.ts";
import type { Storage } from "./storage.ts";
import type { TrackRows } from "./track_rows.ts";

/** A download is waited for this long before the client is told to ask again, in ms. */
const PATIENCE_MS = 20_000;

/** Disposing ends what is being made for downloads and covers. */
export async function servingOf({ config, sql, rows, storage, ffmpeg, dangers, users }: {
  config: Config;
  sql: Sql;
  rows: TrackRows;
  storage: Storage;
  ffmpeg: Tool;
  dangers: readonly Danger[];
  users: UserStore;
}) {
  const { blobs, workDir } = storage;
  const keys = await siteKey({
    configured: config.encryptionKey,
    previous: config.encryptionKeyPrevious,
    dataDir: config.dataDir,
  });
  const tokens = await mediaTokens({
    ...await derive(keys, "media tokens"),
    lifeMs: config.mediaUrlSeconds * 1_000,
  });
  const rolesOf = async (id: string) => (await users.activeById(id))?.roles ?? null;
  const access = mediaAccess({
    tracks: rows.tracks,
    rolesOf,
    tokens,
    baseUrl: (config.mediaBaseUrl ?? "").replace(/\/+$/, ""),
  });
  const making = downloads({ blobs, ffmpeg, workDir });
  const covers = trackCovers({ blobs, ffmpeg, workDir, rows: rows.covers });
  return {
    access,
    rolesOf,
    covers,
    media: trackMedia({ blobs, contentType, withToken, resamplePeaks }),
    files: trackDownloads({
      originalOf: downloadStore(sql).originalOf,
      dangersFor: dangersFor(dangers),
      patient: patientDownloads({ downloads: making, waitMs: PATIENCE_MS }),
      plan: downloadPlan,
      name: downloadName,
    }),
    contentType,
    contentDisposition,
    async [Symbol.asyncDispose]() {
      await Promise.all([making, covers].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
