/** Tests of the actor of a live stream: what it saves and tells, and what time does to it. */
import { deepEqual, equal } from "node:assert/strict";
import { Rejection } from "../domain/errors.ts";
import type { NewEvent } from "../domain/events.ts";
import type { LiveNews } from "../domain/live_news.ts";
import type { LiveStream } from "../domain/live_stream.ts";
import { type Health, type LiveRows, liveStream } from "./live_stream.ts";
import { fakeClock, memoryReminders, refusal, settled, testSystem } from "./runtime/testing.ts";
import { driveActor } from "./runtime/testing_actor.ts";

const ID = "019a0000-0000-7000-8000-000000000001";
const HEALTH: Health = {
  ...{ last: { sequence: 9, capturedUs: "180000", atMs: 5 } },
  ...{ listeners: 3, bitrate: 96_000, received: 10, missing: 0, refused: 0, recording: null },
};
const BEGIN = {
  by: {
    ...{ hostId: "anna", via: "browser" as const },
    source: { codec: "opus", channels: 2, frameSamples: 960 } as const,
  },
};

/** One stream, fenced as the database fences it. */
function oneStream(more: Partial<LiveStream> = {}, now = () => 0) {
  let epoch = 0;
  let savedAt = now();
  let slow: Promise<void> | null = null;
  let stream: LiveStream = {
    ...{ id: ID, hostId: "anna", coHostId: null, roomId: "r", title: "Night shift" },
    ...{ description: "", visibility: "public", record: false, status: "idle", scheduledAt: null },
    ...{ keyGeneration: 1, liveEpoch: 0, onAirId: null, via: null, source: null, lastFrame: null },
    ...{ peakListeners: 0, startedAt: null, lostAt: null, endedAt: null, recordingTrackId: null },
    createdAt: 0,
    ...more,
  };
  const events: string[] = [];
  const rows: LiveRows = {
    open: (id) => Promise.resolve(id === ID ? { stream, epoch: ++epoch, savedAt } : null),
    async save(_id, by, change, told: readonly NewEvent[] = []) {
      await slow;
      if (by !== epoch) throw new Rejection("fenced");
      stream = { ...stream, ...change };
      savedAt = now();
      events.push(...told.map(({ eventType }) => eventType));
    },
    remove: () => Promise.resolve(),
  };
  return {
    rows,
    events,
    stream: () => stream,
    /** Nothing is saved until the answer is called. */
    stall() {
      const { promise, resolve } = Promise.withResolvers<void>();
      slow = promise;
      return resolve;
    },
  };
}

const KEYED = { by: { ...BEGIN.by, via: "encoder" as const, keyGeneration: 1 } };

function driven(of = oneStream(), clock = fakeClock()) {
  const told: LiveNews[] = [];
  const ended: string[] = [];
  const actor = driveActor(
    liveStream({
      rows: of.rows,
      tell: (_id, news) => told.push(news),
      now: () => clock.now(),
      onEnded: ({ id }) => ended.push(id),
    }),
    ID,
    { clock, reminders: memoryReminders(clock) },
  );
  const states = () =>
    told.filter(({ type }) => type !== "hands")
      .map((news) => news.type === "state" ? news.status : news.type);
  const hands = () => told.flatMap((news) => news.type === "hands" ? [news.raised.join()] : []);
  const ask = async <T>(call: Promise<T>): Promise<T> => {
    await actor.rest();
    return await call;
  };
  return { ...of, actor, clock, told, states, hands, ended, ask };
}

Deno.test("[L6] a host who is silent for 6 s is lost, and 30 s after their last sign it has ended for good", async () => {
  const { actor, clock, states, stream, ended, events, ask } = driven();
  await using _ = actor;
  equal((await ask(actor.send.begin(BEGIN))).epoch, 1);
  for (let n = 0; n < 5; n++) {
    await clock.advance(2_000);
    deepEqual(await ask(actor.send.alive({ epoch: 1, hostId: "anna", health: HEALTH })), {
      epoch: 1,
      status: "live",
    });
  }
  deepEqual([stream().lastFrame, stream().peakListeners], [HEALTH.last, 3]);
  await clock.advance(7_100);
  deepEqual(states(), ["live", "reconnecting"]);
  await clock.advance(22_000);
  equal(stream().status, "reconnecting");
  await clock.advance(3_000);
  deepEqual([states(), ended], [["live", "reconnecting", "ended"], [ID]]);
  deepEqual(events, ["live.stream.started.v1", "live.stream.ended.v1"]);
  const again = actor.send.begin(BEGIN);
  await actor.rest();
  equal(await refusal(again), "stream_ended");
});

Deno.test("[L6] who returns within the grace goes on with the same stream, in the next epoch", async () => {
  const { actor, clock, states, stream, ask } = driven();
  await using _ = actor;
  await ask(actor.send.begin(BEGIN));
  await ask(actor.send.lost({ epoch: 1, last: HEALTH.last }));
  await clock.advance(29_000);
  const { epoch, last } = await ask(actor.send.begin(BEGIN));
  deepEqual([epoch, last], [2, HEALTH.last]);
  await ask(actor.send.lost({ epoch: 1, last: null }));
  equal(stream().status, "live", "news of the connection before are old");
  for (let n = 0; n < 30; n++) {
    await clock.advance(2_000);
    await ask(actor.send.alive({ epoch: 2, hostId: "anna", health: HEALTH }));
  }
  deepEqual(states(), ["live", "reconnecting", "live"]);
});

