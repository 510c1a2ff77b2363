/** The oracle itself: it sees each thing that it is there for, and nothing where nothing is wrong. */
import { deepStrictEqual as equal, match } from "node:assert/strict";
import { emptyJournal, type Journal } from "./journal.ts";
import { faultsOf, gapsOf, longestGaps, quantile, type Stored } from "./oracle.ts";

const roomId = "room";
const row = (seq: number): Stored => ({ roomId, seq, messageId: `m${seq}`, word: `w${seq}` });
const LOG = [1, 2, 3].map(row);

/** A client that wrote the second of three messages and saw all of them. */
const journal = (change: Partial<Journal> = {}): Journal => ({
  ...emptyJournal("anna"),
  sent: [{ roomId, word: "w2", at: 0 }],
  acked: [{ roomId, word: "w2", seq: 2, at: 10 }],
  taken: LOG,
  ...change,
});
const told = (change: Partial<Journal>, stored: readonly Stored[] = LOG) =>
  faultsOf([journal(change)], stored);

Deno.test("[C4] [C5] [C6] a log that all saw as it is stored has no fault", () => {
  equal(faultsOf([journal(), journal({ taken: LOG.slice(1) })], LOG), []);
});

Deno.test("[C4] what was acked and is not stored is lost; what is stored twice is doubled", () => {
  const acked = [{ roomId, word: "w9", seq: 4, at: 0 }];
  match(told({ acked })[0] ?? "", /^lost: "w9"/);
  const twice = [...LOG, { ...row(4), word: "w2" }];
  match(told({ taken: twice }, twice)[0] ?? "", /^doubled: "w2" is stored 2 times/);
  const sent = [{ roomId, word: "w9", at: 0 }];
  match(told({ sent })[0] ?? "", /^never stored: "w9"/);
});

Deno.test("[C4] [C6] another order, a hole, and an end that did not come are told", () => {
  const [one, two, three] = LOG as [Stored, Stored, Stored];
  const swapped = [one, { ...three, seq: 2 }, { ...two, seq: 3 }];
  match(told({ taken: swapped })[0] ?? "", /^order: anna saw m3 as 2 of room, not m2/);
  match(told({ taken: [one, three] })[0] ?? "", /^hole: anna has 3 of room after 1/);
  match(told({ taken: [one, two] })[0] ?? "", /^behind: anna has 2 of 3/);
  match(told({}, [one, two, { ...three, seq: 4 }])[0] ?? "", /^hole: room has 4 where 3 belongs/);
  match(
    told({ acked: [{ roomId, word: "w2", seq: 3, at: 0 }] })[0] ?? "",
    /^order: "w2" was acked as 3 and is stored as 2/,
  );
  equal(told({ disorder: ["2 came after 3"] }), ["disorder: anna: 2 came after 3"]);
});

Deno.test("[C6] many faults of one kind are told once and counted", () => {
  const acked = Array.from({ length: 8 }, (_, n) => ({ roomId, word: `x${n}`, seq: n, at: 0 }));
  const faults = told({ acked });
  equal([faults.length, faults.at(-1)], [6, "lost: 3 more"]);
});

Deno.test("[A13] a gap is the time without a line or an answer; what overlaps is one", () => {
  const sent = [1_000, 2_500, 9_000].map((at, n) => ({ roomId, word: `w${n}`, at }));
  const acked = [1_100, 6_000, 9_050].map((at, n) => ({ roomId, word: `w${n}`, seq: n + 1, at }));
  const one = journal({ sent, acked, offline: [{ from: 2_000, until: 4_000 }] });
  equal(gapsOf(one), [
    { from: 1_000, until: 1_100 },
    { from: 2_000, until: 6_000 },
    { from: 9_000, until: 9_050 },
  ]);
  equal(longestGaps([one], [1_500, 8_000]), [4_000, 50]);
  const unheard = journal({ sent: [{ roomId, word: "w9", at: 5 }], acked: [], offline: [] });
  equal(gapsOf(unheard), [{ from: 5, until: Infinity }]);
  equal(quantile([5, 1, 4, 2, 3], 0.5), 3);
  equal(quantile([5, 1, 4, 2, 3], 0.99), 5);
});
