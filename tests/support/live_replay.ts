/** A recorded stream in whose room people talked: for tests of its replay. */
import { equal, ok } from "node:assert/strict";
import type { LiveView } from "../../domain/live.ts";
import type { Track } from "../../domain/tracks.ts";
import { ask, type Grant, waitForTrack } from "./client.ts";
import { filesBelow } from "./files.ts";
import { goLive, makeStream } from "./live_host.ts";
import { until } from "./processes.ts";
import { message, probeAs } from "./sockets.ts";

/** What is said, and how far into the stream, in ms. */
export type Line = readonly [atMs: number, text: string];

export const stopStream = async (url: string, { accessToken: token }: Grant, id: string) =>
  equal((await ask(url, `/api/v1/live/${id}/stop`, { method: "POST", token })).status, 200);

/** Waits until the stream's recording is a track, and answers with it. */
export async function recordingOf(
  url: string,
  { accessToken: token }: Grant,
  id: string,
  ms = 30_000,
): Promise<Track> {
  let trackId: string | null = null;
  await until(`${id} has become a track`, async () => {
    const { body } = await ask<LiveView>(url, `/api/v1/live/${id}`, { token });
    trackId = body.recordingTrackId;
    return trackId !== null;
  }, ms);
  return await waitForTrack(url, trackId!, ["playable", "ready", "failed"], { token, ms: 60_000 });
}

/**
 * Plays `packets` as a stream, of which the host loses the connection for `awayMs` after `before` of
 * them, while `lines` are said in its room. Answers with its recording, and between which times, in
 * ms from its beginning, each line was sent and acked: a busy machine is late.
 */
export async function recorded(
  url: string,
  host: Grant,
  { packets, before = packets.length, awayMs = 0, lines, visibility = "public" }: {
    readonly packets: readonly Uint8Array[];
    readonly before?: number;
    readonly awayMs?: number;
    readonly lines: readonly Line[];
    readonly visibility?: string;
  },
): Promise<{ stream: LiveView; track: Track; said: (readonly [number, number])[] }> {
  const token = host.accessToken;
  const stream = await makeStream(url, token, { title: "An evening", record: true, visibility });
  using socket = await probeAs(url, host);
  const first = await goLive(url, token, stream.id);
  const beganAt = Date.now();
  const between: (readonly [number, number])[] = [];
  const talk = (async () => {
    for (const [atMs, text] of lines) {
      await new Promise((resolve) => setTimeout(resolve, beganAt + atMs - Date.now()));
      const sentMs = Date.now() - beganAt;
      const said = await socket.ask(message(stream.roomId, text));
      between.push([sentMs, Date.now() - beganAt]);
      ok(said.data.seq > 0, JSON.stringify(said));
    }
  })();
  await first.play(packets.slice(0, before));
  await first.drop();
  if (before < packets.length) {
    await new Promise((resolve) => setTimeout(resolve, awayMs));
    await using again = await goLive(url, token, stream.id);
    await again.play(packets.slice(before));
    await talk;
    await stopStream(url, host, stream.id);
  } else {
    await talk;
    await stopStream(url, host, stream.id);
  }
  return { stream, track: await recordingOf(url, host, stream.id), said: between };
}

/** The original of a track, as its owner takes it. */
export async function original(url: string, { accessToken: token }: Grant, id: string) {
  const path = `/api/v1/tracks/${id}/download?format=original`;
  const response = await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } });
  equal(response.status, 200);
  return await response.bytes();
}

/** The same packets; says where they begin to differ, and not what is in them. */
export function samePackets(found: readonly Uint8Array[], sent: readonly Uint8Array[]): void {
  const texts = [found, sent].map((list) => list.map((packet) => packet.toBase64()));
  const at = texts[0]!.findIndex((text, index) => text !== texts[1]![index]);
  equal(at, -1, `packet ${at} of ${found.length} is another`);
  equal(found.length, sent.length);
}

/** The parts of a stream's recording among the blobs below a folder. */
export const partsOf = async (dir: string, id: string): Promise<string[]> =>
  (await filesBelow(`${dir}/media`)).filter((path) => path.includes(`/live/${id}/parts/`));
