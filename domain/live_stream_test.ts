/** Tests of the rules of a stream: who is on air, and what time does. */
import { deepEqual, equal, throws } from "node:assert/strict";
import { isRejection } from "./errors.ts";
import { Id } from "./ids.ts";
import {
  begin,
  change,
  elapse,
  end,
  GRACE_LEFT_MS,
  GRACE_MS,
  type LiveStream,
  lose,
  revive,
  SILENT_MS,
  start,
  WAIT_MS,
} from "./live_stream.ts";

const NOW = 1_700_000_000_000;
const ANNA = "019a0000-0000-7000-8000-00000000000a";
const idle: LiveStream = {
  ...{ id: "s", hostId: ANNA, coHostId: null, roomId: "r", title: "Night shift" },
  ...{ description: "", visibility: "public", record: false, status: "idle", scheduledAt: null },
  ...{ keyGeneration: 1, liveEpoch: 0, onAirId: null, via: null, source: null, lastFrame: null },
  ...{ peakListeners: 0, startedAt: null, lostAt: null, endedAt: null, recordingTrackId: null },
  createdAt: NOW,
};
const source = { codec: "opus", channels: 2, frameSamples: 960 } as const;
const by = (hostId: string, resume?: number) => ({
  hostId,
  via: "browser" as const,
  source,
  resume,
});
const after = (stream: LiveStream, change: object | null): LiveStream => ({ ...stream, ...change });
const live = after(idle, begin(idle, by(ANNA), NOW));
/** One who has listened from the beginning, and heard of the host at `aliveAt`. */
const heard = (aliveAt: number, since = 0) => ({ aliveAt, since });
const refuses = (work: () => unknown, code: Parameters<typeof isRejection>[1]) =>
  throws(work, (error) => isRejection(error, code), code);

Deno.test("[L3] a host that begins is on air, in the next epoch", () => {
  deepEqual(
    [live.status, live.liveEpoch, live.onAirId, live.startedAt],
    ["live", 1, ANNA, NOW],
  );
  const lost = after(live, lose(live, 1, NOW + 5));
  const back = after(lost, begin(lost, by(ANNA), NOW + 9));
  deepEqual([back.liveEpoch, back.startedAt, back.lostAt], [2, NOW, null]);
});

Deno.test("[L6] one host at a time: who may take over, and who may not", () => {
  refuses(() => begin(live, by(ANNA), NOW), "conflict");
  refuses(() => begin(live, by(ANNA, 7), NOW), "conflict");
  refuses(() => begin(idle, by("ben"), NOW), "forbidden");
  refuses(() => begin(live, by("ben"), NOW), "forbidden");
  const invited = { ...live, coHostId: "ben" };
  equal(begin(live, by(ANNA, 1), NOW).liveEpoch, 2, "the same program by a new connection");
  const taken = after(invited, begin(invited, by("ben"), NOW));
  equal(taken.onAirId, "ben");
  refuses(() => begin(taken, by("ben"), NOW), "conflict");
  equal(begin(taken, by(ANNA), NOW).onAirId, ANNA, "the owner takes it back");
  refuses(() => begin(taken, { ...by(ANNA), resume: 1 }, NOW), "handed_over");
  refuses(() => begin({ ...taken, coHostId: null }, by("ben"), NOW), "forbidden");
});

Deno.test("[L6] two hosts in turn, and both lines break: who took over last is the one who returns", () => {
  const invited = { ...live, coHostId: "ben" };
  const lost = after(invited, lose(invited, 1, NOW));
  const taken = after(lost, begin(lost, by("ben"), NOW));
  const waits = after(taken, lose(taken, 2, NOW));
  refuses(() => begin(waits, by(ANNA, 1), NOW), "handed_over");
  equal(begin(waits, by("ben", 2), NOW).onAirId, "ben");
  equal(begin(waits, by(ANNA), NOW).onAirId, ANNA, "she asks for it again");
  const back = after(waits, begin(waits, by(ANNA), NOW));
  refuses(() => begin(after(back, lose(back, 3, NOW)), by("ben", 2), NOW), "handed_over");
});

Deno.test("[L6] a page returns to a stream that its own host's encoder had meanwhile", () => {
  const lost = after(live, lose(live, 1, NOW));
  const encoder = after(lost, begin(lost, { ...by(ANNA), via: "encoder" }, NOW));
  refuses(() => begin(encoder, by(ANNA, 1), NOW), "conflict");
  equal(begin(after(encoder, lose(encoder, 2, NOW)), by(ANNA, 1), NOW).liveEpoch, 3);
});

Deno.test("[L6] an encoder, which comes again by itself, takes nothing from whom its host invited", () => {
  const encoder = { ...by(ANNA), via: "encoder" as const };
  const first = after(idle, begin(idle, encoder, NOW));
  const invited = { ...first, coHostId: "ben" };
  const taken = after(invited, begin(invited, by("ben"), NOW));
  refuses(() => begin(taken, encoder, NOW + 3_600_000), "handed_over");
  const lost = after(taken, lose(taken, 2, NOW));
  refuses(() => begin(lost, encoder, NOW + 9_999), "handed_over");
  equal(begin(lost, by("ben", 2), NOW + 1).onAirId, "ben", "their line had only broken");
  equal(begin(lost, encoder, NOW + 10_000).onAirId, ANNA);
  equal(begin(taken, by(ANNA), NOW).onAirId, ANNA, "she takes over herself");
  const withdrawn = after(taken, change(taken, { coHostId: null }, NOW));
  equal(begin(withdrawn, encoder, NOW).onAirId, ANNA, "or takes the invitation back");
});

