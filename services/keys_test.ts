/** Tests of the site's secret key: made once, changed with overlap, apart for each use (O3, U14). */
import { deepEqual, equal, notDeepEqual, ok } from "node:assert/strict";
import { derive, siteKey } from "./keys.ts";
import { mediaTokens } from "./media_tokens.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const key = (letter: string) => btoa(letter.repeat(32));
const NOW = Date.UTC(2026, 10, 21);
const NONE = { configured: undefined, previous: undefined };

Deno.test(
  "[O3] without a setting a key is made once, for this account's eyes only",
  STRICT,
  async () => {
    const dataDir = await Deno.makeTempDir({ prefix: "veza-keys-" });
    try {
      const all = await Promise.all([1, 2, 3, 4].map(() => siteKey({ ...NONE, dataDir })));
      for (const one of all) deepEqual(one, all[0], "first starts at once agree");
      equal(all[0]?.current.length, 32);
      ok(all[0]?.current.some((byte) => byte !== 0));
      deepEqual(await siteKey({ ...NONE, dataDir }), all[0]);
      const { mode } = await Deno.stat(`${dataDir}/keys/site.key`);
      equal((mode ?? 0) & 0o077, 0);
      deepEqual([...Deno.readDirSync(`${dataDir}/keys`)].map(({ name }) => name), ["site.key"]);
    } finally {
      await Deno.remove(dataDir, { recursive: true });
    }
  },
);

Deno.test("[O3] a key from the environment, in both alphabets of base64", STRICT, async () => {
  const bytes = new Uint8Array(32).fill(0xfb);
  for (const configured of [bytes.toBase64(), bytes.toBase64({ alphabet: "base64url" })]) {
    deepEqual((await siteKey({ configured, previous: undefined, dataDir: "/x" })).current, bytes);
  }
});

Deno.test(
  "[U14] what was signed with the key before is still good; uses are kept apart",
  STRICT,
  async () => {
    const at = { dataDir: "/x", previous: undefined };
    const old = await derive(await siteKey({ ...at, configured: key("a") }), "media tokens");
    const now = await derive(
      await siteKey({ ...at, configured: key("b"), previous: key("a") }),
      "media tokens",
    );
    const what = { trackId: "t1" };
    const token = await (await mediaTokens(old)).sign({ ...what, viewer: "guest" }, NOW);
    equal((await (await mediaTokens(now)).verify(token, what, NOW)).kind, "good");
    const later = await derive(await siteKey({ ...at, configured: key("b") }), "media tokens");
    equal((await (await mediaTokens(later)).verify(token, what, NOW)).kind, "false");
    const other = await derive(await siteKey({ ...at, configured: key("b") }), "secrets");
    notDeepEqual(other.current, now.current);
  },
);
