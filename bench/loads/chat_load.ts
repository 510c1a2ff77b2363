/**
 * Load: members of rooms, each on a socket of its own, who write at a fixed rate whatever comes
 * back (an open loop). Runs on Node; takes orders as lines of JSON, and answers each by a line.
 */
import { Buffer } from "node:buffer";
import { performance } from "node:perf_hooks";
import process from "node:process";
import { createInterface } from "node:readline";
import { type Entrance, frameOf, Member, STAMP, STAMP_DIGITS } from "./chat_member.ts";

/** Who comes in, and where. */
export interface MemberOrder {
  readonly path: string;
  readonly room: string;
  /** Of the node that this one comes to; absent: the entrance's. */
  readonly port?: number;
}

/** Opens members, after which {@linkcode TrialOrder}s are taken. */
export interface OpenOrder {
  readonly order: "open";
  readonly members: readonly MemberOrder[];
  readonly entrance: Entrance;
  /** What each sends on entering; `ROOM` in it becomes its room. */
  readonly join?: string;
  /**
   * A message, all characters of it. `ROOM` becomes the room; `STAMP` the mark and the time; `COUNT`
   * twelve digits that are never the same.
   */
  readonly message: string;
  /** Bytes by which the copy of whoever sent a message is longer than that of the others. */
  readonly ackBytes: number;
  /** Members of each room who watch: they look at all that comes, and write nothing. */
  readonly watchers: number;
  /** Within this all have been told who is there, in ms. */
  readonly toldMs: number;
}

/** Writes for some time. */
export interface TrialOrder {
  readonly order: "trial";
  /** Messages a second, all members together. */
  readonly rate: number;
  readonly seconds: number;
}

/** Waits until nothing comes any more, so that several loads begin together. */
export interface QuietOrder {
  readonly order: "quiet";
}

export type Order = OpenOrder | TrialOrder | QuietOrder;

/** What came of a trial. */
export interface TrialFigures {
  readonly sent: number;
  /** Messages times members that they came to. */
  readonly deliveries: number;
  /** Messages times members that they should have come to. */
  readonly wanted: number;
  /** WebSocket frames in which these came. */
  readonly frames: number;
  readonly seconds: number;
  /** From when a message was due to when a watcher had read it, in ms; null when none came. */
  readonly p50: number | null;
  readonly p99: number | null;
  /** Members to whom not all came within the patience, or who were cut off. */
  readonly incomplete: number;
  /** Members whose socket is closed. */
  readonly cut: number;
  /** Which part of the time this process was at work. */
  readonly busy: number;
}

/** Where digits are written that are never the same. */
const COUNT = "#".repeat(12);
/** Members that open at once. */
const ENTERING = 50;
/** Before what counts, in seconds. */
const WARM_SECONDS = 0.4;
/** How long all must have come after the last was sent, in ms. */
const PATIENCE_MS = 2_000;
/** A trial begins when nothing came for this long, or after the most, in ms. */
const QUIET_MS = 100;
const QUIET_MOST_MS = 5_000;
/** More under way than this time's messages: it does not keep up. */
const BEHIND_SECONDS = 1;

/** A member's message, ready to be written: the moving parts are digits in place. */
interface Pen {
  readonly member: Member;
  readonly frame: Buffer;
  readonly stampAt: number;
  readonly countsAt: readonly number[];
}

/** The watchers and writers of one room. */
interface Room {
  readonly watchers: Member[];
  readonly members: Member[];
  sent: number;
}

const rooms = new Map<string, Room>();
const pens: Pen[] = [];
let ackBytes = 0;
/** Never the same in two runs: the server remembers what it was sent (C4). */
let count = Date.now() % 1_000_000 * 1_000_000;
let next = 0;

const nowUs = () => Math.round(performance.now() * 1_000);

function writeDigits(frame: Buffer, at: number, digits: number, value: number): void {
  for (let place = at + digits - 1; place >= at; place--) {
    frame[place] = 48 + value % 10;
    value = Math.floor(value / 10);
  }
}

function penOf(member: Member, room: string, message: string): Pen {
  const text = message.replaceAll("ROOM", room)
    .replace("STAMP", STAMP + "0".repeat(STAMP_DIGITS)).replaceAll("COUNT", COUNT);
  const frame = frameOf(Buffer.from(text));
  const stampAt = frame.indexOf(STAMP) + STAMP.length;
  const countsAt: number[] = [];
  for (let at = frame.indexOf(COUNT); at >= 0; at = frame.indexOf(COUNT, at + 1)) countsAt.push(at);
  return { member, frame, stampAt, countsAt };
}

function write({ member, frame, stampAt, countsAt }: Pen, dueUs: number): void {
  writeDigits(frame, stampAt, STAMP_DIGITS, dueUs);
  for (const at of countsAt) writeDigits(frame, at, COUNT.length, count);
  count += 1;
  member.write(Buffer.from(frame)); // copied: it may have to wait
  member.sent += 1;
}

