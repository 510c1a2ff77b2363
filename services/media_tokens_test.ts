/** Tests of media tokens: what opens, for whom, how long (U14). */
import assert from "node:assert/strict";
import { MEDIA_TOKEN_MS, type MediaTokens, mediaTokens } from "./media_tokens.ts";

const key = (fill: number) => new Uint8Array(32).fill(fill);
const tokens = await mediaTokens({ current: key(1) });
/** A tenth of a life: what ends are rounded down to. */
const STEP = MEDIA_TOKEN_MS / 10;
const NOW = Date.UTC(2026, 10, 21, 12, 0, 30);
const TRACK = { trackId: "0199f3c2-7d1e-7a55-8c1f-2f6a1f0f9d10" };
const USER = "0199f3c2-0000-7a55-8c1f-2f6a1f0f9d11";
/** Whom the token opens the track for; null when it does not. */
const opens = async (by: MediaTokens, token: string, what: { trackId: string }, now: number) => {
  const verdict = await by.verify(token, what, now);
  return verdict.kind === "good" ? verdict : null;
};

Deno.test("[U14] a token opens its track for whom it was given to, guests included", async () => {
  for (const viewer of [USER, "guest"]) {
    const token = await tokens.sign({ ...TRACK, viewer }, NOW);
    assert.equal((await opens(tokens, token, TRACK, NOW))?.viewer, viewer);
    assert.equal(encodeURIComponent(token), token);
    assert.ok(token.length < 100, token);
    assert.equal(await opens(tokens, token, { trackId: `${TRACK.trackId}1` }, NOW), null);
  }
});

Deno.test("[U14] it ends within 10 minutes, and not before 9", async () => {
  for (let at = 0; at < 2 * STEP; at += 7_919) {
    const given = NOW + at;
    const token = await tokens.sign({ ...TRACK, viewer: USER }, given);
    const good = (after: number) => opens(tokens, token, TRACK, given + after);
    assert.equal(await good(MEDIA_TOKEN_MS), null);
    const { endsAt } = await good(MEDIA_TOKEN_MS - STEP - 1) ?? assert.fail();
    assert.ok(endsAt <= given + MEDIA_TOKEN_MS);
    assert.ok(await opens(tokens, token, TRACK, endsAt - 1));
    assert.equal(await opens(tokens, token, TRACK, endsAt), null);
    assert.equal(
      (await tokens.verify(token, TRACK, endsAt)).kind,
      "ended",
      "told from a false one",
    );
    assert.equal((await tokens.verify(token, { trackId: "other" }, endsAt)).kind, "false");
  }
});

Deno.test("[U14] a site may shorten a life, never lengthen it", async () => {
  const short = await mediaTokens({ current: key(1), lifeMs: 8_000 });
  const token = await short.sign({ ...TRACK, viewer: USER }, NOW);
  assert.ok(await opens(short, token, TRACK, NOW + short.leastMs - 1));
  assert.equal(await opens(short, token, TRACK, NOW + 8_000), null);
  await assert.rejects(mediaTokens({ current: key(1), lifeMs: MEDIA_TOKEN_MS + 1 }), /longer than/);
});

Deno.test("[U14] within a minute it stays the same, so that caches find it again", async () => {
  const start = Math.ceil(NOW / STEP) * STEP;
  const at = (ms: number) => tokens.sign({ ...TRACK, viewer: USER }, start + ms);
  assert.equal(await at(0), await at(STEP - 1));
  assert.notEqual(await at(0), await at(STEP));
});

Deno.test("[U14][S11] any changed character closes it; so does a longer life or another viewer", async () => {
  const token = await tokens.sign({ ...TRACK, viewer: USER }, NOW);
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "a" ? "b" : "a";
    const changed = token.slice(0, at) + other + token.slice(at + 1);
    assert.equal(await opens(tokens, changed, TRACK, NOW), null, changed);
  }
  const [end = "", viewer, signature] = token.split(".");
  const later = (Number.parseInt(end, 36) + 3_600).toString(36);
  const forged = [
    `${later}.${viewer}.${signature}`,
    `${end}.guest.${signature}`,
    `${end}.${viewer}.${"A".repeat(43)}`,
    `${end}.${viewer}.`,
    `${end}.${viewer}`,
    "",
    ".",
    `${token}\n`,
    ` ${token}`,
    `${token}.`,
    "x".repeat(100_000),
  ];
  for (const one of forged) {
    assert.equal(await opens(tokens, one, TRACK, NOW), null, one.slice(0, 80));
  }
  // Parts cannot be shifted into one another.
  const shifted = await tokens.sign({ trackId: "b\nc", viewer: "a" }, NOW);
  const [, , proof] = shifted.split(".");
  assert.equal(await opens(tokens, `${end}.a.${proof}`, { trackId: "c" }, NOW), null);
});

Deno.test("[U14] the key before is still good for checking; a stranger's is not", async () => {
  const token = await tokens.sign({ ...TRACK, viewer: USER }, NOW);
  const rotated = await mediaTokens({ current: key(2), previous: key(1) });
  assert.equal((await opens(rotated, token, TRACK, NOW))?.viewer, USER);
  const fresh = await rotated.sign({ ...TRACK, viewer: USER }, NOW);
  assert.equal(await opens(tokens, fresh, TRACK, NOW), null);
  const twice = await mediaTokens({ current: key(3), previous: key(2) });
  assert.equal(await opens(twice, token, TRACK, NOW), null);
  await assert.rejects(mediaTokens({ current: new Uint8Array(31) }), /31 bytes; wanted 32/);
  await assert.rejects(tokens.sign({ ...TRACK, viewer: "a.b" }, NOW), /neither an id nor/);
});
