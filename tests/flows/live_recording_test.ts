/** Recordings of streams: from the packets to a track, whatever is killed on the way (L7). */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { LiveView } from "../../domain/live.ts";
import type { LiveReplay } from "../../domain/live_replay.ts";
import type { Track } from "../../domain/tracks.ts";
import { ENDINGS } from "../../media/live/recording_file.ts";
import { decoded } from "../support/audio.ts";
import { ask } from "../support/client.ts";
import { ffmpegEncoder } from "../support/encoders.ts";
import { filesBelow } from "../support/files.ts";
import { goLive, hostOf, makeStream, opusTone, packetsIn } from "../support/live_host.ts";
import {
  original,
  partsOf,
  recorded,
  recordingOf,
  samePackets,
  stopStream,
} from "../support/live_replay.ts";
import { loudSpans } from "../support/loud.ts";
import { s3Settings, startS3 } from "../support/s3.ts";
import { probeAs } from "../support/sockets.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";

const tone = await opusTone(5);

Deno.test("[L7] a stream becomes a track: its packets byte for byte, and no part is left", async () => {
  await using node = await startNode();
  const { url, dataDir } = node;
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const stream = await makeStream(url, token, {
    ...{ title: "Late session", record: true, visibility: "private" },
    description: "Dub, for those who stayed.",
  });
  const none = await makeStream(url, token, { title: "Not kept", record: false });
  const short = await makeStream(url, token, { title: "A second thought", record: true });
  {
    await using live = await goLive(url, token, stream.id);
    live.send(tone);
    await until("parts are stored", async () => (await partsOf(dataDir, stream.id)).length >= 3);
    await live.drop();
    // away for a while, within the grace
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    await using again = await goLive(url, token, stream.id);
    equal(again.epoch, 2);
    await again.play(tone.slice(0, 100));
    await new Promise((resolve) => setTimeout(resolve, 200)); // what is on its way still comes
    await stopStream(url, anna, stream.id);
  }
  for (const { id } of [none, short]) {
    await using live = await goLive(url, token, id);
    live.send(tone.slice(0, 45));
    await stopStream(url, anna, id);
  }
  const track = await recordingOf(url, anna, stream.id);
  equal(track.failure, null);
  equal(track.title, "Late session");
  equal(track.description, "Dub, for those who stayed.");
  equal(track.visibility, "private");
  const bytes = await original(url, anna, track.id);
  const packets = packetsIn(bytes);
  const quiet = packets.length - tone.length - 100;
  samePackets(packets.slice(0, tone.length), tone);
  samePackets(packets.slice(-100), tone.slice(0, 100));
  ok(quiet >= 150, `${quiet} packets of silence`);
  const { samples, errors } = await decoded(bytes, "opus");
  deepEqual(errors, []);
  const spans = loudSpans(samples, 48_000);
  equal(spans.length, 2, JSON.stringify(spans));

  // what was not to be kept, or is nothing, is no track; and of what is one, no part stays
  await until(
    "no part is left",
    async () => (await filesBelow(`${dataDir}/media`)).every((path) => !path.includes("/parts/")),
  );
  const { body } = await ask<{ items: Track[] }>(url, `/api/v1/users/${anna.user.id}/tracks`, {
    token,
  });
  deepEqual(body.items.map(({ id }) => id), [track.id]);
});

Deno.test("[L7] killed on air, a stream loses two seconds at most and becomes a track after the grace", async (t) => {
  await using node = await startNode();
  const { url, dataDir } = node;
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const record = true;
  const waits = await makeStream(url, token, { title: "Waits", record });
  const gone = await makeStream(url, token, { title: "Gone", record });
  const stopped = await makeStream(url, token, { title: "Stopped", record });
  {
    await using live = await goLive(url, token, waits.id);
    live.send(tone.slice(0, 150));
    await live.play(tone.slice(150));
    // a part has 75 packets; a busy machine reads them late
    const parts = () => partsOf(dataDir, waits.id);
    await until("all but two seconds is stored", async () => (await parts()).length >= 3);
    await node.kill9();
  }
  await node.restart();

  // whoever asks for a stream wakes its actor, which finds that its host is gone
  await until("the grace has begun", async () => {
    const { body } = await ask<LiveView>(url, `/api/v1/live/${waits.id}`, { token });
    return body.status === "reconnecting";
  });

  await t.step("taken away, it leaves no part", async () => {
    await using live = await goLive(url, token, gone.id);
    live.send(tone);
    await until("parts are stored", async () => (await partsOf(dataDir, gone.id)).length >= 3);
    const { status } = await ask(url, `/api/v1/live/${gone.id}`, { method: "DELETE", token });
    equal(status, 204);
    await live.drop();
    await until("its parts are gone", async () => (await partsOf(dataDir, gone.id)).length === 0);
  });

  await t.step("a node that is stopped on air loses nothing of what had come", async () => {
    await using live = await goLive(url, token, stopped.id);
    live.send(tone);
    await until("parts are stored", async () => (await partsOf(dataDir, stopped.id)).length >= 3);
    await node.restart();
    await live.drop();
    await stopStream(url, anna, stopped.id);
    const track = await recordingOf(url, anna, stopped.id);
    samePackets(packetsIn(await original(url, anna, track.id)), tone);
  });

  const track = await recordingOf(url, anna, waits.id, 60_000);
  equal(track.failure, null);
  const packets = packetsIn(await original(url, anna, track.id));
  samePackets(packets, tone.slice(0, packets.length));
  ok(packets.length >= tone.length - 100, `${packets.length} of ${tone.length} packets`);
  const { body } = await ask<{ items: Track[] }>(url, `/api/v1/users/${anna.user.id}/tracks`, {
    token,
  });
  deepEqual(body.items.map(({ title }) => title).sort(), ["Stopped", "Waits"]);
});

