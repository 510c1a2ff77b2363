/** Tests of who may take what, and of estimates (U7). */
import { deepEqual, equal, ok } from "node:assert/strict";
import { GUEST, type Role } from "./auth.ts";
import { estimateBytes, mayTake, offered } from "./downloads.ts";

const user = (userId: string, role: Role = "user") => ({
  kind: "user" as const,
  userId,
  username: userId,
  roles: [role],
  sessionId: "s",
  via: "cookie" as const,
});

Deno.test("[U7] the owner may take all, others what is made, where the owner lets them", () => {
  const track = { creatorId: "anna", visibility: "public" as const, downloadable: true };
  const shut = { ...track, downloadable: false };
  deepEqual([mayTake(user("anna"), track), mayTake(user("anna"), shut)], ["all", "all"]);
  deepEqual([mayTake(user("mia", "moderator"), shut), mayTake(user("ben"), shut)], [
    "all",
    "nothing",
  ]);
  deepEqual([mayTake(user("ben"), track), mayTake(GUEST, track)], ["made", "made"]);
  equal(mayTake(GUEST, shut), "nothing");
});

Deno.test("[U7] FLAC is offered of lossless sources alone", () => {
  for (const codec of ["pcm_s24le", "flac", "alac"]) ok(offered({ codec }).includes("flac"), codec);
  for (const codec of ["mp3", "pcm_mulaw", "aac"]) ok(!offered({ codec }).includes("flac"), codec);
});

Deno.test("[U7] sizes follow from rate and length", () => {
  const source = { sampleRate: 44_100, channels: 2, bytes: 999 };
  equal(estimateBytes("mp3", 320, source, 60_000), 2_400_000);
  equal(estimateBytes("original", null, source, 60_000), 999);
  equal(Math.round(estimateBytes("flac", null, source, 1_000)), 105_840);
});
