/** Where the files of a node lie: the blobs on disk or in S3, and the scratch beside them (U13). */
import type { Config } from "../config.ts";
import { type Blobs, diskBlobs } from "../media/blobs.ts";
import { s3Blobs } from "../media/blobs_s3.ts";
import type { Log } from "../services/log.ts";

export interface Storage {
  readonly blobs: Blobs;
  /** Scratch on this machine, on the file system of the blobs where these are on disk. */
  readonly workDir: string;
}

/** @param alone nobody else works in DATA_DIR: what a dead process left half done is removed */
export async function storageOf(
  { config, alone, log }: { config: Config; alone: boolean; log: Log },
): Promise<Storage> {
  const { dataDir, s3 } = config;
  const workDir = `${dataDir}/work`;
  if (alone) { for (const left of [workDir, `${dataDir}/media/.tmp`]) await removeTree(left); }
  const blobs = s3
    ? s3Blobs({ ...s3, warn: (message) => log.warn(message) })
    : diskBlobs(`${dataDir}/media`);
  return { blobs, workDir };
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