Deno.test("[X5][L7] what was said stands where it was said, also after the host was away", async () => {
  await using node = await startNode();
  const { url } = node;
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const { stream, track, said } = await recorded(url, anna, {
    ...{ packets: tone, before: 100, awayMs: 2_500 },
    lines: [[600, "first"], [3_000, "while away"], [5_200, "third"]],
    visibility: "private",
  });
  const path = `/api/v1/live/${stream.id}/replay`;
  const { body } = await ask<LiveReplay>(url, path, { token });
  equal(body.trackId, track.id);
  equal(body.nextSeq, null);
  ok(Math.abs(body.durationMs - track.durationMs!) < 40, `${body.durationMs} ${track.durationMs}`);
  deepEqual(body.items.map(({ content }) => content), ["first", "while away", "third"]);
  for (const [index, [sentMs, ackedMs]] of said.entries()) {
    const { atMs } = body.items[index]!;
    ok(atMs > sentMs - 150 && atMs < ackedMs + 50, `${atMs} ms, said ${sentMs} to ${ackedMs}`);
  }
  // the time line is that of the sound: the second half is heard where its messages are
  const { samples } = await decoded(await original(url, anna, track.id), "opus");
  const spans = loudSpans(samples, 48_000);
  equal(spans.length, 2, JSON.stringify(spans));
  ok(spans[1]![0] > 4.4 && spans[1]![0] < 5.2, JSON.stringify(spans));

  const page = await ask<LiveReplay>(url, `${path}?limit=2`, { token });
  equal(page.body.nextSeq, page.body.items[1]!.seq);
  const rest = await ask<LiveReplay>(url, `${path}?after_seq=${page.body.nextSeq}`, { token });
  deepEqual(rest.body.items.map(({ content }) => content), ["third"]);
  // whoever may not see both sees nothing of it
  equal((await ask(url, path)).status, 404);
  const patch = { method: "PATCH", token, json: { visibility: "public" } };
  equal((await ask(url, `/api/v1/tracks/${track.id}`, patch)).status, 200);
  equal((await ask(url, path)).status, 404);
  // and what is taken back is not there any more
  const gone = { type: "message", action: "delete" };
  using socket = await probeAs(url, anna);
  const { id } = body.items[0]!;
  await socket.ask({ ...gone, data: { room_id: stream.roomId, message_id: id } });
  const after = await ask<LiveReplay>(url, path, { token });
  deepEqual(after.body.items.map(({ content }) => content), ["while away", "third"]);
});

Deno.test("[L2][L7] what programs send is recorded as it came, with the blobs in S3", async () => {
  await using s3 = await startS3();
  await using node = await startNode({ env: s3Settings(s3) });
  const { url } = node;
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const sound = ["-f", "lavfi", "-i", "sine=frequency=500:sample_rate=44100:duration=5"];
  const recordings = await Promise.all(
    (["opus", "vorbis", "mp3", "aac"] as const).map(async (form) => {
      const stream = await makeStream(url, token, { title: `By ${form}`, record: true });
      await using program = ffmpegEncoder(stream, form, [...sound, "-ac", "2"]);
      const { code, log } = await program.ended;
      equal(code, 0, log);
      // a stop cuts what is still on its way
      await until("its program is gone", async () => {
        const { body } = await ask<LiveView>(url, `/api/v1/live/${stream.id}`, { token });
        return body.status === "reconnecting";
      });
      await stopStream(url, anna, stream.id);
      return { form, track: await recordingOf(url, anna, stream.id) };
    }),
  );
  for (const { form, track } of recordings) {
    equal(track.failure, null, form);
    equal(track.source?.codec, form);
    ok(Math.abs(track.durationMs! - 5_000) < 300, `${form}: ${track.durationMs} ms`);
    const ending = ENDINGS[form];
    const { samples, errors } = await decoded(await original(url, anna, track.id), ending);
    deepEqual(errors, [], form);
    equal(loudSpans(samples, 48_000).length, 1, form);
  }
});
