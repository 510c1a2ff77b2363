/** Forms at once, and answers that were lost: never more than has room, never the same twice (U2, U3). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Hono } from "hono";
import { resumableStore } from "../../db/resumable.ts";
import { Rejection } from "../../domain/errors.ts";
import { type Blobs, diskBlobs } from "../../media/blobs.ts";
import type { AppEnv } from "../../routes/env.ts";
import { receiver } from "../../routes/receive.ts";
import { tusUploads } from "../../routes/tus_uploads.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { temporary } from "../support/processes.ts";
import { outcome, resumableNode } from "../support/resumable.ts";
import { storageUnderTest } from "../support/storage.ts";
import { OFFSET_STREAM, UPLOADS } from "../support/tus.ts";

const MIB = 1024 ** 2;

/** A form with a file of this size; without a length, it comes in chunks. */
function form(bytes: number, isAnnounced: boolean): Request {
  const edge = (text: string) => new TextEncoder().encode(text.replaceAll("\n", "\r\n"));
  const head = edge('--xyz\nContent-Disposition: form-data; name="file"; filename="a.wav"\n\n');
  const tail = edge("\n--xyz--\n");
  const body = ReadableStream.from((function* () {
    yield head;
    for (let left = bytes; left > 0; left -= 65_536) yield new Uint8Array(Math.min(left, 65_536));
    yield tail;
  })());
  const length = String(head.length + bytes + tail.length);
  return new Request("http://veza/api/v1/tracks", {
    method: "POST",
    body,
    headers: {
      "Content-Type": "multipart/form-data; boundary=xyz",
      ...(isAnnounced && { "Content-Length": length }),
    },
  });
}

Deno.test("[U2] forms at once write no more than the quota has room for, announced or not", async () => {
  await using folder = await temporary();
  await using database = await testDatabase();
  const disk = diskBlobs(`${folder.path}/media`);
  const open = new Set<{ readonly bytes: number }>();
  let highest = 0;
  const blobs: Blobs = {
    ...disk,
    async writer(...args) {
      const out = await disk.writer(...args);
      open.add(out);
      return {
        get bytes() {
          return out.bytes;
        },
        async write(chunk) {
          await out.write(chunk);
          highest = Math.max(highest, [...open].reduce((sum, { bytes }) => sum + bytes, 0));
        },
        commit: () => out.commit(),
        async [Symbol.asyncDispose]() {
          await out[Symbol.asyncDispose]();
          open.delete(out);
        },
      };
    },
  };
  const quotaBytes = 4 * MIB;
  await using storage = storageUnderTest({ sql: database.sql, blobs, quotaBytes });
  const { promised } = resumableStore(database.sql);
  const forms = receiver({ blobs, intake: storage.intake, promised });
  for (const isAnnounced of [true, false]) {
    const anna = await storage.account();
    highest = 0;
    const all = await Promise.all(
      Array.from({ length: 8 }, () => outcome(forms.receive(form(12 * MIB, isAnnounced), anna))),
    );
    deepEqual(new Set(all), new Set(["quota_exceeded"]));
    ok(highest <= quotaBytes + MIB, `${highest} bytes lay on the disk at once`);
    const room = await Promise.all(
      [1, 2, 3].map(() => outcome(forms.receive(form(3 * MIB, isAnnounced), anna))),
    );
    deepEqual(room.sort(), ["ok", "quota_exceeded", "quota_exceeded"].sort(), "room is given back");
  }
  deepEqual(await filesBelow(`${folder.path}/media/.tmp`), []);
});

Deno.test("[U2] a form counts what unfinished resumable uploads have announced", async () => {
  await using folder = await temporary();
  await using database = await testDatabase();
  const { sql } = database;
  const blobs = diskBlobs(`${folder.path}/media`);
  const { storage, ...node } = resumableNode({ sql, dir: folder.path, blobs, quotaBytes: 1_000 });
  await using _storage = storage;
  const anna = await storage.account();
  await node.create(anna, 1_000);
  const { promised } = resumableStore(sql);
  const forms = receiver({ blobs, intake: storage.intake, promised });
  equal(await outcome(forms.receive(form(10, true), anna)), "quota_exceeded");
});

Deno.test("[U3] POST with all bytes, and the database lost after the commit: 201 names the track", async () => {
  await using folder = await temporary();
  await using database = await testDatabase();
  const blobs = diskBlobs(`${folder.path}/media`);
  const { sql } = database;
  const { storage, rows, uploads } = resumableNode({ sql, dir: folder.path, blobs });
  await using _storage = storage;
  const anna = await storage.account();
  const { find } = rows;
  let lost = 0;
  rows.find = async (id) => {
    const row = await find(id);
    if (row?.status === "accepted" && lost++ === 0) throw new Rejection("unavailable");
    return row;
  };
  const place = storage.intake.place();
  const app = new Hono<AppEnv>()
    .use(async (c, next) => {
      c.set("viewer", anna);
      await next();
    })
    .post(UPLOADS, (c) => tusUploads(uploads).begin(c, place));
  const answer = await app.request(UPLOADS, {
    method: "POST",
    body: "song",
    headers: { "Tus-Resumable": "1.0.0", "Upload-Length": "4", "Content-Type": OFFSET_STREAM },
  });
  equal(lost > 0, true, "the answer was lost");
  equal(answer.status, 201);
  const told = ["Location", "Upload-Offset", "Veza-Track-Id"].map((name) =>
    answer.headers.get(name)
  );
  deepEqual(told, [`${UPLOADS}/${place.uploadId}`, "4", place.trackId]);
  equal((await sql`select 1 from tracks`).length, 1);
});
