/** Tests of the window of a live playlist. */
import assert from "node:assert/strict";
import { emptyWindow, KEPT, LISTED, livePlaylist, withSegment } from "./live_playlist.ts";

const segment = (number: number, isBreak = false) => ({
  name: `1-1-seg-${String(number).padStart(5, "0")}.m4s`,
  seconds: 2.005333,
  init: number < 15 ? "1-1-init.mp4" : "2-1-init.mp4",
  isBreak,
});

Deno.test("[L4] a live playlist goes on in its numbers, over breaks and what has left it", () => {
  let window = emptyWindow("fmp4");
  const gone: string[] = [];
  for (let number = 0; number < 50; number++) {
    const added = withSegment(window, segment(number, number === 15));
    window = added.window;
    gone.push(...added.gone);
    const lines = livePlaylist(window, false).split("\n");
    const first = Number(lines.find((one) => one.startsWith("#EXT-X-MEDIA-SEQUENCE"))?.slice(22));
    const names = lines.filter((one) => one.startsWith("hls/") && one.endsWith(".m4s"));
    assert.equal(names.length, Math.min(number + 1, LISTED));
    assert.equal(names[0], `hls/${segment(first).name}`, "its number is the segment's");
    const breaks = Number(
      lines.find((one) => one.startsWith("#EXT-X-DISCONTINUITY-SEQUENCE"))?.slice(30),
    );
    assert.equal(
      breaks + lines.filter((one) => one === "#EXT-X-DISCONTINUITY").length,
      +(number >= 15),
    );
    // each list says what goes before its first segment
    assert.ok(lines.findIndex((one) => one.startsWith("#EXT-X-MAP")) < lines.indexOf(names[0]!));
  }
  assert.equal(window.segments.length, KEPT);
  assert.ok(gone.includes("1-1-init.mp4"));
  assert.equal(gone.filter((name) => name.includes("seg")).length, 50 - KEPT);
  assert.match(livePlaylist(window, true), /#EXT-X-ENDLIST\n$/);
});

Deno.test("[L4] a list has at least five segments, of two seconds", () => {
  assert.ok(LISTED >= 5);
  assert.match(
    livePlaylist(
      withSegment(emptyWindow("ts"), {
        ...segment(0),
        init: null,
      }).window,
      false,
    ),
    /#EXT-X-TARGETDURATION:2\n/,
  );
});
