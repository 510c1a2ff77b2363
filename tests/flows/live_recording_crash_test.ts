/** A recording against the clock: what a kill -9 at any moment costs of it (L7). */
import { equal, ok } from "node:assert/strict";
import { ffmpegMakes } from "../support/audio.ts";
import { lateness } from "../support/lateness.ts";
import { goLive, hostOf, makeStream, type OnAir, packetsIn } from "../support/live_host.ts";
import { original, recordingOf, samePackets, stopStream } from "../support/live_replay.ts";
import { startNode } from "../support/node.ts";
import { seeded } from "../support/seeded.ts";

/** What a crash may cost, in ms. Source: L7. */
const LOST_MS = 2_000;
/**
 * Streams that are recorded when it comes, one begun after the other in so many ms: over more than
 * {@linkcode LOST_MS}, so that parts that are too long cannot all be lucky.
 */
const STREAMS = 4;
const APART_MS = { least: 670, most: 820 } as const;

/** Noise, so that each packet is another: a packet in a file tells when it was sent. */
async function marked(seconds: number): Promise<Uint8Array[]> {
  const sound = `anoisesrc=r=48000:a=0.3:seed=7:d=${seconds}`;
  const packets = packetsIn(
    await ffmpegMakes("opus", ["-f", "lavfi", "-i", sound, "-c:a", "libopus", "-b:a", "64k"]),
  );
  equal(new Set(packets.map((packet) => packet.toBase64())).size, packets.length);
  return packets;
}

Deno.test("[L7] killed at any moment, a recording has all that was sent until two seconds before", async () => {
  const seed = Number(Deno.env.get("SEED") ?? Date.now() % 1_000_000);
  const random = seeded(seed);
  await using node = await startNode();
  const anna = await hostOf(node.url);
  const token = anna.accessToken;
  const packets = await marked(20);
  const hosts: { id: string; live: OnAir; playing: Promise<void> }[] = [];
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  using late = lateness();
  for (let n = 0; n < STREAMS; n++) {
    const { id } = await makeStream(node.url, token, { title: `Cut ${n}`, record: true });
    const live = await goLive(node.url, token, id);
    hosts.push({ id, live, playing: live.play(packets) });
    await pause(APART_MS.least + random() * (APART_MS.most - APART_MS.least));
  }
  await pause(2_500 + random() * 1_500);
  const killedAt = Date.now();
  await node.kill9();
  const stall = late.take();
  await Promise.all(hosts.map(({ live, playing }) => Promise.all([live.drop(), playing])));
  await node.restart();

  for (const { id } of hosts) await stopStream(node.url, anna, id);
  const kept: string[] = [];
  for (const { id, live } of hosts) {
    const track = await recordingOf(node.url, anna, id, 60_000);
    equal(track.failure, null);
    const found = packetsIn(await original(node.url, anna, track.id));
    samePackets(found, packets.slice(0, found.length));
    const lostMs = killedAt - (live.sentAt[found.length] ?? killedAt);
    kept.push(`${found.length} packets, ${lostMs} ms lost`);
    const told = `seed ${seed}, a machine that was ${Math.round(stall)} ms late: ${
      kept.join("; ")
    }`;
    ok(lostMs <= LOST_MS + stall, told);
    ok(found.length * 20 >= 2_500 - LOST_MS, told);
  }
});
