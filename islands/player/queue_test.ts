/** The queue's rules. */
import { deepEqual, equal } from "node:assert/strict";
import * as Q from "./queue.ts";

const track = (id: string): Q.Playable => ({
  id,
  title: id,
  artist: "a",
  creatorUsername: "a",
  durationMs: 1000,
  streamUrl: null,
  waveformUrl: null,
  coverUrl: null,
  urlsEndInMs: null,
});
const [a, b, c, d] = ["a", "b", "c", "d"].map(track) as [
  Q.Playable,
  Q.Playable,
  Q.Playable,
  Q.Playable,
];
const ids = (queue: Q.Queue) => queue.items.map(({ id }) => id).join("");

Deno.test("[W3] playing from a list queues the rest of it", () => {
  const queue = Q.playFrom([a, b, c], b);
  equal(Q.current(queue)?.id, "b");
  deepEqual(Q.following(queue).map(({ id }) => id), ["c"]);
  equal(Q.hasPrevious(queue), true);
});

Deno.test("[W3] what failed is not queued with the rest of its list", () => {
  const rows = [
    { ...a, status: "ready" },
    { ...b, status: "failed" },
    { ...c, status: "processing" },
  ] as const;
  deepEqual(Q.withoutFailed(rows).map(({ id }) => id), ["a", "c"]);
});

Deno.test("[W3] a track outside its list goes first", () => {
  equal(ids(Q.playFrom([a, b], c)), "cab");
});

Deno.test("[W3] next stops at the end, previous at the start", () => {
  let queue = Q.playFrom([a, b], a);
  queue = Q.next(Q.next(Q.next(queue)));
  equal(Q.current(queue)?.id, "b");
  queue = Q.previous(Q.previous(Q.previous(queue)));
  equal(Q.current(queue)?.id, "a");
});

Deno.test("[W3] what waits is not added twice, what was played may be", () => {
  const queue = Q.next(Q.playFrom([a, b, c], a));
  equal(ids(Q.append(queue, c)), "abc");
  equal(ids(Q.append(queue, a)), "abca");
  equal(ids(Q.append(queue, d)), "abcd");
});

Deno.test("[W3] removing keeps what plays, unless it is what plays", () => {
  const queue = Q.playFrom([a, b, c], b);
  equal(Q.current(Q.removeAt(queue, 0))?.id, "b");
  equal(Q.current(Q.removeAt(queue, 2))?.id, "b");
  equal(Q.current(Q.removeAt(queue, 1))?.id, "c");
  equal(Q.current(Q.removeAt(Q.playFrom([a], a), 0)), null);
  equal(Q.removeAt(queue, 9), queue);
});

Deno.test("[W3] clearing leaves what was and is", () => {
  equal(ids(Q.clearFollowing(Q.playFrom([a, b, c], b))), "ab");
});

Deno.test("[W3] newer data of a track takes its place", () => {
  const queue = Q.refresh(Q.playFrom([a, b], a), { ...a, streamUrl: "/x" });
  equal(Q.current(queue)?.streamUrl, "/x");
  equal(Q.refresh(queue, d), queue);
});

Deno.test("[W3] a queue is bounded", () => {
  const many = Array.from({ length: Q.QUEUE_MAX + 9 }, (_, i) => track(String(i)));
  const queue = Q.playFrom(many, many[0] ?? a);
  equal(queue.items.length, Q.QUEUE_MAX);
  equal(Q.append(queue, d), queue);
});
