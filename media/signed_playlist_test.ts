/** Tests of playlists with tokens: our own, and forms that others write (U14). */
import assert from "node:assert/strict";
import { plan } from "./plan.ts";
import { masterPlaylist, mediaPlaylist } from "./playlist.ts";
import { withToken } from "./signed_playlist.ts";

const TOKEN = "t9x2.guest.abc_-D";
const segments = [0, 1].map((at) => ({ name: `seg-0000${at}.m4s`, seconds: 6, bytes: 9 }));

Deno.test("[U14] every address of our playlists carries the token, and nothing else changes", () => {
  const entries = plan({ sampleRate: 48_000, channels: 2, bits: 16, lossless: true }).map(
    (rendition) => ({ rendition, bandwidth: 2, averageBandwidth: 1 }),
  );
  const playlists = [
    masterPlaylist(entries),
    mediaPlaylist(segments, true),
    mediaPlaylist(segments, false),
  ];
  for (const playlist of playlists) {
    const signed = withToken(playlist, TOKEN);
    assert.equal(signed.replaceAll(`?t=${TOKEN}`, ""), playlist);
    for (const [at, line] of playlist.split("\n").entries()) {
      const wanted = /^[^#]/.test(line)
        ? `${line}?t=${TOKEN}`
        : line.replace(/URI="(.*)"/, `URI="$1?t=${TOKEN}"`);
      assert.equal(signed.split("\n")[at], wanted);
    }
  }
  assert.match(
    withToken(playlists[1]!, TOKEN),
    /#EXT-X-MAP:URI="init\.mp4\?t=t9x2\.guest\.abc_-D"\n/,
  );
  assert.equal(withToken(playlists[0]!, TOKEN).match(/\?t=/g)?.length, entries.length);
});

Deno.test("[U14] queries, fragments, tags with more, and line ends of others are kept", () => {
  const cases = [
    ["seg.ts?a=1", `seg.ts?a=1&t=${TOKEN}`],
    ["seg.ts#x", `seg.ts?t=${TOKEN}#x`],
    ["a b.ts\r", `a b.ts?t=${TOKEN}\r`],
    [
      '#EXT-X-MEDIA:TYPE=AUDIO,URI="a.m3u8",NAME="URI=b"',
      `#EXT-X-MEDIA:TYPE=AUDIO,URI="a.m3u8?t=${TOKEN}",NAME="URI=b"`,
    ],
    ['#EXT-X-MAP:URI="i.mp4",BYTERANGE="9@0"', `#EXT-X-MAP:URI="i.mp4?t=${TOKEN}",BYTERANGE="9@0"`],
    ['#EXT-X-DATERANGE:X-MYURI="a"', '#EXT-X-DATERANGE:X-MYURI="a"'],
    ["#EXTINF:6.000000,", "#EXTINF:6.000000,"],
    ['# a remark URI="x"', '# a remark URI="x"'],
    ["", ""],
  ] as const;
  for (const [line, wanted] of cases) {
    assert.equal(withToken(`#EXTM3U\n${line}\n`, TOKEN), `#EXTM3U\n${wanted}\n`);
  }
});

Deno.test("[U14] a token that could break the playlist is a defect", () => {
  for (const token of ["", 'a"', "a\nb", "a&b", "a b", "$&"]) {
    assert.throws(() => withToken("seg.ts\n", token), /is malformed/);
  }
});
