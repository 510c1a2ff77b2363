/** A recording whose disk fills while its host is on air: nobody loses anything (L7). */
import { equal, ok } from "node:assert/strict";
import type { LiveStats, LiveView } from "../../domain/live.ts";
import { ask } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { liveProbe, sequenceOf } from "../support/live.ts";
import { goLive, hostOf, makeStream, opusTone, packetsIn } from "../support/live_host.ts";
import { original, partsOf, recordingOf, samePackets, stopStream } from "../support/live_replay.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { smallDisk } from "../support/small_disk.ts";

const MIB = 1024 ** 2;

Deno.test("[L7] a disk that fills on air: all is heard, the host is told, and nothing is lost", async () => {
  await using database = await testDatabase();
  await using server = cuttable(`${database.socketDir}/.s.PGSQL.5432`);
  await using disk = await smallDisk(48 * MIB);
  const DATABASE_URL = `postgres://veza@127.0.0.1:${server.port}/${database.name}`;
  await using node = await startNode({
    ...{ dataDir: disk.path, prefix: disk.prefix, env: { DATABASE_URL } },
  });
  const { url } = node;
  const root = disk.inside(node.pid);
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const packets = await opusTone(14);
  const { id } = await makeStream(url, token, { title: "Tight", record: true });
  const take = async () =>
    (await ask<LiveView>(url, `/api/v1/live/${id}`, { token })).body.recordingState;
  const health = async () =>
    (await ask<LiveStats>(url, `/api/v1/live/${id}/stats`, { token })).body.recording;
  {
    await using live = await goLive(url, token, id);
    await using listener = await liveProbe(url, id, "listen");
    const tells = (state: string) =>
      until(`the host is told ${state}`, async () => {
        const told = live.said.filter(({ action }) => action === "recording");
        return told.at(-1)?.data.state === state && await health() === state;
      });
    const playing = live.play(packets);
    await until("a first part", async () => (await partsOf(root, id)).length > 0);
    equal(await take(), "open");

    await disk.fill(node.pid, 0);
    await tells("interrupted");
    ok((await partsOf(root, id)).length >= 1, "what was there is kept");
    const before = listener.frames().length;
    await until(
      "three seconds more are heard", // as long as two parts
      () => Promise.resolve(listener.frames().length > before + 150),
    );
    await disk.empty(node.pid);
    await tells("recording");

    await playing;
    await until(
      "the last is heard",
      () => Promise.resolve(sequenceOf(listener.frames().at(-1)!) === packets.length - 1),
    );
    const heard = listener.frames().map(sequenceOf);
    ok(heard.every((value, n) => n === 0 || value === heard[n - 1]! + 1), "a frame is missing");
    await stopStream(url, anna, id);
  }
  const track = await recordingOf(url, anna, id);
  samePackets(packetsIn(await original(url, anna, track.id)), packets);
  equal(await take(), "done");
});
