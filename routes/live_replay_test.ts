/** Tests of the replay of a stream: who may read what was said, and where it stands (L7, X5). */
import { deepEqual, equal } from "node:assert/strict";
import { refusal } from "../actors/runtime/testing.ts";
import type { Replay } from "../db/live_takes.ts";
import type { Viewer } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { replayDesk, type ReplayParts } from "./live_replay.ts";

const AT = Date.parse("2026-10-03T20:00:00Z");
const user = (userId: string): Viewer => ({
  ...{ kind: "user", userId, username: userId, roles: ["user"], sessionId: "s", via: "cookie" },
});
const GUEST: Viewer = { kind: "guest" };

function desk(
  of: Partial<Replay> = {},
  track: ReplayParts["track"] = () => Promise.resolve(null!),
) {
  const asked: unknown[] = [];
  return {
    asked,
    ...replayDesk({
      replayOf: () =>
        Promise.resolve({
          ...{ streamId: "stream", trackId: "track", uploadId: "upload", roomId: "room" },
          ...{ hostId: "anna", coHostId: "bob", visibility: "private" },
          ...{ startedAt: new Date(AT), durationMs: 60_000 },
          ...of,
        } as Replay),
      said: (_room, span) => {
        asked.push(span);
        return Promise.resolve([12_345, 110_000].map((ms, seq) => ({
          ...{ id: `m${seq}`, seq, senderId: "anna", senderName: "Anna", content: "x" },
          ...{ replyTo: null, createdAt: new Date(AT + ms) },
        })));
      },
      track,
    }),
  };
}
const read = (viewer: Viewer, ...of: Parameters<typeof desk>) =>
  desk(...of).read(viewer, { streamId: "stream" }, { limit: 10 });

Deno.test("[X5][S4] what was said at a private stream is for who could be there", async () => {
  for (const viewer of [GUEST, user("eve")]) equal(await refusal(read(viewer)), "not_found");
  for (const viewer of [user("anna"), user("bob")]) equal((await read(viewer)).items.length, 2);
  equal((await read(GUEST, { visibility: "public" })).items.length, 2);
  // and for who may see the track: it may have become private since
  const hidden = () => Promise.reject(new Rejection("not_found"));
  equal(await refusal(read(GUEST, { visibility: "public" }, hidden)), "not_found");
  equal(await desk({}, hidden).find(user("anna"), "track"), null);
});

Deno.test("[X5] a message stands where it was sent on the recording's time line, thanks at its end", async () => {
  const { asked, ...made } = desk();
  const { items } = await made.read(user("anna"), { streamId: "stream" }, { limit: 10 });
  deepEqual(items.map(({ atMs }) => atMs), [12_345, 60_000]);
  deepEqual(asked, [
    { from: new Date(AT), until: new Date(AT + 120_000), afterSeq: 0, limit: 11 },
  ]);
});
