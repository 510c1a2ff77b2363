/**
 * Messages that were written and are not in the log yet: kept, also over a reload, and sent again
 * under the same `client_id` until the server has answered for them (C4). Pure but for its storage.
 */
import type { ErrorCode } from "../../domain/errors.ts";

/** What a person wrote. */
export interface Draft {
  readonly content: string;
  readonly replyTo?: string | null;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One message of one's own on its way. */
export interface Waiting extends Draft {
  readonly clientId: string;
  readonly roomId: string;
  /** ms since 1970, by this machine's clock */
  readonly writtenAt: number;
  readonly standing:
    /** Not sent yet, or to be sent again by itself. */
    | { readonly kind: "waiting" }
    /** Sent; no answer yet. */
    | { readonly kind: "sending" }
    /** Answered for; it is shown here until the log has it. */
    | { readonly kind: "sent"; readonly seq: number }
    /** Refused; it stays until its writer says what to do. */
    | { readonly kind: "failed"; readonly code: ErrorCode; readonly message: string };
}

/** Where what is written outlives the page. One place a message, so that two windows do not mix. */
export interface OutboxStorage {
  /** In any order. */
  load(): Waiting[];
  put(one: Waiting): void;
  remove(clientId: string): void;
}

/** Messages that may wait at once; beyond it, nothing more is taken. */
export const WAITING_MOST = 200;

export class Outbox {
  /** In the order in which they were written. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #storage: OutboxStorage | null;

  constructor(storage: OutboxStorage | null) {
    this.#storage = storage;
    const kept = storage?.load() ?? [];
    for (const one of kept.toSorted((a, b) => a.writtenAt - b.writtenAt)) {
      const failed = one.standing.kind === "failed";
      this.#waiting.set(one.clientId, failed ? one : { ...one, standing: { kind: "waiting" } });
    }
  }

  /** Takes a new message; false when too many wait. */
  add(one: Waiting): boolean {
    if (this.#waiting.size >= WAITING_MOST) return false;
    this.#waiting.set(one.clientId, one);
    this.#storage?.put(one);
    return true;
  }

  get(clientId: string): Waiting | undefined {
    return this.#waiting.get(clientId);
  }

  /** All of a room, the oldest first. */
  of(roomId: string): Waiting[] {
    return [...this.#waiting.values()].filter((one) => one.roomId === roomId);
  }

  /** The rooms for which something waits. */
  rooms(): Set<string> {
    return new Set([...this.#waiting.values()].map(({ roomId }) => roomId));
  }

  /** The message whose turn it is in a room: one at a time, so that they keep their order. */
  next(roomId: string): Waiting | undefined {
    const open = this.of(roomId).find(({ standing }) =>
      standing.kind === "waiting" || standing.kind === "sending"
    );
    return open?.standing.kind === "waiting" ? open : undefined;
  }

  /** Notes how it stands; true when there is such a message. */
  mark(clientId: string, standing: Waiting["standing"]): boolean {
    const one = this.#waiting.get(clientId);
    if (!one) return false;
    const marked = { ...one, standing };
    this.#waiting.set(clientId, marked);
    if (standing.kind === "sent") this.#storage?.remove(clientId);
    else if (standing.kind === "failed" || one.standing.kind === "failed") {
      this.#storage?.put(marked); // on its way or not is of no use after a reload
    }
    return true;
  }

  /** It is in the log, or its writer does not want it any more; true when there was one. */
  remove(clientId: string): boolean {
    if (!this.#waiting.delete(clientId)) return false;
    this.#storage?.remove(clientId);
    return true;
  }

  /** The line is gone: what had no answer is to be sent again. */
  interrupted(): void {
    for (const one of this.#waiting.values()) {
      if (one.standing.kind === "sending") this.mark(one.clientId, { kind: "waiting" });
    }
  }
}
