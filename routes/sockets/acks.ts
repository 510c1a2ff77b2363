/** Answers that come as the sender's own copy of its entry, at the entry's place in the order (C4). */
import { ackMark, Joiner, LINE_TAIL } from "../../domain/chat_batch.ts";
import { Packet } from "./connection.ts";
import type { Chunk, LogHead, Seat } from "./seat.ts";

/** An answer that waits for its entry. */
export interface Ack {
  readonly requestId: string;
  seat: Seat;
  isTold: boolean;
  /** Once the room has said which entry it is; and how it is told when that place has gone by. */
  confirmed: { readonly seq: number; readonly late: () => void } | null;
}

/** An ack, and the key of its entry: `sender/client_id`. */
export interface Keyed {
  readonly key: string;
  readonly ack: Ack;
}

/** An ack at its place in what goes out to all. */
export interface Placed extends Keyed {
  /** Where its line ends. */
  readonly end: number;
}

/** A socket copies what it is sent: what is made for one of them need not outlive that. */
const forOne = new Joiner();

/** Those of one room on this node. */
export class Acks {
  readonly #acks = new Map<string, Ack>();
  /** The keys of those of which the entry is known: one that was read from the log has no key. */
  readonly #keys = new Map<number, string>();

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

  /** The ack of the line `index` of what goes out. */
  of(log: LogHead, index: number): Keyed | undefined {
    const key = log.keys[index] ?? this.#keys.get(log.first + index);
    const ack = key === undefined ? undefined : this.#acks.get(key);
    return key === undefined || !ack ? undefined : { key, ack };
  }

  /** It goes out at its place. */
  told({ key, ack }: Keyed): void {
    this.#forget(key, ack);
    ack.isTold = true;
  }

  /** What waits for `earlier` comes to `seat`. */
  reseat(earlier: Seat, seat: Seat): void {
    for (const ack of this.#acks.values()) if (ack.seat === earlier) ack.seat = seat;
  }

  /** A connection has left: what it was still to be told is told outside of the order. */
  leave(connectionId: string): void {
    for (const [key, ack] of this.#acks) {
      if (ack.seat.connection.id !== connectionId) continue;
      this.#forget(key, ack);
      ack.confirmed?.late();
    }
  }

  /** A seat was told the log up to its `last`: the places until there have gone by. */
  settle(seat: Seat): void {
    for (const [key, ack] of this.#acks) {
      if (ack.seat !== seat || !ack.confirmed || ack.confirmed.seq > seat.last) continue;
      this.#forget(key, ack);
      ack.confirmed.late();
    }
  }

  /** Those that have their places in `chunks`, in order, by their seats. */
  placedIn(chunks: readonly Chunk[]): Map<Seat, Placed[]> {
    const acks = new Map<Seat, Placed[]>();
    if (this.#acks.size === 0) return acks;
    let start = 0;
    for (const { body, log } of chunks) {
      let end = start;
      for (let index = 0; log && index < log.sizes.length; index++) {
        end += log.sizes[index]!;
        const found = this.of(log, index);
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
  tell(bytes: Uint8Array<ArrayBuffer>, acks: readonly Placed[]): Packet {
    const parts: Uint8Array[] = [];
    let from = 0;
    for (const placed of acks) {
      const cut = placed.end - LINE_TAIL;
      parts.push(bytes.subarray(from, cut), ackMark(placed.ack.requestId));
      from = cut;
      this.told(placed);
    }
    parts.push(bytes.subarray(from));
    return new Packet(forOne.join(parts));
  }

  #forget(key: string, ack: Ack): void {
    if (this.#acks.get(key) !== ack) return;
    this.#acks.delete(key);
    if (ack.confirmed) this.#keys.delete(ack.confirmed.seq);
  }
}