Deno.test("[L6] a host whose `begun` was lost with its line takes its own place", () => {
  const words = { ...by(ANNA), program: "tab" };
  const first = after(idle, begin(idle, words, NOW));
  equal(begin(first, words, NOW, words).liveEpoch, 2, "by the name of its program");
  refuses(() => begin(first, { ...words, program: "another" }, NOW, words), "conflict");
  const copied = { ...words, resume: 1, program: "its copy" };
  const back = after(first, begin(first, { ...words, resume: 1 }, NOW, words));
  refuses(
    () => begin(back, copied, NOW, { ...words, resume: 1 }),
    "conflict",
  ); // a tab that was duplicated has the epoch, and another name
  refuses(() => begin(first, words, NOW), "conflict"); // who is on air came in an earlier life
  const again = by(ANNA, 1);
  const second = after(first, begin(first, again, NOW, words));
  equal(begin(second, again, NOW, again).liveEpoch, 3, "by the epoch that it came with");
  refuses(() => begin(second, by(ANNA), NOW, by(ANNA)), "conflict");
  const invited = { ...second, coHostId: "ben" };
  const taken = after(invited, begin(invited, by("ben"), NOW));
  refuses(() => begin(taken, again, NOW, again), "handed_over");
});

Deno.test("[L6] the grace is 30 s from the loss; ended is final", () => {
  equal(lose(live, 0, NOW), null, "news of an earlier connection");
  const lost = after(live, lose(live, 1, NOW));
  deepEqual([lost.status, lost.lostAt], ["reconnecting", NOW]);
  equal(elapse(lost, heard(NOW), NOW + GRACE_MS - 1), null);
  const ended = after(lost, elapse(lost, heard(NOW), NOW + GRACE_MS));
  deepEqual([ended.status, ended.endedAt, GRACE_MS], ["ended", NOW + GRACE_MS, 30_000]);
  equal(end(ended, NOW), null);
  equal(lose(ended, 1, NOW), null);
  equal(revive(ended, 1, ANNA), null);
  refuses(() => begin(ended, by(ANNA), NOW), "stream_ended");
  refuses(() => start(ended, NOW), "stream_ended");
});

Deno.test("[L6] a host that is not heard of for 6 s is lost, and found again when it is", () => {
  equal(elapse(live, heard(NOW), NOW + SILENT_MS - 1), null);
  const lost = after(live, elapse(live, heard(NOW), NOW + SILENT_MS));
  deepEqual([lost.status, lost.lostAt], ["reconnecting", NOW], "since the last sign of life");
  equal(revive(lost, 0, ANNA), null);
  deepEqual(revive(lost, 1, ANNA), { status: "live", onAirId: ANNA, lostAt: null });
});

Deno.test("[L6] who was not there to hear a host listens first, and the grace began before that", () => {
  const since = NOW + 12_000;
  equal(elapse(live, heard(NOW, since), since + SILENT_MS - 1), null);
  const lost = after(live, elapse(live, heard(NOW, since), since + SILENT_MS));
  deepEqual([lost.status, lost.lostAt], ["reconnecting", NOW]);
  // all was away: the host could not return meanwhile
  const later = NOW + 3_600_000;
  const late = after(live, elapse(live, heard(NOW, later), later + SILENT_MS));
  equal(elapse(late, heard(NOW, later), later + SILENT_MS + GRACE_LEFT_MS - 1), null);
  equal(elapse(late, heard(NOW, later), later + SILENT_MS + GRACE_LEFT_MS)?.status, "ended");
});

Deno.test("[L2] a stream that was started waits for a host, a minute long", () => {
  const started = after(idle, start(idle, NOW));
  deepEqual([started.status, started.onAirId, start(started, NOW)], ["live", null, null]);
  equal(elapse(started, heard(NOW), NOW + WAIT_MS - 1), null);
  deepEqual(elapse(started, heard(NOW), NOW + WAIT_MS), { status: "idle", startedAt: null });
  equal(begin(started, by(ANNA), NOW + 9).startedAt, NOW + 9, "it begins with its host");
});

Deno.test("[L7] whether it is recorded is settled when it begins", () => {
  equal(change(idle, { record: true }, 0).record, true);
  refuses(() => change(live, { record: true }, 0), "conflict");
  deepEqual(change(live, { record: false, title: "Dawn" }, 0), { record: false, title: "Dawn" });
  refuses(() => change(idle, { coHostId: Id.parse(idle.hostId) }, 0), "invalid");
  deepEqual(change(idle, { scheduledAt: "2026-12-01T20:00:00Z" }, 0), {
    scheduledAt: Date.UTC(2026, 11, 1, 20),
  });
});

Deno.test("[L6] an invitation that is taken back ends what came of it, and nothing else", () => {
  const invited = { ...live, coHostId: "ben" };
  deepEqual(change(invited, { coHostId: null }, NOW), { coHostId: null }, "the host is on air");
  const taken = after(invited, begin(invited, by("ben"), NOW));
  deepEqual(change(taken, { title: "Dawn" }, NOW), { title: "Dawn" });
  const back = after(taken, change(taken, { coHostId: null }, NOW));
  deepEqual([back.status, back.lostAt], ["reconnecting", NOW]);
  equal(revive(back, back.liveEpoch, "ben"), null, "their node is not believed");
  refuses(() => begin(back, by("ben"), NOW), "forbidden");
  equal(begin(back, by(ANNA), NOW).status, "live");
  equal(begin(back, by(ANNA, 1), NOW).status, "live", "their line had only broken");
});
