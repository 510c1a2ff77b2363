/**
 * Compares what all clients saw, what they were answered, and what the database has; says in words
 * what was promised and did not hold (C4, C5, C6). Pure.
 */
import type { Gap, Journal } from "./journal.ts";

/** A row of a room's log. */
export interface Stored {
  readonly roomId: string;
  readonly seq: number;
  readonly messageId: string;
  readonly word: string;
}

/** So many faults of a kind are told; the rest are as many more of the same. */
const MOST_TOLD = 5;

/** What was promised and did not hold; empty when all did. Everything has come to rest before. */
export function faultsOf(journals: readonly Journal[], stored: readonly Stored[]): string[] {
  const faults: string[] = [];
  const told = new Map<string, number>();
  const fault = (kind: string, words: string) => {
    const count = (told.get(kind) ?? 0) + 1;
    told.set(kind, count);
    if (count <= MOST_TOLD) faults.push(`${kind}: ${words}`);
  };
  const logs = Map.groupBy(stored.toSorted((a, b) => a.seq - b.seq), ({ roomId }) => roomId);
  const places = Map.groupBy(stored, ({ word }) => word);

  for (const [roomId, log] of logs) {
    log.forEach(({ seq }, at) => {
      if (seq !== at + 1) fault("hole", `${roomId} has ${seq} where ${at + 1} belongs`);
    });
  }
  for (const [word, rows] of places) {
    if (rows.length > 1) fault("doubled", `"${word}" is stored ${rows.length} times`);
  }
  for (const { client, sent, acked, taken, disorder } of journals) {
    for (const words of disorder) fault("disorder", `${client}: ${words}`);
    for (const { word, seq } of acked) {
      const rows = places.get(word) ?? [];
      if (rows.length === 0) fault("lost", `"${word}" was acked as ${seq} and is not stored`);
      else if (rows[0]!.seq !== seq) {
        fault("order", `"${word}" was acked as ${seq} and is stored as ${rows[0]!.seq}`);
      }
    }
    for (const { word } of sent) {
      if (!places.has(word)) fault("never stored", `"${word}", though its client went on to try`);
    }
    for (const [roomId, entries] of Map.groupBy(taken, (one) => one.roomId)) {
      const log = logs.get(roomId) ?? [];
      entries.forEach(({ seq, messageId }, at) => {
        const wanted = (entries[0]?.seq ?? 1) + at;
        if (seq !== wanted) fault("hole", `${client} has ${seq} of ${roomId} after ${wanted - 1}`);
        const row = log[seq - 1];
        if (row?.messageId === messageId) return;
        fault("order", `${client} saw ${messageId} as ${seq} of ${roomId}, not ${row?.messageId}`);
      });
      const last = entries.at(-1)?.seq ?? 0;
      if (last < log.length) fault("behind", `${client} has ${last} of ${log.length} of ${roomId}`);
    }
  }
  for (const [kind, count] of told) {
    if (count > MOST_TOLD) faults.push(`${kind}: ${count - MOST_TOLD} more`);
  }
  return faults;
}

/**
 * When a client was without service: it had no line to all its rooms, or waited for an answer.
 * What touches is one gap.
 */
export function gapsOf({ sent, acked, taken, offline }: Journal): Gap[] {
  const answered = new Map(acked.map(({ word, at }) => [word, at]));
  const known = new Set(taken.map(({ word }) => word));
  const waits = sent.flatMap(({ word, at }): Gap[] => {
    const until = answered.get(word);
    // some come by the log instead, when their line is there again: that gap is counted already
    return until === undefined ? (known.has(word) ? [] : [{ from: at, until: Infinity }]) : [{
      from: at,
      until,
    }];
  });
  const gaps: Gap[] = [];
  for (const gap of [...offline, ...waits].sort((a, b) => a.from - b.from)) {
    const last = gaps.at(-1);
    if (last && gap.from <= last.until) {
      gaps[gaps.length - 1] = { ...last, until: Math.max(last.until, gap.until) };
    } else gaps.push(gap);
  }
  return gaps;
}

/** The longest gap of each client after each of these times, until the next of them, in ms. */
export function longestGaps(journals: readonly Journal[], times: readonly number[]): number[] {
  const windows = times.map((from, at) => ({ from, until: times[at + 1] ?? Infinity }));
  return journals.flatMap((journal) => {
    const gaps = gapsOf(journal);
    return windows.map(({ from, until }) => {
      const inside = gaps.filter((gap) => gap.until > from && gap.from < until);
      return Math.max(0, ...inside.map((gap) => gap.until - Math.max(gap.from, from)));
    });
  });
}

/** The longest gap of all, in words; times since `began`. */
export function worstGap(journals: readonly Journal[], began: number): string {
  const length = ({ from, until }: Gap) => until - from;
  const all = journals.flatMap((journal) =>
    gapsOf(journal).map((gap) => ({ journal, gap, ms: length(gap) }))
  );
  const worst = all.toSorted((a, b) => b.ms - a.ms)[0];
  if (!worst) return "nobody's";
  const { journal, gap } = worst;
  const offline = journal.offline.filter(({ from }) => from >= gap.from && from <= gap.until)
    .reduce((sum, one) => sum + length(one), 0);
  const seconds = (ms: number) => (ms / 1_000).toFixed(1);
  return `${journal.client}'s, from ${seconds(gap.from - began)} s on, ` +
    `${seconds(offline)} s of it without a line`;
}

/** The value that this share of them does not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0;
}
