/**
 * One room as a gateway follows it: what its actor publishes goes to the seats of this node, in
 * order and without a hole; a hole is filled from the log (C4, C6).
 */
import type { Entry } from "../../domain/chat.ts";
import {
  asAck,
  decodePublished,
  encodeEntries,
  type Head,
  joined,
  Joiner,
  type PeopleHead,
} from "../../domain/chat_batch.ts";
import { Acks } from "./acks.ts";
import { type Connection, Packet } from "./connection.ts";
import type { Chunk, LogHead, Seat } from "./seat.ts";

/** A socket copies what it is sent: what is made for one of them need not outlive that. */
const forOne = new Joiner();

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
  readonly onPeople: (head: PeopleHead, body: Uint8Array) => void;
  /** The log was restored from a backup (C5): what the seats were told no longer counts. */
  readonly onRestored: () => void;
  readonly onError: (error: unknown) => void;
}

export class RoomFeed {
  /** By the id of their connection. */
  readonly seats = new Map<string, Seat>();
  /** Answers that wait for their entries. */
  readonly acks = new Acks();
  readonly #options: FeedOptions;
  #pending: Chunk[] = [];
  /** The newest entry that was passed on; undefined until the room was first asked. */
  #last: number | undefined;
  #gen = 0;
  /** What came before a hole was filled. */
  #waiting: { readonly head: LogHead; readonly body: Uint8Array<ArrayBuffer> }[] = [];
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

  /** Its log goes up to `seq`, as its actor or the database says: what is missing is read (C6). */
  ends(gen: number, seq: number): void {
    if (this.#last === undefined || gen < this.#gen) return;
    if (gen > this.#gen) this.#restored(gen, seq);
    else if (seq > this.#last) void this.#fill();
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
        return this.ends(head.gen, head.seq);
      case "standing":
        return this.#options.onStanding(head);
      case "people":
        return this.#options.onPeople(head, body);
      default:
        head satisfies never;
    }
  }

  /** Lines of this node alone: who is there. */
  pass(body: Uint8Array<ArrayBuffer>, except: string | null = null): void {
    this.#queue({ body, log: null, except });
  }

  /** Seats a connection; what it waits for from an earlier seat comes to this one. */
  seat(seat: Seat): void {
    const { id } = seat.connection;
    const earlier = this.seats.get(id);
    this.seats.set(id, seat);
    if (earlier) this.acks.reseat(earlier, seat);
  }

  /** Whether there was such a seat. What it was still to be told is told outside of the order. */
  leave({ id }: Connection): boolean {
    this.acks.leave(id);
    return this.seats.delete(id);
  }

  /**
   * Ends the time in which what comes is held for a seat: it was told the log up to `seq`. Acks of
   * entries among that come outside of the order, for their place has gone by.
   */
  settle(seat: Seat, seq: number): void {
    seat.last = Math.max(seat.last, seq);
    this.acks.settle(seat);
    const held = seat.held ?? [];
    seat.held = null;
    if (held.length > 0) this.#deliverTo(seat, held);
  }

  /** Sends what has gathered: to most seats the same bytes. */
  flush(): void {
    const chunks = this.#pending;
    if (chunks.length === 0) return;
    this.#pending = [];
    const acks = this.acks.placedIn(chunks);
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
        seat.connection.send(mine ? this.acks.tell(packet.bytes, mine) : packet);
        if (last !== null) seat.last = last;
      }
    }
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
        const found = this.acks.of(log, index);
        const mine = found?.ack.seat === seat ? found : undefined;
        if (seq <= seat.last || mine) {
          if (at > from) parts.push(body.subarray(from, at));
          from = at + size;
          if (mine && seq > seat.last) {
            this.acks.told(mine);
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

  #log(head: LogHead, body: Uint8Array<ArrayBuffer>): void {
    if (this.#last === undefined || this.#filling) return this.#wait(head, body);
    if (head.gen !== this.#gen) this.#restored(head.gen, head.first - 1);
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

  #restored(gen: number, last: number): void {
    this.#gen = gen;
    this.#last = last;
    this.#options.onRestored();
  }

  #wait(head: LogHead, body: Uint8Array<ArrayBuffer>): void {
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
        this.#queue({ body, log: head as LogHead, except: null });
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
