/** Tests of a stream as the listeners of a node get it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { settled } from "../../actors/runtime/testing.ts";
import { encodeFrame, encodeOnAir, OPUS } from "../../domain/live_frames.ts";
import type { Started } from "../../domain/live_news.ts";
import { LiveFeed, type LiveNow } from "./live_feed.ts";
import type { LiveLine } from "./live_line.ts";

const frame = (sequence: number) => ({
  ...{ codec: OPUS as typeof OPUS, samples: 960, sequence, capturedUs: BigInt(sequence) },
  packet: new Uint8Array([0xfc, sequence]),
});
const onAir = (epoch: number, sequence: number) => encodeOnAir(epoch, frame(sequence));
const started = (epoch: number, title = "Night shift"): Started => ({
  ...{ type: "started", epoch, channels: 2, frameSamples: 960, title },
  host: { id: "a", username: "anna", displayName: "Anna" },
});
const IDLE: LiveNow = { status: "idle", title: "Night shift", started: null };

/** A feed of a stream that is as `now` says. */
function feedOf(now: LiveNow = IDLE) {
  let asked = 0;
  let reviewed = 0;
  let answer: LiveNow = now;
  const feed = new LiveFeed({
    look: () => (asked++, Promise.resolve(answer)),
    onHands: () => {},
    onVisibility: () => void reviewed++,
    onError: (error) => {
      throw error;
    },
  });
  const listen = async (hears = true) => {
    const heard: unknown[] = [];
    const sent: Uint8Array[] = [];
    let end: string | undefined;
    const line: LiveLine = {
      ...{ sessionId: null, isOpen: true, dropped: 0, fail() {}, refuse() {}, close() {} },
      tell: (message) => {
        const { action, data } = message as { action: string; data: { epoch?: number } };
        heard.push(action === "started" ? `started ${data.epoch}` : { action, ...data });
      },
      audio(bytes) {
        heard.push(bytes[16 + 1]);
        sent.push(bytes);
      },
      end: (code) => void (end = code),
    };
    await feed.join(line, hears);
    return { line, heard, sent, ended: () => end };
  };
  return {
    ...{ feed, listen },
    asked: () => asked,
    reviewed: () => reviewed,
    isNow: (next: LiveNow) => void (answer = next),
  };
}

Deno.test("[L3] listeners hear first what it is, then the same bytes, all of them the same memory", async () => {
  const { feed, listen } = feedOf();
  const [one, two] = [await listen(), await listen()];
  feed.news(started(1));
  feed.audio(onAir(1, 7));
  feed.audio(onAir(1, 8));
  deepEqual(one.heard, [{ action: "state", status: "idle" }, "started 1", 7, 8]);
  deepEqual(one.sent[0], encodeFrame(frame(7)));
  ok(one.sent[0] === two.sent[0], "not a copy of it");
});

Deno.test("[L8] [L4] who hears it by HLS is told what it is, and each next host, without a frame", async () => {
  const { feed, listen } = feedOf({ ...IDLE, status: "live", started: started(1) });
  const { heard } = await listen(false);
  feed.audio(onAir(1, 7));
  feed.news({ type: "reaction", emoji: "🎶" });
  feed.news(started(2));
  feed.audio(onAir(2, 8));
  deepEqual(heard, ["started 1", { action: "reaction", emoji: "🎶" }, "started 2"]);
});

Deno.test("[L3] who comes later hears first what it is as well", async () => {
  const { listen, asked } = feedOf({ ...IDLE, status: "live", started: started(3) });
  const one = await listen();
  deepEqual(one.heard, ["started 3"]);
  await listen();
  equal(asked(), 1, "the actor is asked for the first only");
});

Deno.test("[L3] frames of lower epochs are dropped; a new one is told before its first frame", async () => {
  const { feed, listen } = feedOf({ ...IDLE, status: "live", started: started(1) });
  const { heard } = await listen();
  feed.audio(onAir(1, 1));
  feed.news(started(2));
  feed.audio(onAir(1, 2)); // the next has begun, and is not heard yet
  feed.audio(onAir(2, 3));
  feed.audio(onAir(1, 4));
  feed.audio(onAir(2, 5));
  feed.news(started(1));
  feed.audio(onAir(2, 6));
  deepEqual(heard, ["started 1", 1, 2, "started 2", 3, 5, 6]);
});

Deno.test("[L3] frames that overtake the news of their epoch wait for it", async () => {
  const { feed, listen, isNow } = feedOf({ ...IDLE, status: "live", started: started(1) });
  const { heard } = await listen();
  feed.audio(onAir(1, 1));
  feed.audio(onAir(2, 2));
  feed.audio(onAir(2, 3));
  deepEqual(heard, ["started 1", 1]);
  feed.news(started(2));
  deepEqual(heard, ["started 1", 1, "started 2", 2, 3]);
  await settled();
  isNow({ ...IDLE, status: "live", started: started(3) });
  feed.audio(onAir(3, 4)); // its news were lost: the actor is asked
  await settled();
  deepEqual(heard.slice(5), ["started 3", 4]);
});

Deno.test("[L3] who comes during a hand-over hears the next host, told before the first frame", async () => {
  const { feed, listen } = feedOf({ ...IDLE, status: "live", started: started(2) });
  const { heard } = await listen();
  feed.audio(onAir(1, 1)); // the host before, who is heard until the next one speaks
  feed.audio(onAir(1, 2));
  feed.news(started(2));
  feed.audio(onAir(2, 3));
  deepEqual(heard, ["started 2", 3]);
});

Deno.test("[L6] what was lost of its state is told when it is read again, and nothing old", async () => {
  const { feed, listen } = feedOf({ ...IDLE, status: "live", started: started(1) });
  const { heard, ended } = await listen();
  const read = (status: LiveNow["status"], title = "Night shift") =>
    feed.reread(() => Promise.resolve({ status, title }));
  await read("live");
  await read("reconnecting", "Dawn");
  deepEqual(heard, [
    "started 1",
    { action: "state", status: "reconnecting" },
    { action: "title", title: "Dawn" },
  ]);
  const old = read("reconnecting", "Dawn");
  feed.news({ type: "state", status: "live", epoch: 1 });
  await old;
  deepEqual(
    heard.slice(3),
    [{ action: "state", status: "live" }],
    "what was told meanwhile is newer",
  );
  await read("ended", "Dawn");
  equal(ended(), "stream_ended");
});

Deno.test("[L6] [L8] what happens to the stream is told; its end ends the listeners", async () => {
  const { feed, listen, reviewed } = feedOf({ ...IDLE, status: "live", started: started(1) });
  const { heard, ended, line } = await listen();
  feed.news({ type: "state", status: "reconnecting", epoch: 1 });
  feed.news({ type: "title", title: "Dawn" });
  feed.news({ type: "playing", text: "A - B" });
  feed.news({ type: "reaction", emoji: "🎧" });
  feed.news({ type: "visibility" });
  deepEqual(heard.slice(1), [
    { action: "state", status: "reconnecting" },
    { action: "title", title: "Dawn" },
    { action: "playing", text: "A - B" },
    { action: "reaction", emoji: "🎧" },
  ]);
  equal(reviewed(), 1);
  const late = await listen();
  deepEqual(late.heard.slice(0, 2), ["started 1", { action: "state", status: "reconnecting" }]);
  equal(feed.leave(late.line), true);
  feed.news({ type: "state", status: "ended", epoch: 1 });
  deepEqual([ended(), late.ended()], ["stream_ended", undefined]);
  feed.leave(line);
  equal(feed.size, 0);
});
