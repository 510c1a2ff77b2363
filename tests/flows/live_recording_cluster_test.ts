/** A recording whose host's node dies: another one makes the track (L7, L9). */
import { ok } from "node:assert/strict";
import { clusterBed } from "../../tasks/testbed/bed.ts";
import { goLive, hostOf, makeStream, opusTone, packetsIn } from "../support/live_host.ts";
import { original, partsOf, recordingOf, samePackets, stopStream } from "../support/live_replay.ts";
import { temporary, until } from "../support/processes.ts";

Deno.test("[L7] killed with its host on air, a node leaves a recording that another makes a track of", async () => {
  await using folder = await temporary();
  await Deno.chmod(folder.path, 0o711); // PostgreSQL is not root
  const wanted = { embedded: false, nodes: 2, workers: 0, limits: false };
  await using bed = await clusterBed(wanted, `${folder.path}/data`);
  const [first, second] = bed.tells.nodes;
  const tone = await opusTone(6);
  const anna = await hostOf(first!.url);
  const stream = await makeStream(second!.url, anna.accessToken, { title: "Moved", record: true });
  {
    await using live = await goLive(first!.url, anna.accessToken, stream.id);
    live.send(tone.slice(0, 200));
    await live.play(tone.slice(200));
    // a part has 75 packets; a busy machine reads them late
    const parts = () => partsOf(`${folder.path}/data`, stream.id);
    await until("all but two seconds is stored", async () => (await parts()).length >= 3);
    Deno.kill(first!.pid, "SIGKILL");
  }
  await stopStream(second!.url, anna, stream.id);
  const track = await recordingOf(second!.url, anna, stream.id, 60_000);
  const packets = packetsIn(await original(second!.url, anna, track.id));
  samePackets(packets, tone.slice(0, packets.length));
  ok(packets.length >= tone.length - 100, `${packets.length} of ${tone.length} packets`);
});
