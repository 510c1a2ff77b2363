/**
 * One room as a gateway follows it: what its actor publishes goes to the seats of this node, in
 * order and without a hole; a hole is filled from the log (C4, C6).
 */
import type { Entry } from "../../domain/chat.ts";
import {
  ackMark,
  asAck,
  decodePublished,
  encodeEntries,
  type Head,
  joined,
  Joiner,
  LINE_TAIL,
} from "../../domain/chat_batch.ts";
import { type Connection, Packet } from "./connection.ts";

type Log = Extract<Head, { kind: "log" }>;

/** Lines that go out together. `log`: which entries they are; else they are in no log. */
interface Chunk {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly log: Log | null;
  readonly except: string | null;
}

/** An ack at its place in what goes out to all. */
interface Placed {
  readonly key: string;
  readonly ack: Ack;
  /** Where its line ends. */
  readonly end: number;
}

/** A socket copies what it is sent: what is made for one of them need not outlive that. */
const forOne = new Joiner();

/** One connection in one room. */
export interface Seat {
  readonly connection: Connection;
  /** The newest entry that it has. */
  last: number;
  /** What came while the log is read for it; null once it is up to date. */
  held: Chunk[] | null;
  heldBytes: number;
  /** More came than is held: the log is to be read once more. */
  overflowed: boolean;
  /** Whether its person may write, as far as is known. */
  mayWrite: boolean;
}

/** An answer that waits for its entry, to come at the entry's place. */
export interface Ack {
  readonly requestId: string;
  seat: Seat;
  isTold: boolean;
  /** Once the room has said which entry it is; and how it is told when that place has gone by. */
  confirmed: { readonly seq: number; readonly late: () => void } | null;
}

/** Entries that are read from the log at once. */
const PAGE = 1_000;
/** Bytes that are held for a seat, or wait for a hole to be filled. */
const HELD_MOST = 512 * 1024;
/** Rests this long, doubling to the second, while the log cannot be read, in ms. */
const REST_MS = 200;
const LONGEST_REST_MS = 5_000;

export interface FeedOptions {
  readonly roomId: string;
  /** The log, after a `seq`. */
  readonly after: (seq: number, most: number) => Promise<readonly Entry[]>;
  /** Has `flush` called soon. */
  readonly schedule: () => void;
  /** Resolves after so many ms. */
  readonly rest: (ms: number) => Promise<void>;
  readonly onStanding: (head: Extract<Head, { kind: "standing" }>) => void;
  /** The log was restored from a backup (C5): what the seats were told no longer counts. */
  readonly onRestored: () => void;
  readonly onError: (error: unknown) => void;
}

