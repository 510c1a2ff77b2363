/** A disk that fills: 507, nothing partial, the rest of the site well, and on when there is room. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, PASSWORD, register, upload, waitForTrack } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { smallDisk } from "../support/small_disk.ts";
import { visit } from "../support/watch.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** A node whose DATA_DIR is on a small disk; its database is elsewhere, as large sites have it. */
async function smallSite() {
  await using owned = new AsyncDisposableStack();
  const database = owned.use(await testDatabase());
  const server = owned.use(cuttable(`${database.socketDir}/.s.PGSQL.5432`));
  const disk = owned.use(await smallDisk(48 * MIB));
  const node = owned.use(
    await startNode({
      dataDir: disk.path,
      prefix: disk.prefix,
      env: { DATABASE_URL: `postgres://veza@127.0.0.1:${server.port}/${database.name}` },
    }),
  );
  const anna = await register(node.url);
  const token = anna.accessToken;
  const first = await upload(node.url, token, await song("mp3", 4));
  const other = await waitForTrack(node.url, first.body.track.id, ["ready"]);

  /** What DATA_DIR has of media, finished or not. */
  const files = async () => {
    const root = disk.inside(node.pid);
    const all = [...await filesBelow(`${root}/media`), ...await filesBelow(`${root}/work`)];
    return all.map((path) => path.slice(root.length + 1));
  };
  const listed = async () => {
    const path = `/api/v1/users/${anna.user.id}/tracks?limit=100`;
    const { body } = await ask<{ items: Track[] }>(node.url, path, { token });
    return body.items.map(({ id }) => id).sort();
  };
  /** Somebody who signs in, looks around and listens to the other track. */
  const listener = () =>
    visit({
      readyz: async () => equal((await ask(node.url, "/readyz")).status, 200),
      "sign in": async () => {
        const json = { login: anna.user.username, password: PASSWORD };
        equal((await ask(node.url, "/api/v1/auth/login", { json })).status, 200);
      },
      list: async () => ok((await listed()).includes(other.id)),
      play: async () => {
        const from = (url: string, text: string, line: RegExp) =>
          new URL(line.exec(text)?.[0] ?? "", new URL(url, node.url)).href;
        const master = await ask<string>(node.url, other.streamUrl!);
        const playlist = from(other.streamUrl!, master.body, /^[^#].*$/m);
        const media = await ask<string>("", playlist);
        const segment = await fetch(from(playlist, media.body, /^seg-.*$/m));
        equal(segment.status, 200);
        ok((await segment.bytes()).length > 10_000);
      },
    });
  const kept = owned.move();
  return {
    node,
    token,
    files,
    listed,
    listener,
    /** Takes all space but `leave` bytes. */
    fill: (leave: number) => disk.fill(node.pid, leave),
    /** Gives it back. */
    empty: () => disk.empty(node.pid),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

Deno.test("[U3] disk full: 507, nothing partial, the site goes on, and it works when there is room", async () => {
  await using site = await smallSite();
  const { node, token, files, listed } = site;
  const bytes = await song("wav", 20); // 3.5 MB
  await site.fill(MIB);
  const before = [await files(), await listed()];
  const listening = site.listener();
  const answers = await Promise.all(
    [1, 2, 3].map((n) => upload(node.url, token, bytes, { name: `full ${n}.wav` })),
  );
  for (const answer of answers) {
    const { code } = answer.body as unknown as { code: string };
    deepEqual([answer.status, code], [507, "disk_full"]);
  }
  deepEqual([await files(), await listed()], before, "something was left");
  await listening.leave();

  await site.empty();
  const { status, body } = await upload(node.url, token, bytes, { name: "room.wav" });
  equal(status, 202);
  equal((await waitForTrack(node.url, body.track.id, ["ready", "failed"])).failure, null);
});

Deno.test("[A16] a disk that fills while it transcodes: it waits, and ends well when there is room", async () => {
  await using site = await smallSite();
  const { node, token, files } = site;
  const bytes = await song("wav", 20);
  // the original fits, and a part of what is made of it
  await site.fill(bytes.length + 400 * KIB);
  const listening = site.listener();
  const { status, body } = await upload(node.url, token, bytes, { name: "tight.wav" });
  equal(status, 202);
  const { id } = body.track;
  const now = async () => (await ask<Track>(node.url, `/api/v1/tracks/${id}`)).body;
  await until("the measuring", async () => (await now()).loudness !== null);
  // long enough for more attempts than failures are allowed
  for (const end = performance.now() + 8_000; performance.now() < end;) {
    const { status, failure } = await now();
    ok(status === "processing" || status === "playable", `${status}: ${JSON.stringify(failure)}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await listening.leave();

  await site.empty();
  const track = await waitForTrack(node.url, id, ["ready", "failed"], { ms: 60_000 });
  equal(track.failure, null);
  const master = await ask<string>(node.url, track.streamUrl!);
  equal(master.body.match(/EXT-X-STREAM-INF/g)?.length, 5);
  // what the attempts before made is gone, but for the one that is played
  const mine = (await files()).filter((path) => path.includes(id));
  const attempts = new Set(mine.map((path) => path.split("/")[4]));
  attempts.delete("original");
  equal(attempts.size, 1, mine.join("\n"));
  deepEqual((await files()).filter((path) => /^work\/|\.tmp\//.test(path)), []);
});
