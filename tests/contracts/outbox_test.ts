/** What stores tell by domain events, in the transaction of the change (A21). */
import { deepEqual, equal, notEqual, rejects } from "node:assert/strict";
import { jobStore } from "../../db/jobs.ts";
import type { Sql } from "../../db/open.ts";
import { sessionStore } from "../../db/sessions.ts";
import { trackStore } from "../../db/tracks.ts";
import { uploadSteps } from "../../db/upload_steps.ts";
import { uploadStore } from "../../db/uploads.ts";
import { userStore } from "../../db/users.ts";
import { versionStore } from "../../db/versions.ts";
import type { EventMetadata } from "../../domain/events.ts";
import { newId } from "../../services/ids.ts";
import { someName } from "../support/client.ts";
import { testDatabase } from "../support/database.ts";

const CAUSE: EventMetadata = { correlationId: "request-1", causationId: null, userAgent: "test/1" };
const SAID = {
  title: "T",
  artist: "A",
  genre: "",
  description: "",
  visibility: "public",
  downloadable: true,
} as const;

/** All that a change here may touch; `events` beside it. */
const TABLES = ["users", "sessions", "refresh_tokens", "tracks", "uploads", "jobs", "erasures"];

/** A database with an account, and all that tells. */
async function place() {
  const database = await testDatabase();
  const { sql } = database;
  const users = userStore(sql);
  const uploads = uploadStore(sql);
  const steps = uploadSteps(sql);
  const person = () => {
    const username = someName();
    const email = `${username}@example.org`;
    const rest = { displayName: username, passwordHash: "x", status: "active" } as const;
    return { id: newId(), username, email, ...rest };
  };
  const { id: userId } = await users.create(person());
  const file = (trackId: string) => {
    const id = newId();
    return {
      ...{ id, trackId, userId, jobId: newId(), filename: "a.wav", bytes: 5, sha256: id },
      ...{ blobKey: `originals/${id}`, limitBytes: null, cause: CAUSE },
    };
  };
  const track = async () => {
    const upload = { ...file(newId()), ...SAID };
    await uploads.create(upload);
    return upload;
  };
  /** A track whose newest upload is worked on: what saves the end of it. */
  const atWork = async () => {
    await sql`update jobs set status = 'done'`;
    const { id, trackId } = await track();
    const { attempt } = (await jobStore(sql).claim("w"))!;
    const { epoch } = (await steps.open(id))!;
    const end = (change: Parameters<typeof steps.save>[3]) =>
      steps.save(id, epoch, { attempt, from: ["running"] }, change);
    return { id, trackId, end };
  };
  return {
    ...{ sql, users, userId, person, uploads, file, track, atWork },
    sessions: sessionStore(sql),
    tracks: trackStore(sql),
    versions: versionStore(sql),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

type Place = Awaited<ReturnType<typeof place>>;

/** Each change that is told: what prepares it, and the types of its events. */
const CHANGES: Readonly<
  Record<string, {
    readonly prepare: (at: Place) => Promise<() => Promise<unknown>>;
    readonly tells: readonly string[];
  }>
> = {
  "an account is made": {
    prepare: ({ users, person }) => {
      const wanted = person();
      return Promise.resolve(() => users.create(wanted, CAUSE));
    },
    tells: ["auth.user.registered.v1"],
  },
  "a password is changed": {
    prepare: async ({ sessions, users, userId }) => {
      const rest = { kind: "token", secretHash: null, remember: false } as const;
      const expiresAt = new Date(Date.now() + 60_000);
      const session = { id: newId(), userId, userAgent: null, address: null, expiresAt, ...rest };
      await sessions.create(session, null);
      return () => users.changePassword(userId, "another", { cause: CAUSE });
    },
    tells: ["auth.password.changed.v1"],
  },
  "somebody signs in": {
    prepare: ({ sessions, userId }) => {
      const session = {
        ...{ id: newId(), userId, kind: "token", secretHash: null, remember: false } as const,
        ...{ userAgent: null, address: null, expiresAt: new Date(Date.now() + 60_000) },
      };
      return Promise.resolve(() => sessions.create(session, new Uint8Array(32), CAUSE));
    },
    tells: ["auth.user.logged-in.v1"],
  },
  "a track is uploaded": {
    prepare: ({ uploads, file }) => {
      const upload = { ...file(newId()), ...SAID };
      return Promise.resolve(() => uploads.create(upload));
    },
    tells: ["files.file.uploaded.v1", "streaming.track.uploaded.v1"],
  },
  "a version is uploaded": {
    prepare: async ({ uploads, file, track }) => {
      const version = file((await track()).trackId);
      return () => uploads.addVersion(version);
    },
    tells: ["files.file.uploaded.v1"],
  },
  "all is made of an upload": {
    prepare: async ({ atWork }) => {
      const { end } = await atWork();
      return () => end({ status: "done", durationMs: 5, shows: "ready", job: { status: "done" } });
    },
    tells: ["files.file.processed.v1", "streaming.track.processed.v1"],
  },
  "an upload fails": {
    prepare: async ({ atWork }) => {
      const { end } = await atWork();
      const failure = { code: "corrupt", detail: "why" } as const;
      return () => end({ status: "failed", failure, shows: "failed", job: { status: "dead" } });
    },
    tells: ["files.file.failed.v1"],
  },
  "a track is played": {
    prepare: async ({ tracks, track, userId }) => {
      const { trackId } = await track();
      return () => tracks.countPlay(trackId, userId, CAUSE);
    },
    tells: ["streaming.track.played.v1"],
  },
  "a version is deleted": {
    prepare: async ({ uploads, versions, file, atWork }) => {
      const { trackId, end } = await atWork();
      await end({ status: "done", shows: "ready", job: { status: "done" } });
      const version = file(trackId);
      await uploads.addVersion(version);
      return () => versions.remove(trackId, version.id, CAUSE);
    },
    tells: ["files.file.deleted.v1"],
  },
  "a track is deleted": {
    prepare: async ({ tracks, uploads, file, track }) => {
      const { trackId } = await track();
      await uploads.addVersion(file(trackId));
      return () => tracks.remove(trackId, CAUSE);
    },
    tells: ["streaming.track.deleted.v1", "files.file.deleted.v1", "files.file.deleted.v1"],
  },
};

/** A fingerprint of all rows of these tables. */
async function rowsOf(sql: Sql, tables: readonly string[]): Promise<string> {
  const prints = await Promise.all(tables.map(async (table) => {
    const [row] = await sql<{ print: string }[]>`
      select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as print
      from ${sql(table)} as t`;
    return row?.print;
  }));
  return prints.join();
}

/** Has every write to these tables fail: at once, or when its transaction commits. */
async function breaking(sql: Sql, tables: readonly string[], at: "once" | "commit") {
  await sql.unsafe(`create or replace function refuse() returns trigger language plpgsql as
    $$ begin raise exception 'it breaks here'; end $$`);
  const on = "insert or update or delete on";
  for (const table of tables) {
    await sql.unsafe(
      at === "once"
        ? `create trigger broken before ${on} ${table} for each row execute function refuse()`
        : `create constraint trigger broken after ${on} ${table}
           deferrable initially deferred for each row execute function refuse()`,
    );
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const table of tables) await sql.unsafe(`drop trigger broken on ${table}`);
    },
  };
}

