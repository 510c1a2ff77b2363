/** Tests of the window of a live playlist. */
import assert from "node:assert/strict";
import {
  emptyWindow,
  filled,
  KEPT,
  LATE_MS,
  LISTED,
  livePlaylist,
  type LiveWindow,
  silentAt,
  withSegment,
} from "./live_playlist.ts";

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

const SILENCE = {
  init: "0-0-init.mp4",
  segments: [2, 2.1, 1.9].map((seconds, at) => ({ name: `0-0-seg-0000${at}.m4s`, seconds })),
};
/** A host's segments, the last of which came at 100 s. */
function stopped(segments: number): LiveWindow {
  let window: LiveWindow = { ...emptyWindow("fmp4"), silence: SILENCE };
  for (let number = 0; number < segments; number++) {
    window = withSegment(window, segment(number)).window;
  }
  return { ...window, at: 100_000 };
}
/** Each listed segment by its number. */
const numbered = ({ sequence, segments }: LiveWindow) =>
  segments.map((
    { name, isBreak },
    at,
  ) => [sequence + at, `${name}${isBreak ? " after a break" : ""}`]);

Deno.test("[L6] while the host is away silence is listed, at the pace it is heard", () => {
  const window = stopped(8);
  const added = (atMs: number) => filled(window, atMs).window.segments.length - 8;
  assert.equal(added(100_000 + LATE_MS - 1), 0);
  assert.equal(added(100_000 + LATE_MS), 1);
  assert.equal(added(100_000 + LATE_MS + 1_999), 1);
  assert.equal(added(100_000 + LATE_MS + 2_000), 2);
  const list = livePlaylist(filled(window, 100_000 + LATE_MS).window, false).trim().split("\n");
  assert.deepEqual(list.slice(-4), [
    "#EXT-X-DISCONTINUITY",
    '#EXT-X-MAP:URI="hls/0-0-init.mp4"',
    "#EXTINF:2.000000,",
    "hls/0-0-seg-00000.m4s",
  ]);
  assert.equal(filled({ ...window, silence: null }, 900_000).window.segments.length, 8);
  assert.equal(filled(emptyWindow("fmp4"), 900_000).window.segments.length, 0);
});

Deno.test("[L6] what was listed stays, whoever lists it and whenever the host comes back", () => {
  const window = stopped(12);
  const listed = new Map<number, string>();
  const check = (next: LiveWindow) => {
    for (const [number, name] of numbered(next) as [number, string][]) {
      assert.equal(listed.get(number) ?? name, name, `${number}`);
      listed.set(number, name);
    }
    assert.equal(next.sequence + next.segments.length, listed.size, "none is taken back");
  };
  let now = 100_000;
  for (; now < 180_000; now += 700) check(filled(window, now).window);
  // who adds the next has the slower clock, and knows
  const before = filled(window, now - 400 + 500);
  const back = withSegment(before.window, { ...segment(40), isBreak: true });
  check({ ...back.window, at: now });
  // silence that others have filled in by turns is the same as at once
  let byTurns = stopped(12);
  for (let at = 100_000; at <= 170_000; at += 1_300) byTurns = filled(byTurns, at).window;
  assert.deepEqual(
    numbered(filled(byTurns, 170_000 + LATE_MS).window),
    numbered(filled(window, 170_000 + LATE_MS).window),
  );
});

Deno.test("[L6] silence goes on from one segment to the next, and breaks off where it begins anew", () => {
  const { window } = filled(stopped(1), 100_000 + LATE_MS + 9_000);
  assert.deepEqual(
    window.segments.slice(1).map(({ name, isBreak }) => [name.slice(8, 13), isBreak]),
    [
      ["00000", true],
      ["00001", false],
      ["00002", false],
      ["00000", true],
      ["00001", false],
    ],
  );
  assert.equal(silentAt(window), 1);
  assert.equal(silentAt(withSegment(window, segment(3)).window), -1);
});

Deno.test("[L6] a host that is gone for days costs no more than one that is gone for hours", () => {
  const { window } = filled(stopped(1), 100_000 + 7 * 86_400_000);
  assert.ok(window.sequence < 11_000);
  assert.equal(window.segments.length, KEPT);
});
