/** A live stream over sockets, on a whole node: hosts, listeners, and what each is told (L3, L6). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { CHUNK, decodeFrame, encodeFrame, OPUS } from "../../domain/live_frames.ts";
import { ask, register } from "../support/client.ts";
import {
  action,
  BEGIN,
  capturedOf,
  creator,
  frameOf,
  getLive,
  goLive,
  liveProbe,
  makeLive,
  sequenceOf,
  tagOf,
  talk,
} from "../support/live.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import type { Said } from "../support/sockets.ts";

const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// bounds on time leave a busy machine room: what they guard against takes longer

Deno.test("a live stream over sockets", async (t) => {
  await using node = await startNode();
  const { url } = node;
  const anna = await creator(url);

  await t.step(
    "[L3] listeners get the host's frames byte for byte, after what they are",
    async () => {
      const { id, status, listenUrl, publishUrl } = await makeLive(url, anna);
      equal(status, "idle");
      equal(listenUrl, `${url.replace("http", "ws")}/ws/live/${id}/listen`);
      equal(publishUrl, `${url.replace("http", "ws")}/ws/live/${id}/publish`);
      await using early = await liveProbe(url, id, "listen");
      deepEqual(await early.next(action("state")), {
        type: "live",
        action: "state",
        data: { status: "idle" },
      });
      const { host, epoch, serverUs } = await goLive(url, id, anna);
      await using _host = host;
      equal(epoch, 1);
      ok(Math.abs(serverUs / 1_000 - Date.now()) < 5_000);
      const frames = Array.from({ length: 50 }, (_, n) => frameOf(n, { bytes: 40 + n }));
      for (const frame of frames) host.send(frame);
      await early.until(50);
      deepEqual(early.frames(), frames);
      const began = early.all.findIndex(({ said }) => said.action === "started");
      ok(began >= 0 && began < early.all.findIndex(({ said }) => said instanceof Uint8Array));
      deepEqual(early.all[began]?.said.data, {
        ...{ epoch: 1, codec: "opus", sample_rate: 48_000, channels: 2, frame_samples: 960 },
        title: "Night shift",
        host: {
          id: anna.user.id,
          username: anna.user.username,
          display_name: anna.user.displayName,
        },
      });
      await using late = await liveProbe(url, id, "listen");
      equal((await late.next(() => true)).action, "started", "first of all");
      host.send(frameOf(50));
      await late.until(1);
      deepEqual(late.frames(), [frameOf(50)]);
      equal((await getLive(url, id)).status, "live");
    },
  );

  await t.step("[L3] what is no frame is refused, and reaches nobody", async () => {
    const { id } = await makeLive(url, anna);
    await using host = await liveProbe(url, id, "publish", anna);
    host.send(frameOf(0));
    equal((await host.next(action("error"))).data.code, "bad_request", "before it began");
    for (
      const [data, code] of [
        [{ ...BEGIN.data, codec: "mp3" }, "invalid"],
        [{ ...BEGIN.data, channels: 6 }, "invalid"],
        [{}, "invalid"],
      ] as const
    ) {
      host.say({ ...BEGIN, data });
      const { data: said, action: of } = await host.next(action("error"));
      deepEqual([said.code, of], [code, "live.begin"], JSON.stringify(data));
    }
    host.say({ ...BEGIN, data: { ...BEGIN.data, codec: 1 } });
    await host.next(action("begun"));
    await using listener = await liveProbe(url, id, "listen");
    await listener.next(action("started"));
    const wrong = (change: (bytes: Uint8Array) => void) => {
      const bytes = frameOf(1);
      change(bytes);
      return bytes;
    };
    for (
      const bytes of [
        new Uint8Array(3),
        frameOf(1).slice(0, 16),
        wrong((bytes) => bytes[0] = 2),
        wrong((bytes) => bytes[1] = 3),
        wrong((bytes) => bytes[1] = 2),
        wrong((bytes) => bytes.set([0, 0], 2)),
        wrong((bytes) => bytes.set([0xff, 0xff], 2)),
        frameOf(1, { bytes: 20_000 }),
      ]
    ) {
      host.send(bytes);
      equal((await host.next(action("error"))).data.code, "invalid");
    }
    host.send(frameOf(2));
    await listener.until(1);
    deepEqual(listener.frames(), [frameOf(2)]);
    await using second = await liveProbe(url, id, "listen");
    second.send(frameOf(3));
    equal((await second.next(action("error"))).data.code, "bad_request", "a listener");
    host.say({ type: "live", action: "begin", data: BEGIN.data });
    equal((await host.next(action("error"))).data.code, "conflict", "twice");
    for (let n = 0; n < 7; n++) host.send(new Uint8Array(1)); // with those before, twenty
    deepEqual(await host.closed, { code: 1008, reason: "bad_request" });
  });

  await t.step(
    "[L1] [L3] chunks of a browser's recorder reach listeners as Opus, whole",
    async () => {
      const { id } = await makeLive(url, anna);
      const { host, serverUs } = await goLive(url, id, anna, { codec: "webm", frame_samples: 0 });
      await using _host = host;
      await using listener = await liveProbe(url, id, "listen");
      const { stdout } = await new Deno.Command("ffmpeg", {
        args: [
          ...["-v", "error", "-f", "lavfi", "-i", "sine=440:duration=3", "-ac", "2"],
          ...[
            "-c:a",
            "libopus",
            "-frame_duration",
            "20",
            "-f",
            "webm",
            "-cluster_time_limit",
            "200",
          ],
          "pipe:1",
        ],
      }).output();
      const size = 4_000;
      for (let at = 0, n = 0; at < stdout.length; at += size, n++) {
        const packet = stdout.slice(at, at + size);
        const capturedUs = BigInt(serverUs + n * 250_000);
        host.send(encodeFrame({ codec: CHUNK, samples: 0, sequence: n, capturedUs, packet }));
      }
      await listener.until(140);
      const frames = listener.frames().map((bytes) => decodeFrame(bytes)!);
      ok(frames.every(({ codec, samples }) => codec === OPUS && samples === 960));
      frames.forEach(({ sequence, capturedUs }, n) => {
        const first = frames[0]!;
        equal(sequence, first.sequence + n);
        equal(capturedUs, first.capturedUs + BigInt(n) * 20_000n);
      });
      const began = listener.all.find(({ said }) => said.action === "started")?.said.data;
      deepEqual([began.codec, began.channels], ["opus", 2]);
    },
  );

  await t.step("[L6] a second host is refused while the first is on air", async () => {
    const { id } = await makeLive(url, anna);
    const { host } = await goLive(url, id, anna);
    await using _host = host;
    host.send(frameOf(0));
    await using second = await liveProbe(url, id, "publish", anna);
    second.say(BEGIN);
    const { data, request_id } = await second.next(action("error"));
    deepEqual([data.code, request_id], ["conflict", "b1"]);
    equal((await second.closed).code, 1008);
    equal(host.isClosed(), false);
    const others = await creator(url);
    await liveProbe(url, id, "publish", others).then(
      () => ok(false, "somebody else was let in"),
      () => {},
    );
  });

  await t.step("[L6] a host whose `begun` was lost with its line comes on air again", async () => {
    const { id } = await makeLive(url, anna);
    const program = crypto.randomUUID();
    const begin = async (more: object) => {
      const host = await liveProbe(url, id, "publish", anna);
      host.say({ ...BEGIN, data: { ...BEGIN.data, ...more } });
      const { data } = await host.next(action("begun"));
      return { host, epoch: data.epoch };
    };
    // the server takes each for alive, and the program knows of none but the third
    await using first = (await begin({ program })).host;
    await using second = (await begin({ program })).host;
    const third = await begin({ program });
    await using _third = third.host;
    third.host.send(frameOf(0));
    const ends = await Promise.all(
      [first, second].map(async ({ closed }) => (await closed).reason),
    );
    deepEqual(ends, ["handed_over", "handed_over"]);
    await using _fourth = (await begin({ resume: third.epoch })).host;
    await using _fifth = (await begin({ resume: third.epoch })).host;
  });

  await t.step(
    "[L6] a host who returns goes on with the same stream; its time line has no step back",
    async () => {
      const { id } = await makeLive(url, anna);
      await using listener = await liveProbe(url, id, "listen");
      const one = await goLive(url, id, anna);
      const first = talk(one.host, { startUs: one.serverUs, tag: 1 });
      await listener.until(25);
      first.stop();
      await one.host[Symbol.asyncDispose]();
      await listener.next(({ data }: Said) => data?.status === "reconnecting");
      equal((await getLive(url, id)).status, "reconnecting");
      await rest(1_500);
      // this program counts from zero again, and its clock is of another century
      const two = await goLive(url, id, anna);
      equal(two.epoch, one.epoch + 1);
      const second = talk(two.host, { startUs: 5, tag: 2 });
      const before = listener.frames().length;
      await listener.until(before + 25);
      second.stop();
      const frames = listener.frames();
      const [sequences, times] = [frames.map(sequenceOf), frames.map(capturedOf)];
      ok(sequences.every((value, n) => n === 0 || value > sequences[n - 1]!), sequences.join());
      ok(times.every((value, n) => n === 0 || value > times[n - 1]!), times.join());
      const step = times[before]! - times[before - 1]!;
      const [left, came] = [before - 1, before].map((n) =>
        listener.all.filter(({ said }) => said instanceof Uint8Array)[n]!.at
      );
      ok(Math.abs(step / 1_000 - (came! - left!)) < 1_000, `${step} µs for ${came! - left!} ms`);
      const starts = listener.all.filter(({ said }) => said.action === "started");
      deepEqual(starts.map(({ said }) => said.data.epoch), [1, 2]);
      const firstNew = listener.all.findIndex(({ said }) =>
        said instanceof Uint8Array && tagOf(said) === 2
      );
      ok(listener.all.indexOf(starts[1]!) < firstNew, "it was told before the first frame");
      equal(two.host.isClosed(), false);
      await two.host[Symbol.asyncDispose]();
    },
  );

  await t.step(
    "[L6] who was invited takes over without a cut; the host before is told",
    async () => {
      const { id } = await makeLive(url, anna);
      const ben = await creator(url);
      const { status } = await ask(url, `/api/v1/live/${id}`, {
        method: "PATCH",
        token: anna.accessToken,
        json: { coHostId: ben.user.id },
      });
      equal(status, 200);
      await using listener = await liveProbe(url, id, "listen");
      const one = await goLive(url, id, anna);
      const first = talk(one.host, { startUs: one.serverUs, tag: 1 });
      await listener.until(25);
      const two = await goLive(url, id, ben);
      await rest(1_500); // the first is heard until the second is
      const second = talk(two.host, { startUs: two.serverUs, tag: 2 });
      equal((await one.host.next(action("error"))).data.code, "handed_over");
      await one.host.closed;
      first.stop();
      await listener.until(listener.frames().length + 50);
      second.stop();
      const tags = listener.frames().map(tagOf);
      equal(tags.findLastIndex((tag) => tag === 1) + 1, tags.indexOf(2), "none of the old after");
      const heard = listener.all.filter(({ said }) => said instanceof Uint8Array);
      const gaps = heard.slice(1).map(({ at }, n) => at - heard[n]!.at);
      ok(Math.max(...gaps) < 1_000, `the longest gap was ${Math.max(...gaps)} ms`);
      equal((await getLive(url, id)).status, "live");
      await two.host[Symbol.asyncDispose]();
    },
  );

  await t.step("[L2] [L6] stop ends it at once, for good", async () => {
    const { id } = await makeLive(url, anna);
    const { host } = await goLive(url, id, anna);
    await using listener = await liveProbe(url, id, "listen");
    await listener.next(action("started"));
    const { status, body } = await ask(url, `/api/v1/live/${id}/stop`, {
      method: "POST",
      token: anna.accessToken,
    });
    deepEqual([status, body.status], [200, "ended"]);
    await listener.next(({ data }: Said) => data?.status === "ended");
    equal((await listener.closed).reason, "stream_ended");
    equal((await host.closed).reason, "stream_ended");
    await using again = await liveProbe(url, id, "publish", anna);
    again.say(BEGIN);
    equal((await again.next(action("error"))).data.code, "stream_ended");
    const started = await ask(url, `/api/v1/live/${id}/start`, {
      method: "POST",
      token: anna.accessToken,
    });
    deepEqual([started.status, started.body.code], [409, "stream_ended"]);
    await using late = await liveProbe(url, id, "listen");
    equal((await late.next(action("state"))).data.status, "ended");
    equal((await late.closed).reason, "stream_ended");
  });

  await t.step(
    "[L8] listeners are counted, signs float by, the title changes, the host sees how it goes",
    async () => {
      const { id } = await makeLive(url, anna);
      const { host, serverUs } = await goLive(url, id, anna);
      const speaking = talk(host, { startUs: serverUs });
      const ben = await register(url);
      await using one = await liveProbe(url, id, "listen");
      await using two = await liveProbe(url, id, "listen", ben);
      await host.next(({ action, data }: Said) => action === "stats" && data.listeners === 2);
      await one.next(({ action, data }: Said) => action === "listeners" && data.listeners === 2);
      two.say({ type: "live", action: "react", data: { emoji: "🎧" } });
      equal((await one.next(action("reaction"))).data.emoji, "🎧");
      one.say({ type: "live", action: "react", data: { emoji: "🎧" } });
      equal((await one.next(action("error"))).data.code, "unauthenticated", "a guest");
      await ask(url, `/api/v1/live/${id}`, {
        method: "PATCH",
        token: anna.accessToken,
        json: { title: "Dawn shift" },
      });
      equal((await one.next(action("title"))).data.title, "Dawn shift");
      const path = `/api/v1/live/${id}/stats`;
      await until("the numbers", async () => {
        const { body } = await ask(url, path, { token: anna.accessToken });
        return body.listeners === 2 && Number(body.bitrate) > 40_000 &&
          Number(body.framesReceived) > 50 && body.status === "live";
      });
      equal((await getLive(url, id)).listeners, 2);
      equal((await ask(url, path, { token: ben.accessToken })).status, 403);
      await two[Symbol.asyncDispose]();
      await host.next(({ action, data }: Said) => action === "stats" && data.listeners === 1);
      speaking.stop();
      await host[Symbol.asyncDispose]();
    },
  );

  await t.step("[C12] a drain tells hosts and listeners to come again", async () => {
    const { id } = await makeLive(url, anna);
    const { host } = await goLive(url, id, anna);
    await using listener = await liveProbe(url, id, "listen");
    await listener.next(action("started"));
    const stopped = node.restart();
    for (const one of [host, listener]) {
      const { data } = await one.next(action("reconnect"));
      ok(data.after_ms >= 0);
      equal((await one.closed).code, 1012);
    }
    await stopped;
    const back = await goLive(url, id, anna);
    equal(back.epoch, 2, "a restart costs a connection, and not the stream");
    await back.host[Symbol.asyncDispose]();
  });
});
