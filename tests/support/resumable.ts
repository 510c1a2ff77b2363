/** Nodes that take resumable uploads, without their HTTP: on one database and one folder, as many as wanted. */
import { resumableStore } from "../../db/resumable.ts";
import type { Viewer } from "../../domain/auth.ts";
import type { Rejection } from "../../domain/errors.ts";
import type { Blobs } from "../../media/blobs.ts";
import { uploadHolds } from "../../media/upload_holds.ts";
import { type Incoming, uploadPieces } from "../../media/upload_pieces.ts";
import type { Intake, Place } from "../../routes/intake.ts";
import { resumableUploads } from "../../routes/resumable_uploads.ts";
import type { TestDatabase } from "./database.ts";
import { storageUnderTest } from "./storage.ts";

type User = Viewer & { kind: "user" };

/** Gives these bytes, then waits for `more`, and ends. */
export function sending(bytes: Uint8Array, more: Promise<unknown> = Promise.resolve()): Incoming {
  let given = false;
  return {
    async read() {
      if (!given) return given = true, bytes;
      await more;
      return null;
    },
    cancel: () => Promise.resolve(),
  };
}

/** One node, with its own memory of everything. Dispose of it after its database is done with. */
export function resumableNode(
  { sql, dir, blobs, quotaBytes = null, keepMs = 60_000, now = Date.now, accept }: {
    sql: TestDatabase["sql"];
    /** Shared by the nodes. */
    dir: string;
    blobs: Blobs;
    quotaBytes?: number | null;
    keepMs?: number;
    now?: () => number;
    /** Instead of what the intake does at the end, which is passed. */
    accept?: (
      really: Intake["accept"],
      ...received: Parameters<Intake["accept"]>
    ) => ReturnType<Intake["accept"]>;
  },
) {
  const storage = storageUnderTest({ sql, blobs, quotaBytes });
  const warnings: string[] = [];
  const rows = resumableStore(sql);
  const { intake } = storage;
  const uploads = resumableUploads({
    rows,
    pieces: uploadPieces(`${dir}/uploads`),
    holds: uploadHolds(),
    blobs,
    intake: accept ? { ...intake, accept: (received) => accept(intake.accept, received) } : intake,
    keepMs,
    warn: (message) => void warnings.push(message),
    now,
  });
  return {
    storage,
    rows,
    uploads,
    warnings,
    async create(user: User, length: number): Promise<Place> {
      const place = intake.place();
      await uploads.create(user, place, { length, metadata: { filename: "a.wav" } });
      return place;
    },
    async append(id: string, offset: number, source: Incoming): Promise<number> {
      using hold = await uploads.holds.take(id);
      const open = () => uploads.open(id);
      return await uploads.pieces.append({ id, offset, source, open }, hold);
    },
  };
}

/** The code of a refusal, or `ok`; for what happens at once. */
export const outcome = (work: Promise<unknown>): Promise<string> =>
  work.then(() => "ok", (error: Rejection) => error.code ?? String(error));
