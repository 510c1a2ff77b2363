/** The storage of a node without its ffmpeg: a real database, real blobs, intake and deletion. */
import { trackStore } from "../../db/tracks.ts";
import { uploadStore } from "../../db/uploads.ts";
import { userStore } from "../../db/users.ts";
import type { Viewer } from "../../domain/auth.ts";
import { uploadRules } from "../../domain/upload_rules.ts";
import type { Blobs } from "../../media/blobs.ts";
import { cleaning } from "../../node/cleaning.ts";
import { type Accepted, intake } from "../../routes/intake.ts";
import { newId } from "../../services/ids.ts";
import { someName } from "./client.ts";
import { quiet, type TestDatabase } from "./database.ts";

/** @param quotaBytes of each account; null is without limit */
export function storageUnderTest(
  { sql, blobs, quotaBytes = null, now }: {
    sql: TestDatabase["sql"];
    blobs: Blobs;
    quotaBytes?: number | null;
    /** The collector's clock, in ms since 1970. */
    now?: () => number;
  },
) {
  const users = userStore(sql);
  const tracks = trackStore(sql);
  const uploads = uploadStore(sql);
  const log = { ...quiet, debug() {} };
  const clean = cleaning({ blobs, sql, log, ...(now && { now }) });
  const taking = intake({
    blobs,
    uploads,
    newId,
    account: (id) => users.byId(id),
    rulesOf: uploadRules({
      quotas: { user: quotaBytes },
      limits: {},
      ceiling: { maxBytes: 1e9, maxSeconds: 3_600 },
      dangers: [],
    }),
    sniff: () => Promise.resolve(),
    tags: () => Promise.resolve(null),
    begin: () => {},
    discard: clean.discard,
  });
  return {
    tracks,
    uploads,
    clean,
    intake: taking,
    [Symbol.asyncDispose]: () => clean[Symbol.asyncDispose](),
    /** A new account as a caller. */
    async account(): Promise<Viewer & { kind: "user" }> {
      const username = someName();
      const { id } = await users.create({
        id: newId(),
        email: `${username}@example.org`,
        username,
        displayName: username,
        passwordHash: "",
        status: "active",
      });
      return {
        kind: "user",
        userId: id,
        username,
        roles: ["user"],
        sessionId: newId(),
        via: "token",
      };
    },
    /** What a form does: the bytes first, then the rows. */
    async receive(userId: string, bytes: Uint8Array<ArrayBuffer>): Promise<Accepted> {
      const place = taking.place();
      const stored = await blobs.put(place.blobKey, bytes);
      return await taking.accept({ ...place, ...stored, userId, filename: "a.wav", fields: {} });
    },
    /** What `DELETE tracks/{id}` does; whether the track was there. */
    async remove(trackId: string): Promise<boolean> {
      const places = await tracks.remove(trackId);
      await clean.erase(places ?? []);
      return places !== null;
    },
  };
}