export class RoomFeed {
  /** By the id of their connection. */
  readonly seats = new Map<string, Seat>();
  readonly #options: FeedOptions;
  /** Acks that wait for their entry, by `sender/client_id`. */
  readonly #acks = new Map<string, Ack>();
  /** The keys of those of which the entry is known: one that was read from the log has no key. */
  readonly #keys = new Map<number, string>();
  #pending: Chunk[] = [];
  /** The newest entry that was passed on; undefined until the room was first asked. */
  #last: number | undefined;
  #gen = 0;
  /** What came before a hole was filled. */
  #waiting: { readonly head: Log; readonly body: Uint8Array<ArrayBuffer> }[] = [];
  #waitingBytes = 0;
  #filling = false;
  #closed = false;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** Tells where the log ended when the room was first asked. */
  begin(gen: number, last: number): void {
    if (this.#last !== undefined) return;
    this.#gen = gen;
    this.#last = last;
    this.#drain();
  }

  /** The newest entry that was passed on. */
  get last(): number {
    return this.#last ?? 0;
  }

  close(): void {
    this.#closed = true;
  }

  /** Takes what the room published. */
  arrived(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#closed) return;
    const { head, body } = decodePublished(bytes);
    switch (head.kind) {
      case "log":
        return this.#log(head, body);
      case "passing":
        return this.#queue({ body, log: null, except: head.except });
      case "beacon":
        if (this.#last !== undefined && head.seq > this.#last) void this.#fill();
        return;
      case "standing":
        return this.#options.onStanding(head);
      default:
        head satisfies never;
    }
  }

  /** Lines of this node alone: who is there. */
  pass(body: Uint8Array<ArrayBuffer>, except: string | null = null): void {
    this.#queue({ body, log: null, except });
  }

  /** The entry of this key will be acked to `seat` at its place; null: another waits for it. */
  expect(key: string, seat: Seat, requestId: string): Ack | null {
    if (this.#acks.has(key)) return null;
    const ack: Ack = { requestId, seat, isTold: false, confirmed: null };
    this.#acks.set(key, ack);
    return ack;
  }

  /** Takes that back; false when it was told already. */
  unexpect(key: string, ack: Ack): boolean {
    this.#forget(key, ack);
    return !ack.isTold;
  }

  /**
   * The entry is `seq`: true when it is acked at its place, or by `late` if that goes by without it.
   * False when that has gone by: the caller answers.
   */
  confirm(key: string, ack: Ack, seq: number, late: () => void): boolean {
    if (ack.isTold) return true;
    if (this.#acks.get(key) !== ack) return false; // the seat was left
    if (!ack.seat.held && ack.seat.last >= seq) {
      this.#forget(key, ack);
      return false;
    }
    ack.confirmed = { seq, late };
    this.#keys.set(seq, key);
    return true;
  }

  #forget(key: string, ack: Ack): void {
    if (this.#acks.get(key) !== ack) return;
    this.#acks.delete(key);
    if (ack.confirmed) this.#keys.delete(ack.confirmed.seq);
  }

  /** The ack of an entry, and its key. */
  #ackOf(log: Log, index: number): { key: string; ack: Ack } | undefined {
    const key = log.keys[index] ?? this.#keys.get(log.first + index);
    const ack = key === undefined ? undefined : this.#acks.get(key);
    return key === undefined || !ack ? undefined : { key, ack };
  }

  /** Seats a connection; what it waits for from an earlier seat comes to this one. */
  seat(seat: Seat): void {
    const { id } = seat.connection;
    const earlier = this.seats.get(id);
    this.seats.set(id, seat);
    if (!earlier) return;
    for (const ack of this.#acks.values()) if (ack.seat === earlier) ack.seat = seat;
  }

  /** Whether there was such a seat. What it was still to be told is told outside of the order. */
  leave({ id }: Connection): boolean {
    for (const [key, ack] of this.#acks) {
      if (ack.seat.connection.id !== id) continue;
      this.#forget(key, ack);
      ack.confirmed?.late();
    }
    return this.seats.delete(id);
  }

  /**
   * Ends the time in which what comes is held for a seat: it was told the log up to `seq`. Acks of
   * entries among that come outside of the order, for their place has gone by.
   */
  settle(seat: Seat, seq: number): void {
    seat.last = Math.max(seat.last, seq);
    for (const [key, ack] of this.#acks) {
      if (ack.seat !== seat || !ack.confirmed || ack.confirmed.seq > seat.last) continue;
      this.#forget(key, ack);
      ack.confirmed.late();
    }
    const held = seat.held ?? [];
    seat.held = null;
    if (held.length > 0) this.#deliverTo(seat, held);
  }

  /** Sends what has gathered: to most seats the same bytes. */
  flush(): void {
    const chunks = this.#pending;
    if (chunks.length === 0) return;
    this.#pending = [];
    const acks = this.#acksIn(chunks);
    const excepted = new Set(chunks.map(({ except }) => except).filter((id) => id !== null));
    const first = chunks.find(({ log }) => log !== null)?.log?.first ?? Infinity;
    const last = lastOf(chunks);
    const packet = new Packet(chunks.length === 1 ? chunks[0]!.body : joined(bodies(chunks)));
    for (const seat of this.seats.values()) {
      const { person } = seat.connection;
      if (seat.held) this.#hold(seat, chunks);
      else if (seat.last >= first || (person && excepted.has(person.id))) {
        this.#deliverTo(seat, chunks);
      } else {
        const mine = acks.get(seat);
        seat.connection.send(mine ? this.#withAcks(packet.bytes, mine) : packet);
        if (last !== null) seat.last = last;
      }
    }
  }

  /** The acks that have their places in `chunks`, in order, by their seats. */
  #acksIn(chunks: readonly Chunk[]): Map<Seat, Placed[]> {
    const acks = new Map<Seat, Placed[]>();
    if (this.#acks.size === 0) return acks;
    let start = 0;
    for (const { body, log } of chunks) {
      let end = start;
      for (let index = 0; log && index < log.sizes.length; index++) {
        end += log.sizes[index]!;
        const found = this.#ackOf(log, index);
        if (!found) continue;
        const mine = acks.get(found.ack.seat);
        if (mine) mine.push({ ...found, end });
        else acks.set(found.ack.seat, [{ ...found, end }]);
      }
      start += body.length;
    }
    return acks;
  }

  /** What goes out to all, with the acks of one seat. */
  #withAcks(bytes: Uint8Array<ArrayBuffer>, acks: readonly Placed[]): Packet {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const { key, ack, end } of acks) {
      const cut = end - LINE_TAIL;
      parts.push(bytes.subarray(from, cut), ackMark(ack.requestId));
      from = cut;
      this.#forget(key, ack);
      ack.isTold = true;
    }
    parts.push(bytes.subarray(from));
    return new Packet(forOne.join(parts));
  }

  #hold(seat: Seat, chunks: readonly Chunk[]): void {
    for (const chunk of chunks) {
      seat.heldBytes += chunk.body.length;
      if (seat.heldBytes > HELD_MOST) {
        seat.overflowed = true;
        seat.held = [];
        seat.heldBytes = 0;
      } else seat.held?.push(chunk);
    }
  }

  /** Sends chunks to one seat: without what it has, and with its acks. */
  #deliverTo(seat: Seat, chunks: readonly Chunk[]): void {
    const parts: Uint8Array[] = [];
    const me = seat.connection.person?.id;
    for (const { body, log, except } of chunks) {
      if (!log) {
        if (except === null || except !== me) parts.push(body);
        continue;
      }
      let from = 0; // of what goes out as it is
      let at = 0;
      log.sizes.forEach((size, index) => {
        const seq = log.first + index;
        const found = this.#ackOf(log, index);
        const mine = found?.ack.seat === seat ? found : undefined;
        if (seq <= seat.last || mine) {
          if (at > from) parts.push(body.subarray(from, at));
          from = at + size;
          if (mine && seq > seat.last) {
            this.#forget(mine.key, mine.ack);
            mine.ack.isTold = true;
            parts.push(asAck(body.subarray(at, at + size), mine.ack.requestId));
          }
        }
        at += size;
      });
      if (at > from) parts.push(body.subarray(from, at));
      seat.last = Math.max(seat.last, log.first + log.sizes.length - 1);
    }
    if (parts.length > 0) seat.connection.send(new Packet(forOne.join(parts)));
  }

  #queue(chunk: Chunk): void {
    this.#pending.push(chunk);
    this.#options.schedule();
  }

