/** Tests of a host's connection on air: what goes out, what is told, and what ends it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { type AudioFrame, encodeOnAir, OPUS } from "../../domain/live_frames.ts";
import type { LiveNews } from "../../domain/live_news.ts";
import { ALIVE_MS, type LastFrame } from "../../domain/live_stream.ts";
import { broadcast, type BroadcastOptions, type OnAir, type Sink } from "./broadcast.ts";
import type { Channel } from "./channel.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const HOST = { id: "a", username: "anna", displayName: "Anna" };

function channel<Message>() {
  const told: Message[] = [];
  const hearers = new Set<(published: { bytes: Uint8Array; event: Message }) => void>();
  const made: Channel<Message> = {
    publish(_key, event) {
      told.push(event);
      for (const hear of [...hearers]) hear({ bytes: new Uint8Array(), event });
    },
    subscribe(_key, hear) {
      hearers.add(hear);
      return { close: () => hearers.delete(hear) };
    },
  };
  return { ...made, told, hearers };
}

const frame = (sequence: number, more: Partial<AudioFrame> = {}): AudioFrame => ({
  ...{ codec: OPUS, samples: 960, sequence, capturedUs: BigInt(sequence) * 20_000n },
  packet: new Uint8Array([0xfc, sequence]),
  ...more,
});

function onAir(
  more: Partial<OnAir> = {},
  sinks: readonly Sink[] = [],
  alive: BroadcastOptions["alive"] = () => Promise.resolve({ epoch: 3, status: "live" }),
) {
  const audio = channel<Uint8Array>();
  const news = channel<LiveNews>();
  const lost: (LastFrame | null)[] = [];
  const errors: unknown[] = [];
  const opened = broadcast({
    onAir: {
      ...{ streamId: ID, epoch: 3, hostId: "a", via: "browser", title: "Night shift" },
      source: { codec: "opus", channels: 2, frameSamples: 960 },
      ...{ record: true, startedAt: 0, last: null, isHandOver: false },
      ...more,
    },
    ...{ host: HOST, audio, news, sinks, listeners: () => 4 },
    alive,
    lost: (last) => Promise.resolve(void lost.push(last)),
    onError: (error) => errors.push(error),
    now: () => 1_000,
  });
  const why = () => {
    const { reason } = opened.ended;
    return isRejection(reason) ? reason.code : reason;
  };
  return { audio, news, lost, errors, opened, why };
}

const sink = (fails = false) => {
  const heard: string[] = [];
  const made: Sink = {
    frame({ sequence }) {
      if (fails) throw new Error("The disk is full");
      heard.push(`frame ${sequence}`);
    },
    original: (packet, samples) => void heard.push(`original ${packet.length} ${samples}`),
    end: () => Promise.resolve(void heard.push("end")),
  };
  return { ...made, heard };
};

Deno.test("[L3] what it is goes before the first frame; frames go out as they came, with the epoch", async () => {
  const { audio, news, opened } = onAir();
  await using _ = opened;
  deepEqual(news.told, [], "a host that sends nothing is not heard of");
  opened.frame(frame(1));
  opened.frame(frame(2));
  deepEqual(news.told, [{
    ...{ type: "started", epoch: 3, channels: 2, frameSamples: 960, title: "Night shift" },
    host: HOST,
  }]);
  deepEqual(audio.told, [encodeOnAir(3, frame(1)), encodeOnAir(3, frame(2))]);
});

Deno.test("[L8] holes in the host's numbers are counted, and nothing else is one", async () => {
  const { opened } = onAir();
  await using _ = opened;
  for (const sequence of [7, 8, 11, 12, 12, 10, 13]) opened.frame(frame(sequence));
  opened.refused();
  const { received, missing, refused, listeners, last } = opened.stats();
  deepEqual([received, missing, refused, listeners], [7, 2 + 2, 1, 4]);
  deepEqual(last, { sequence: 13, capturedUs: "260000", atMs: 1_000, missingMs: 80 });
});

Deno.test("[L7] what was left out is summed over the connections, save where one takes over", async () => {
  const last = { sequence: 100, capturedUs: "2000000", atMs: 1_000, missingMs: 500 };
  const leftOut = async (isHandOver: boolean) => {
    const { opened } = onAir({ last, isHandOver });
    await using _ = opened;
    // 24 frames of 20 ms while the host was away, and one after it has come back
    for (const sequence of [125, 127]) opened.frame(frame(sequence));
    const { missing, last: now } = opened.stats();
    return [missing, now?.missingMs];
  };
  deepEqual(await leftOut(false), [1, 500 + 480 + 20]);
  deepEqual(await leftOut(true), [1, 500 + 20]);
});

Deno.test("[L7] a sink that fails is left out, and the others hear on", async () => {
  const [bad, good] = [sink(true), sink()];
  const { audio, opened, errors } = onAir({}, [bad, good]);
  opened.frame(frame(1));
  opened.original(new Uint8Array(5), 960);
  opened.frame(frame(2));
  equal(errors.length, 1);
  equal(audio.told.length, 2);
  await opened[Symbol.asyncDispose]();
  await opened[Symbol.asyncDispose]();
  deepEqual(good.heard, ["frame 1", "original 5 960", "frame 2", "end"]);
  deepEqual(bad.heard, []);
});

Deno.test("[L6] the next host's first frame ends it, and its beginning alone does not", async () => {
  const { audio, news, opened, why, lost } = onAir();
  opened.frame(frame(1));
  news.publish(ID, { type: "state", status: "live", epoch: 4 });
  opened.frame(frame(2));
  equal(audio.told.length, 2);
  const [first] = news.told;
  ok(first?.type === "started");
  news.publish(ID, { ...first, epoch: 4 });
  equal(why(), "handed_over");
  opened.frame(frame(3));
  equal(audio.told.length, 2);
  await opened[Symbol.asyncDispose]();
  deepEqual(lost, [], "the stream is not lost");
  equal(news.hearers.size, 0);
});

Deno.test("[L2] [L6] stop ends it; a new key ends an encoder; a broken line is told", async () => {
  const stopped = onAir();
  stopped.news.publish(ID, { type: "state", status: "ended", epoch: 3 });
  equal(stopped.why(), "stream_ended");
  await stopped.opened[Symbol.asyncDispose]();
  const browser = onAir();
  browser.news.publish(ID, { type: "rekeyed" });
  equal(browser.opened.ended.aborted, false);
  browser.opened.frame(frame(1));
  await browser.opened[Symbol.asyncDispose]();
  deepEqual(browser.lost, [{ sequence: 1, capturedUs: "20000", atMs: 1_000, missingMs: 0 }]);
  const encoder = onAir({ via: "encoder" });
  encoder.news.publish(ID, { type: "rekeyed" });
  equal(encoder.why(), "unauthenticated");
  await encoder.opened[Symbol.asyncDispose]();
});

Deno.test("[L6] [S4] whose right has gone is off air at the next answer of the actor", async () => {
  for (const code of ["forbidden", "unauthenticated"] as const) {
    const { opened, why, errors } = onAir({}, [], () => Promise.reject(new Rejection(code)));
    await new Promise((resolve) => setTimeout(resolve, ALIVE_MS + 200)); // by now it was asked
    equal(why(), code);
    await opened[Symbol.asyncDispose]();
    deepEqual(errors, []);
  }
});

Deno.test("[L9] an actor that does not answer, whose mailbox is full or whose database stands, delays no frame", async () => {
  const never = Promise.withResolvers<never>();
  const { audio, opened } = onAir({}, [], () => never.promise);
  for (let n = 1; n <= 3; n++) {
    opened.frame(frame(n));
    equal(audio.told.length, n, "it is sent in the turn in which it came");
  }
  await new Promise((resolve) => setTimeout(resolve, ALIVE_MS + 200)); // by now it was asked
  opened.frame(frame(4));
  equal(audio.told.length, 4);
  await opened[Symbol.asyncDispose]();
});
