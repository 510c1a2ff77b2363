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
  const source = { codec: "pcm_s16le", sampleRate: 44_100, channels: 2, bytes: 999 };
  equal(estimateBytes("mp3", 320, source, 60_000), 2_400_000);
  equal(estimateBytes("original", null, source, 60_000), 999);
  equal(estimateBytes("flac", null, { ...source, codec: "flac" }, 60_000), 999);
  const flac = (codec: string, integratedLufs: number | null = -14) =>
    estimateBytes("flac", null, { ...source, codec }, 1_000, { integratedLufs }) * 8 / 88_200;
  deepEqual([flac("pcm_s16le"), flac("pcm_s24be"), flac("pcm_f32le")], [10, 18, 18]);
  equal(Math.round(flac("pcm_s16le", -26)), 8);
  equal(flac("pcm_s16le", 40), 16, "never more than there is");
  ok(flac("pcm_s16le", null) < 1, "silence");
});
