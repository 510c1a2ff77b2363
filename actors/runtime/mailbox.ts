/** The bounded queue of one actor, and the mail in it. */

import { Rejection } from "../../domain/errors.ts";
import type { Handler } from "./actor.ts";
import type { Link } from "./chain.ts";
import { asHeard } from "./fences.ts";

/** One message: what to run, with what, until when, and how to answer. */
export class Mail {
  /** The next in the mailbox; a linked list lets the overdue be dropped from the middle. */
  next: Mail | undefined = undefined;

  constructor(
    readonly handler: Handler,
    readonly input: unknown,
    /** Milliseconds on the system's clock. */
    readonly deadline: number,
    readonly resolve: (reply: unknown) => void,
    readonly reject: (error: unknown) => void,
    /** What made the call and waits for it, if an actor does. */
    public caller?: Link,
  ) {}

  /** Answers it before its end, and perhaps before it began: nobody waits for it any more. */
  abandon(reason: unknown): void {
    this.caller = undefined;
    this.reject(reason);
  }

  /** Answers `timeout` if the deadline has passed, and says whether it had. */
  expired(now: number): boolean {
    if (now < this.deadline) return false;
    this.abandon(new Rejection("timeout"));
    return true;
  }
}

/** First in, first out, never more than `bound`. */
export class Mailbox {
  #head: Mail | undefined;
  #tail: Mail | undefined;
  #size = 0;
  /** How many of them were sent by actors. */
  #called = 0;

  constructor(readonly bound: number) {}

  /** How many messages wait. */
  get size(): number {
    return this.#size;
  }

  /** Whether the bound is reached. */
  get full(): boolean {
    return this.#size >= this.bound;
  }

  /** Appends, bound or not: it is for the caller to refuse what comes to a {@linkcode full} box. */
  put(mail: Mail): void {
    if (this.#tail === undefined) this.#head = mail;
    else this.#tail.next = mail;
    this.#tail = mail;
    this.#size++;
    if (mail.caller !== undefined) this.#called++;
  }

  /** What made the waiting calls, where that was an actor. */
  callers(): Link[] {
    const callers: Link[] = [];
    if (this.#called === 0) return callers;
    for (let mail = this.#head; mail !== undefined; mail = mail.next) {
      if (mail.caller !== undefined) callers.push(mail.caller);
    }
    return callers;
  }

  /**
   * Removes what is to be handled next: the first message and, if its handler takes a batch, those
   * of the same handler right behind it. Messages whose deadline has passed are answered `timeout`
   * and left out; the array is empty if nothing is left.
   */
  next(now: number): Mail[] {
    const taken: Mail[] = [];
    while (this.#head !== undefined) {
      const [first] = taken;
      if (first !== undefined && this.#head.handler !== first.handler) break;
      const mail = this.#take(this.#head);
      if (mail.expired(now)) continue;
      taken.push(mail);
      if (taken.length >= mail.handler.most) break;
    }
    return taken;
  }

  /** Removes the messages that are `unwanted`, and keeps the order of the others. */
  drop(unwanted: (mail: Mail) => boolean): void {
    let mail = this.#head;
    this.#head = this.#tail = undefined;
    this.#size = this.#called = 0;
    while (mail !== undefined) {
      const next = mail.next;
      mail.next = undefined;
      if (!unwanted(mail)) this.put(mail);
      mail = next;
    }
  }

  #take(head: Mail): Mail {
    this.#head = head.next;
    if (this.#head === undefined) this.#tail = undefined;
    this.#size--;
    if (head.caller !== undefined) this.#called--;
    head.next = undefined; // else an answered message would hold all that came after it
    return head;
  }
}

/** Gives each message of a batch its own reply; throws a `TypeError` if one has none yet. */
export function answerEach(mails: readonly Mail[], replies: unknown): void {
  if (!Array.isArray(replies) || replies.length !== mails.length) {
    const got = Array.isArray(replies) ? `${replies.length} replies` : `a ${typeof replies}`;
    throw new TypeError(
      `Batch handler "${mails[0]?.handler.name}" answered ${got} to ${mails.length} messages; ` +
        "it must answer each",
    );
  }
  if (replies.some((reply) => reply instanceof Promise)) {
    throw new TypeError(
      `Batch handler "${mails[0]?.handler.name}" answered a promise; it must await it`,
    );
  }
  for (const [index, mail] of mails.entries()) {
    const reply: unknown = replies[index];
    if (reply instanceof Rejection) mail.reject(asHeard(reply));
    else mail.resolve(reply);
  }
}
