/** How far a client is in a room's log: it takes entries strictly in order, and sees holes (C5, C6). Pure. */
import type { WireEntry, WireJoined } from "./wire.ts";

/** What became of something that arrived. */
export type Taken =
  /** `entries` follow what was there; `replaced`: they take its place. */
  | {
    readonly kind: "entries";
    readonly entries: readonly WireEntry[];
    readonly replaced: boolean;
  }
  /** It was known. */
  | { readonly kind: "nothing" };

export class LogCursor {
  /** Where this client is; null before the first `joined`. */
  #at: { readonly gen: number; readonly seq: number } | null;
  /** The newest that was seen, taken or not. */
  #seen = 0;
  #more = false;

  /** @param since where an earlier client stopped */
  constructor(since: { readonly gen: number; readonly seq: number } | null = null) {
    this.#at = since;
  }

  /** For `room.join`. */
  get since(): { readonly gen: number; readonly seq: number } | null {
    return this.#at;
  }

  /** Whether entries are missing, so that the room is to be joined again. */
  get isBehind(): boolean {
    return this.#more || this.#seen > (this.#at?.seq ?? 0);
  }

  /** Takes one entry as it comes live. */
  arrived(entry: WireEntry): Taken {
    this.#seen = Math.max(this.#seen, entry.seq);
    if (!this.#at || entry.seq !== this.#at.seq + 1) return { kind: "nothing" };
    this.#at = { ...this.#at, seq: entry.seq };
    return { kind: "entries", entries: [entry], replaced: false };
  }

  /** Takes the answer to `room.join`. */
  joined({ gen, seq, recovered, messages, more }: WireJoined): Taken {
    const before = this.#at;
    this.#more = more === true;
    if (!before || !recovered || gen !== before.gen) {
      this.#at = { gen, seq };
      this.#seen = Math.max(seq, before && gen !== before.gen ? 0 : this.#seen);
      return { kind: "entries", entries: messages, replaced: true };
    }
    const news = messages.filter((entry) => entry.seq > before.seq);
    const [first] = news;
    // an answer that begins behind a hole is none: ask again
    if (first && first.seq !== before.seq + 1) {
      this.#seen = Math.max(this.#seen, first.seq);
      return { kind: "nothing" };
    }
    const last = news.at(-1)?.seq ?? before.seq;
    this.#at = { gen, seq: last };
    this.#seen = Math.max(this.#seen, last);
    return news.length === 0
      ? { kind: "nothing" }
      : { kind: "entries", entries: news, replaced: false };
  }
}