Deno.test("[A21] event and change stand or fall together, whichever of them fails", async (t) => {
  await using at = await place();
  const { sql } = at;
  for (const [name, { prepare, tells }] of Object.entries(CHANGES)) {
    await t.step(name, async () => {
      const change = await prepare(at);
      await sql`delete from events`;
      const before = await rowsOf(sql, TABLES);
      {
        await using _broken = await breaking(sql, ["events"], "once");
        await rejects(change(), /it breaks here/);
        equal(await rowsOf(sql, TABLES), before, "a change that is not told is none");
      }
      {
        await using _broken = await breaking(sql, TABLES, "commit");
        await rejects(change(), /it breaks here/);
        equal((await sql`select from events`).length, 0, "what is told has happened");
        equal(await rowsOf(sql, TABLES), before);
      }
      await change();
      notEqual(await rowsOf(sql, TABLES), before);
      const told = await sql<{ type: string; correlation: string }[]>`
        select event_type as type, metadata ->> 'correlationId' as correlation
        from events order by id`;
      deepEqual(told.map(({ type }) => type), tells);
      deepEqual(new Set(told.map(({ correlation }) => correlation)), new Set(["request-1"]));
    });
  }
});

Deno.test("[A21] where nothing changes nothing is told", async () => {
  await using at = await place();
  const { sql, users, tracks, versions, uploads, person, file, track, atWork } = at;
  const taken = person();
  await users.create(taken);
  const { trackId } = await track();
  const work = await atWork();
  const done = { status: "done", shows: "ready", job: { status: "done" } } as const;
  equal(await work.end(done), true);
  const version = file(work.trackId);
  await uploads.addVersion(version);
  await Promise.all([1, 2, 3].map(() => versions.remove(work.trackId, version.id)));
  await Promise.all([1, 2, 3].map(() => tracks.remove(trackId)));
  const count = async (type: string) =>
    (await sql`select from events where event_type = ${type}`).length;
  equal(await count("streaming.track.deleted.v1"), 1, "three wanted it deleted at once");
  equal(await count("files.file.deleted.v1"), 2, "its one file, and the version");

  await sql`delete from events`;
  await rejects(users.create({ ...person(), email: taken.email }));
  equal(await work.end(done), false, "the job has ended");
  equal(await users.changePassword(newId(), "x"), false);
  await tracks.countPlay(trackId, null);
  await tracks.remove(trackId);
  await versions.remove(work.trackId, version.id);
  deepEqual(await sql`select event_type from events`, []);
});

Deno.test("[A20] a version that is whole while the track shows another makes no track ready", async () => {
  await using at = await place();
  const { sql, uploads, file, atWork } = at;
  const first = await atWork();
  await first.end({ status: "done", shows: "ready", job: { status: "done" } });
  const version = file(first.trackId);
  await uploads.addVersion(version);
  const { attempt } = (await jobStore(sql).claim("w"))!;
  const steps = uploadSteps(sql);
  const { epoch } = (await steps.open(version.id))!;
  const save = (change: Parameters<typeof steps.save>[3]) =>
    steps.save(version.id, epoch, { attempt, from: ["running"] }, change);
  await save({ mediaKey: "m", shows: "playable" });
  await versionStore(sql).makeCurrent(first.trackId, first.id); // its owner wants the old one
  await sql`delete from events`;
  await save({ status: "done", shows: "ready", job: { status: "done" } });
  const told = await sql<{ type: string }[]>`select event_type as type from events`;
  deepEqual(told.map(({ type }) => type), ["files.file.processed.v1"]);
});

Deno.test("[S13] with an account goes what events tell of it", async () => {
  await using at = await place();
  const { sql, users, userId, tracks, person, track } = at;
  const other = person();
  await users.create(other);
  const { trackId } = await track();
  await tracks.countPlay(trackId, other.id);
  equal(await users.remove(userId), true);
  const left = await sql<{ type: string; data: unknown }[]>`
    select event_type as type, data from events order by id`;
  deepEqual([...left], [
    { type: "auth.user.registered.v1", data: { username: other.username, status: "active" } },
    { type: "streaming.track.played.v1", data: { listenerId: other.id } },
  ]);
});