Deno.test("[L6] the grace ends also when all that waited for it was lost", async () => {
  const of = oneStream({ status: "reconnecting", liveEpoch: 1, lostAt: 0, startedAt: 0 });
  const { actor, clock, stream, ask } = driven(of);
  await using _ = actor;
  await ask(actor.send.look());
  await clock.advance(31_500);
  equal(stream().status, "ended");
});

Deno.test("[L6] a stream whose actor died with its node is woken, and ends, though nobody asks for it", async () => {
  const clock = fakeClock();
  const reminders = memoryReminders(clock);
  const of = oneStream();
  const actor = () => liveStream({ rows: of.rows, tell: () => {}, now: () => clock.now() });
  const first = testSystem({ clock, reminders });
  const stream = first.system.host(actor()).get(ID);
  const begun = stream.begin(BEGIN);
  await clock.advance(0);
  const lost = stream.lost({ epoch: (await begun).epoch, last: HEALTH.last });
  await clock.advance(0);
  await lost;
  await first.end();
  equal(of.stream().status, "reconnecting");
  const next = testSystem({ clock, reminders });
  next.system.host(actor());
  await clock.advance(28_000);
  equal(of.stream().status, "reconnecting");
  await clock.advance(5_000);
  equal(of.stream().status, "ended");
  await next.end();
});

Deno.test("[L6] a node that dies with its actor and its host: the grace began with their death", async () => {
  const clock = fakeClock();
  const reminders = memoryReminders(clock);
  const of = oneStream({}, () => clock.now());
  const actor = () => liveStream({ rows: of.rows, tell: () => {}, now: () => clock.now() });
  const first = testSystem({ clock, reminders });
  const begun = first.system.host(actor()).get(ID).begin(BEGIN);
  await clock.advance(0);
  await begun;
  await first.end();
  equal(of.stream().status, "live");
  const next = testSystem({ clock, reminders });
  next.system.host(actor());
  await clock.advance(20_000);
  equal(of.stream().status, "reconnecting");
  await clock.advance(9_000);
  equal(of.stream().status, "reconnecting");
  await clock.advance(3_500);
  equal(of.stream().status, "ended");
  await next.end();
});

Deno.test("[L2] a key that was changed lets nobody begin, and nobody go on, who came with it", async () => {
  const { actor, ask, stream } = driven();
  await using _ = actor;
  await ask(actor.send.rekey(null));
  const begun = actor.send.begin(KEYED);
  await actor.rest();
  equal(await refusal(begun), "unauthenticated");
  const by = { ...KEYED.by, keyGeneration: stream().keyGeneration };
  const { epoch } = await ask(actor.send.begin({ by }));
  const connection = { ...by, epoch, health: HEALTH };
  equal((await ask(actor.send.alive(connection))).status, "live");
  await ask(actor.send.rekey(null));
  const alive = actor.send.alive(connection);
  await actor.rest();
  equal(await refusal(alive), "unauthenticated");
});

Deno.test("[L9] an actor that died with its node takes the host for alive until 6 s have passed", async () => {
  const of = oneStream({ status: "live", liveEpoch: 4, onAirId: "anna", startedAt: 0 });
  const later = fakeClock();
  await later.advance(3_600_000); // it has been on air for an hour
  const { actor, clock, states, ask } = driven(of, later);
  await using _ = actor;
  await ask(actor.send.look());
  await clock.advance(3_000);
  for (let n = 0; n < 10; n++) {
    await clock.advance(2_000);
    await ask(actor.send.alive({ epoch: 4, hostId: "anna", health: HEALTH }));
  }
  deepEqual(states(), []);
  await clock.advance(8_000);
  deepEqual(states(), ["reconnecting"]);
  await ask(actor.send.alive({ epoch: 4, hostId: "anna", health: HEALTH }));
  deepEqual(states(), ["reconnecting", "live"], "its node was only cut off");
});

Deno.test("[L9] a slow database is no silence of the host", async () => {
  const { actor, clock, states, stall, ask } = driven();
  await using _ = actor;
  await ask(actor.send.begin(BEGIN));
  await clock.advance(1_900);
  const go = stall();
  const first = actor.send.alive({ epoch: 1, hostId: "anna", health: HEALTH });
  await actor.next();
  await clock.advance(4_000);
  clock.block(10_000);
  go();
  await first.catch(() => {}); // its deadline has passed
  await settled();
  await clock.advance(2_000);
  deepEqual(states(), ["live"]);
  await ask(actor.send.alive({ epoch: 1, hostId: "anna", health: HEALTH }));
  await clock.advance(3_000);
  deepEqual(states(), ["live"]);
});