  #log(head: Log, body: Uint8Array<ArrayBuffer>): void {
    if (this.#last === undefined || this.#filling) return this.#wait(head, body);
    if (head.gen !== this.#gen) {
      this.#gen = head.gen;
      this.#last = head.first - 1;
      this.#options.onRestored();
    }
    const end = head.first + head.sizes.length - 1;
    if (end <= this.#last) return; // it came by the log
    if (head.first > this.#last + 1) {
      this.#wait(head, body);
      return void this.#fill();
    }
    const known = this.#last + 1 - head.first;
    const skipped = head.sizes.slice(0, known).reduce((sum, size) => sum + size, 0);
    const log = known === 0 ? head : {
      ...head,
      first: head.first + known,
      sizes: head.sizes.slice(known),
      keys: head.keys.slice(known),
    };
    this.#last = end;
    this.#queue({ body: body.subarray(skipped), log, except: null });
  }

  #wait(head: Log, body: Uint8Array<ArrayBuffer>): void {
    // beyond the bound the log is read once more: the last of what was dropped shows as a hole
    if (this.#waitingBytes + body.length > HELD_MOST) return;
    this.#waiting.push({ head, body });
    this.#waitingBytes += body.length;
  }

  #drain(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { head, body } of waiting) this.#log(head, body);
  }

  /** Reads what is missing from the log, until it is there. */
  async #fill(): Promise<void> {
    if (this.#filling) return;
    this.#filling = true;
    let rest = REST_MS;
    while (!this.#closed) {
      try {
        const last = this.#last ?? 0;
        const entries = await this.#options.after(last, PAGE);
        if (entries.length === 0) break;
        const bytes = encodeEntries(this.#options.roomId, this.#gen, entries);
        const { head, body } = decodePublished(bytes);
        this.#last = entries.at(-1)!.seq;
        this.#queue({ body, log: head as Log, except: null });
        if (entries.length < PAGE) break;
      } catch (error) {
        this.#options.onError(error);
        await this.#options.rest(rest);
        rest = Math.min(rest * 2, LONGEST_REST_MS);
      }
    }
    this.#filling = false;
    if (!this.#closed) this.#drain();
  }
}

const bodies = (chunks: readonly Chunk[]) => chunks.map(({ body }) => body);

function lastOf(chunks: readonly Chunk[]): number | null {
  const log = chunks.findLast((chunk) => chunk.log !== null)?.log;
  return log ? log.first + log.sizes.length - 1 : null;
}
