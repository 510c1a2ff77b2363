/** What downloads are made of: SQL and rows, nothing else. */
import type { Role } from "../domain/auth.ts";
import type { Sql } from "./open.ts";

/** The file that a version of a track was made of. */
export interface OriginalFile {
  readonly blobKey: string;
  /** As the client named it. */
  readonly filename: string;
  /** The present roles of who uploaded it. */
  readonly ownerRoles: readonly Role[];
}

export const downloadStore = (sql: Sql) => ({
  /** The original of an upload; null when the upload is gone. */
  async originalOf(uploadId: string): Promise<OriginalFile | null> {
    const [row] = await sql<OriginalFile[]>`
      select blob_key as "blobKey", filename, users.roles as "ownerRoles"
      from uploads join users on users.id = user_id where uploads.id = ${uploadId}`;
    return row ?? null;
  },
});

export type DownloadStore = ReturnType<typeof downloadStore>;
