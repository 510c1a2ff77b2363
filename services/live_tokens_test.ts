/** Tests of the tokens in the addresses of private streams. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { LIVE_TOKEN_MS, liveTokens } from "./live_tokens.ts";
import { mediaTokens } from "./media_tokens.ts";

const key = (fill: number) => ({ current: new Uint8Array(32).fill(fill) });
const STREAM = { id: "0199a2b4-6a00-7c1e-8f00-0123456789ab", keyGeneration: 3 };
const USER = "0199a2b4-6a00-7c1e-8f00-0123456789ac";
const NOW = Date.UTC(2026, 10, 21);

Deno.test("[L4] an address is for one stream and one bearer, until it ends", async () => {
  const tokens = await liveTokens(key(1));
  const token = await tokens.sign(STREAM, USER, NOW);
  const good = await tokens.verify(token, STREAM, NOW);
  ok(good.kind === "good");
  equal(good.viewer, USER);
  ok(good.endsAt >= NOW + tokens.leastMs && good.endsAt <= NOW + LIVE_TOKEN_MS);
  deepEqual(await tokens.verify(token, STREAM, NOW + LIVE_TOKEN_MS), { kind: "ended" });
  const other = { ...STREAM, id: USER };
  equal((await tokens.verify(token, other, NOW)).kind, "false");
  equal((await (await liveTokens(key(2))).verify(token, STREAM, NOW)).kind, "false");
});

Deno.test("[L4] a new stream key ends the addresses that were given out before", async () => {
  const tokens = await liveTokens(key(1));
  const token = await tokens.sign(STREAM, USER, NOW);
  const rekeyed = { ...STREAM, keyGeneration: STREAM.keyGeneration + 1 };
  equal((await tokens.verify(token, rekeyed, NOW)).kind, "false");
});

Deno.test("[L4] a token of a track opens no stream, and one of a stream no track", async () => {
  const tokens = await liveTokens(key(1));
  const ofTracks = await mediaTokens(key(1));
  const track = await ofTracks.sign({ trackId: STREAM.id, viewer: USER }, NOW);
  equal((await tokens.verify(track, STREAM, NOW)).kind, "false");
  const stream = await tokens.sign(STREAM, USER, NOW);
  equal((await ofTracks.verify(stream, { trackId: STREAM.id }, NOW)).kind, "false");
});
