/** Where the files of a node lie: the blobs on disk or in S3, and the scratch beside them (U13). */
import type { Config } from "../config.ts";
import { type Blobs, diskBlobs } from "../media/blobs.ts";
import { removeUntouched } from "../media/files.ts";
import type { Log } from "../services/log.ts";

/** Scratch that nothing was written to for so long is a dead process's, in ms. */
const UNTOUCHED_MS = 24 * 3_600_000;
const SWEEP_EVERY_MS = 3_600_000;

export interface Storage {
  readonly blobs: Blobs;
  /** Scratch on this machine, on the file system of the blobs where these are on disk. */
  readonly workDir: string;
  /** Removes, once an hour, the scratch that other nodes on this DATA_DIR left when they died. */
  sweep(): Promise<void>;
}

/** @param alone nobody else works in DATA_DIR: what a dead process left half done is removed */
export async function storageOf(
  { config, alone, log }: { config: Config; alone: boolean; log: Log },
): Promise<Storage> {
  const { dataDir, s3 } = config;
  const workDir = `${dataDir}/work`;
  if (alone) { for (const left of [workDir, `${dataDir}/media/.tmp`]) await removeTree(left); }
  const blobs = s3
    // loaded where it is used: a node without S3 need not hold it (P10)
    ? (await import("../media/blobs_s3.ts")).s3Blobs({
      ...s3,
      warn: (message) => log.warn(message),
    })
    : diskBlobs(`${dataDir}/media`);
  let sweptAt = -Infinity;
  return {
    blobs,
    workDir,
    async sweep() {
      const now = Date.now();
      if (now - sweptAt < SWEEP_EVERY_MS) return;
      sweptAt = now;
      const removed = await removeUntouched(workDir, new Date(now - UNTOUCHED_MS));
      if (removed > 0) log.info("removed scratch that a dead process had left", { removed });
    },
  };
}

async function removeTree(path: string): Promise<void> {
  await Deno.remove(path, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}