Deno.test("[L2] stop skips the grace, and comes once", async () => {
  const { actor, states, ended, events, ask } = driven();
  await using _ = actor;
  await ask(actor.send.begin(BEGIN));
  equal((await ask(actor.send.stop(null))).status, "ended");
  equal((await ask(actor.send.stop(null))).status, "ended");
  deepEqual([states(), ended.length], [["live", "ended"], 1]);
  equal(events.filter((type) => type === "live.stream.ended.v1").length, 1);
});

Deno.test("[L2] started and nobody comes: after a minute it is idle again", async () => {
  const { actor, clock, states, ask } = driven();
  await using _ = actor;
  await ask(actor.send.start(null));
  await clock.advance(62_000);
  deepEqual(states(), ["live", "idle"]);
});

Deno.test("[L6] a program that was not told of its beginning begins again", async () => {
  const { actor, ask } = driven();
  await using _ = actor;
  const by = { ...BEGIN.by, program: "tab" };
  await ask(actor.send.begin({ by }));
  equal((await ask(actor.send.begin({ by }))).epoch, 2);
  equal((await ask(actor.send.begin({ by: { ...by, resume: 2 } }))).epoch, 3);
  equal((await ask(actor.send.begin({ by: { ...BEGIN.by, resume: 2 } }))).epoch, 4);
  const other = actor.send.begin({ by: { ...by, program: "another" } });
  await actor.rest();
  equal(await refusal(other), "conflict");
});

Deno.test("[L6] who was overtaken before they were told that they had begun does not come back", async () => {
  const { actor, ask } = driven(oneStream({ coHostId: "ben" }));
  await using _ = actor;
  const ben = { ...BEGIN.by, hostId: "ben", program: "ben's" };
  await ask(actor.send.begin({ by: { ...BEGIN.by, program: "anna's" } }));
  await ask(actor.send.begin({ by: ben }));
  await ask(actor.send.begin({ by: { ...BEGIN.by, program: "anna's, again" } }));
  const again = actor.send.begin({ by: ben });
  await actor.rest();
  equal(await refusal(again), "handed_over");
  equal((await ask(actor.send.begin({ by: { ...ben, program: "ben's, again" } }))).epoch, 4);
});

Deno.test("[L6] whose invitation is taken back is off air at once, and does not come back", async () => {
  const of = oneStream({ coHostId: "ben" });
  const { actor, states, stream, ask } = driven(of);
  await using _ = actor;
  await ask(actor.send.begin(BEGIN));
  const { epoch } = await ask(actor.send.begin({ by: { ...BEGIN.by, hostId: "ben" } }));
  await ask(actor.send.change({ coHostId: null }));
  equal(stream().status, "reconnecting");
  const alive = actor.send.alive({ epoch, hostId: "ben", health: HEALTH });
  await actor.rest();
  equal(await refusal(alive), "forbidden", "its node closes the connection");
  equal(stream().status, "reconnecting");
  equal((await ask(actor.send.begin(BEGIN))).epoch, 3, "the host goes on");
  deepEqual(states(), ["live", "live", "reconnecting", "visibility", "live"]);
});

Deno.test("[L8] hands are told in their order, and are gone with the stream's end", async () => {
  const { actor, hands, ask } = driven();
  await using _ = actor;
  const raise = (id: string, isUp = true) =>
    actor.send.hand({ who: { id, username: id, displayName: id }, isUp });
  const early = raise("ben");
  await actor.rest();
  equal(await refusal(early), "conflict", "nobody is on air");
  await ask(actor.send.begin(BEGIN));
  for (const id of ["ben", "carl", "ben"]) await ask(raise(id));
  deepEqual((await ask(actor.send.look())).hands.map(({ id }) => id), ["ben", "carl"]);
  await ask(raise("ben", false));
  await ask(actor.send.stop(null));
  deepEqual(hands(), ["ben", "ben,carl", "carl", ""]);
});

Deno.test("[L8] a hand of which no node tells goes down after 6 s: its listener's node has died", async () => {
  const { actor, clock, hands, ask } = driven();
  await using _ = actor;
  await ask(actor.send.start(null));
  for (const id of ["ben", "carl"]) {
    await ask(actor.send.hand({ who: { id, username: id, displayName: id }, isUp: true }));
  }
  for (let n = 0; n < 3; n++) {
    await clock.advance(2_000);
    deepEqual(await ask(actor.send.uphold(["ben", "dora"])), ["ben"]);
  }
  await clock.advance(2_000);
  deepEqual(hands(), ["ben", "ben,carl", "ben"]);
});

Deno.test("[L7] since when a recording goes as it does is known to its host, and only while it goes", async () => {
  const { actor, clock, ask } = driven();
  await using _ = actor;
  await ask(actor.send.begin(BEGIN));
  const since = async () => (await ask(actor.send.look())).recordingSince;
  const alive = (recording: Health["recording"]) =>
    ask(actor.send.alive({ epoch: 1, hostId: "anna", health: { ...HEALTH, recording } }));
  equal(await since(), null);
  await alive("recording");
  const began = await since();
  await clock.advance(2_000);
  await alive("recording");
  equal(await since(), began);
  await alive("interrupted");
  equal(await since(), clock.now());
  await alive(null);
  equal(await since(), null);
});