async function open(order: OpenOrder): Promise<{ members: number }> {
  ackBytes = order.ackBytes;
  const waiting = [...order.members.entries()];
  const enter = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) {
      const { path, room: id, port = order.entrance.port } = one[1];
      const first = [
        ...order.entrance.first,
        ...order.join === undefined ? [] : [order.join.replaceAll("ROOM", id)],
      ];
      const member = new Member(path, { ...order.entrance, first, port });
      await member.ready;
      const room = rooms.get(id) ?? { watchers: [], members: [], sent: 0 };
      rooms.set(id, room);
      room.members.push(member);
    }
  };
  await Promise.all(Array.from({ length: ENTERING }, enter));
  const turns: { readonly turn: number; readonly pen: Pen }[] = [];
  for (const [id, room] of rooms) {
    // spread over the members: the last that are served wait longest
    const every = Math.max(1, Math.floor(room.members.length / order.watchers));
    const writers = room.members.filter((_, at) => at % every !== every - 1);
    room.watchers.push(...room.members.filter((_, at) => at % every === every - 1));
    const shuffled = writers.map((member) => ({ member, by: Math.random() }))
      .sort((a, b) => a.by - b.by);
    for (const [turn, { member }] of shuffled.entries()) {
      turns.push({ turn, pen: penOf(member, id, order.message) });
    }
  }
  // the rooms take turns, and in each its writers do
  pens.push(...turns.sort((a, b) => a.turn - b.turn).map(({ pen }) => pen));
  // who came in is told of a little later
  await new Promise((resolve) => setTimeout(resolve, order.toldMs));
  return { members: order.members.length };
}

const roomOf = new Map<Member, Room>();

/** Members to whom not all has come of what their room was sent. */
function incomplete(): number {
  let missing = 0;
  for (const { members, watchers, sent } of rooms.values()) {
    const payload = watchers[0]!.payload;
    for (const member of members) {
      const isWatcher = member.onStamp !== undefined;
      const isWhole = member.isOpen &&
        (isWatcher
          ? member.messages === sent
          : member.payload - member.sent * ackBytes === payload);
      if (!isWhole) missing += 1;
    }
  }
  return missing;
}

/** Waits until nothing comes any more of what was too much. */
async function quiet(): Promise<void> {
  const until = nowUs() + QUIET_MOST_MS * 1_000;
  const seen = () => {
    let sum = 0;
    for (const { members } of rooms.values()) for (const { payload } of members) sum += payload;
    return sum;
  };
  for (let before = -1, now = seen(); now !== before && nowUs() < until; now = seen()) {
    before = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
  }
}

async function trial({ rate, seconds }: TrialOrder): Promise<TrialFigures> {
  await quiet();
  const latencies: number[] = [];
  const began = nowUs();
  const countFrom = began + WARM_SECONDS * 1e6;
  const end = countFrom + seconds * 1e6;
  let frames = 0;
  for (const room of rooms.values()) {
    room.sent = 0;
    for (const member of room.members) {
      Object.assign(member, { frames: 0, payload: 0, messages: 0, sent: 0 });
      roomOf.set(member, room);
    }
    for (const watcher of room.watchers) {
      watcher.onStamp = (due) => {
        if (due >= countFrom) latencies.push(nowUs() - due);
      };
    }
  }
  const everyUs = 1e6 / rate;
  let sent = 0;
  let used = performance.eventLoopUtilization();
  let isCounting = false;
  await new Promise<void>((resolve) => {
    const tick = () => {
      const now = nowUs();
      if (!isCounting && now >= countFrom) {
        isCounting = true;
        used = performance.eventLoopUtilization();
      }
      for (let due = began + sent * everyUs; due <= Math.min(now, end); due += everyUs) {
        const pen = pens[next++ % pens.length]!;
        write(pen, Math.round(due));
        roomOf.get(pen.member)!.sent += 1;
        sent += 1;
      }
      const seen = [...rooms.values()].reduce((sum, room) => sum + room.watchers[0]!.messages, 0);
      if (now >= end || sent - seen > Math.max(rate * BEHIND_SECONDS, 100)) return resolve();
      setTimeout(tick, 1);
    };
    tick();
  });
  const { utilization: busy } = performance.eventLoopUtilization(used);
  const stoppedUs = nowUs();
  while (incomplete() > 0 && nowUs() < stoppedUs + PATIENCE_MS * 1_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  let deliveries = 0;
  let wanted = 0;
  for (const { members, watchers, sent } of rooms.values()) {
    wanted += sent * members.length;
    const { payload, messages } = watchers[0]!;
    for (const member of members) {
      frames += member.frames;
      if (payload > 0) deliveries += (member.payload - member.sent * ackBytes) / payload * messages;
    }
  }
  latencies.sort((a, b) => a - b);
  const at = (part: number) => {
    const us = latencies[Math.floor(latencies.length * part)];
    return us === undefined ? null : us / 1_000;
  };
  return {
    sent,
    deliveries,
    wanted,
    frames,
    seconds: (stoppedUs - began) / 1e6,
    p50: at(0.5),
    p99: at(0.99),
    incomplete: incomplete(),
    cut: [...roomOf.keys()].filter(({ isOpen }) => !isOpen).length,
    busy,
  };
}

async function obey(order: Order): Promise<unknown> {
  switch (order.order) {
    case "open":
      return await open(order);
    case "quiet":
      await quiet();
      return {};
    case "trial":
      return await trial(order);
    default:
      return order satisfies never;
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const order: Order = JSON.parse(line);
  console.log(JSON.stringify(await obey(order)));
}
process.exit(0);
