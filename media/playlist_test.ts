/** Tests of the playlists, read and written (U7). */
import assert from "node:assert/strict";
import { plan } from "./plan.ts";
import { masterPlaylist, measureBandwidth, mediaPlaylist, readSegments } from "./playlist.ts";

const segment = (at: number, seconds: number, bytes: number) => ({
  name: `seg-0000${at}.m4s`,
  seconds,
  bytes,
});

Deno.test("[U7] ffmpeg's playlist is read; a name that is not ours is refused", () => {
  const text = '#EXTM3U\n#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6.013967,\nseg-00000.m4s\n' +
    "#EXTINF:1.5,\nseg-00001.m4s\n#EXT-X-ENDLIST\n";
  assert.deepEqual(readSegments(text), [
    { name: "seg-00000.m4s", seconds: 6.013967 },
    { name: "seg-00001.m4s", seconds: 1.5 },
  ]);
  assert.deepEqual(readSegments(""), []);
  // Read while it is being written.
  assert.equal(readSegments(text.slice(0, text.indexOf("00001"))).length, 1);
  for (const name of ["../../etc/passwd", "seg-1.m4s", "http://x/seg-00000.m4s"]) {
    assert.throws(() => readSegments(`#EXTINF:6,\n${name}\n`), /wanted seg-00000/);
  }
});

Deno.test("[U7] a media playlist grows as EVENT from its start, and ends as VOD", () => {
  const some = [segment(0, 6.013967, 9)];
  assert.equal(
    mediaPlaylist(some, false),
    "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-TARGETDURATION:6\n" +
      "#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:EVENT\n#EXT-X-START:TIME-OFFSET=0\n" +
      '#EXT-X-MAP:URI="init.mp4"\n#EXTINF:6.013967,\nseg-00000.m4s\n',
  );
  const whole = mediaPlaylist([...some, segment(1, 0.2, 9)], true);
  assert.match(whole, /PLAYLIST-TYPE:VOD/);
  assert.match(whole, /seg-00001\.m4s\n#EXT-X-ENDLIST\n$/);
});

Deno.test("[U7] the form for old clients has nothing in it that version 3 has not", () => {
  const some = [{ name: "seg-00000.ts", seconds: 10.0136, bytes: 9 }];
  assert.deepEqual(readSegments("#EXTINF:10.0136,\nseg-00000.ts\n", "ts"), [
    { name: "seg-00000.ts", seconds: 10.0136 },
  ]);
  assert.throws(() => readSegments("#EXTINF:6,\nseg-00000.m4s\n", "ts"), /wanted seg-00000\.ts/);
  assert.equal(
    mediaPlaylist(some, true, "ts"),
    "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXT-X-MEDIA-SEQUENCE:0\n" +
      "#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-START:TIME-OFFSET=0\n" +
      "#EXTINF:10.013600,\nseg-00000.ts\n#EXT-X-ENDLIST\n",
  );
  const ladder = plan({ sampleRate: 48_000, channels: 2, bits: 16, lossless: true }, "ts");
  assert.equal(
    masterPlaylist(ladder.map((rendition) => ({ rendition, bandwidth: 2, averageBandwidth: 1 }))),
    "#EXTM3U\n#EXT-X-VERSION:3\n" +
      ["aac-128", "aac-192", "aac-320"].map((name) =>
        '#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="mp4a.40.2"\n' +
        `${name}/index.m3u8\n`
      ).join(""),
  );
});

Deno.test("[U7] bandwidths are true: the peak over whole segments, the average over all", () => {
  const segments = [segment(0, 6, 60_000), segment(1, 6, 120_000), segment(2, 0.1, 50_000)];
  const { bandwidth, averageBandwidth } = measureBandwidth(segments);
  // The last crumb counts only together with the segment before it.
  assert.equal(bandwidth, Math.ceil(170_000 * 8 / 6.1));
  assert.equal(averageBandwidth, Math.ceil(230_000 * 8 / 12.1));
  assert.deepEqual(measureBandwidth([segment(0, 0.2, 1_000)]), {
    bandwidth: 40_000,
    averageBandwidth: 40_000,
  });
  // Longer segments, longer runs: here the crumb still belongs to a run.
  const long = [segment(0, 10, 60_000), segment(1, 4.9, 90_000)];
  assert.equal(measureBandwidth(long, "ts").bandwidth, Math.ceil(150_000 * 8 / 14.9));
});

Deno.test("[U7] the master playlist names each rendition with CODECS and both bandwidths", () => {
  const entries = plan({ sampleRate: 48_000, channels: 2, bits: 16, lossless: true }).map(
    (rendition) => ({ rendition, bandwidth: 2, averageBandwidth: 1 }),
  );
  const lines = masterPlaylist(entries).split("\n");
  assert.equal(
    lines[3],
    '#EXT-X-STREAM-INF:BANDWIDTH=2,AVERAGE-BANDWIDTH=1,CODECS="mp4a.40.2"',
  );
  assert.equal(lines[4], "aac-128/index.m3u8");
  assert.equal(lines.filter((line) => line.startsWith("#EXT-X-STREAM-INF")).length, 5);
});
