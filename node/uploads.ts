/** Uploads that come in pieces: their rows, and their bytes on this machine's disk. */
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { resumableStore } from "../db/resumable.ts";
import type { Blobs } from "../media/blobs.ts";
import { uploadHolds } from "../media/upload_holds.ts";
import { uploadPieces } from "../media/upload_pieces.ts";
import type { Intake } from "../routes/intake.ts";
import { type ResumableUploads, resumableUploads } from "../routes/resumable_uploads.ts";
import type { Log } from "../services/log.ts";

/** Keeps what has come in DATA_DIR/uploads, also where the blobs are in S3. */
export const resumableOf = ({ config, sql, blobs, intake, closing, log }: {
  config: Config;
  sql: Sql;
  blobs: Blobs;
  intake: Intake;
  closing: AbortSignal;
  log: Log;
}): ResumableUploads =>
  resumableUploads({
    rows: resumableStore(sql),
    pieces: uploadPieces(`${config.dataDir}/uploads`),
    holds: uploadHolds({ closing }),
    blobs,
    intake,
    keepMs: config.uploadKeepSeconds * 1_000,
    warn: (message, details) => log.warn(message, details),
  });
