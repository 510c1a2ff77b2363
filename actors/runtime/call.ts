/** One call of an actor in a cluster: until it is answered, it may be passed from place to place. */
import { Rejection } from "../../domain/errors.ts";
import type { Handler } from "./actor.ts";
import type { Link } from "./chain.ts";

/**
 * The one refusal that says for sure that a call has not begun, and that its actor is elsewhere now:
 * whoever finds actors tries again, and callers never see it.
 */
export class Moved extends Rejection {
  constructor() {
    super("moved");
  }
}

/** What is called, until when, and how to answer. */
export class Call {
  /** Tells the place where it waits that nobody waits for it any more. */
  withdraw: ((reason: unknown) => void) | undefined;
  #settled = false;

  constructor(
    readonly handler: Handler,
    readonly key: string,
    readonly input: unknown,
    /** Milliseconds on the system's clock. */
    readonly deadline: number,
    readonly from: Link | undefined,
    readonly signal: AbortSignal | undefined,
    readonly answer: (reply: unknown) => void,
    readonly refuse: (reason: unknown) => void,
  ) {
    signal?.addEventListener("abort", this.#abort, { once: true });
  }

  /** Whether it has been answered. */
  get settled(): boolean {
    return this.#settled;
  }

  resolve(reply: unknown): void {
    if (this.#settle()) this.answer(reply);
  }

  reject(reason: unknown): void {
    if (this.#settle()) this.refuse(reason);
  }

  #settle(): boolean {
    if (this.#settled) return false;
    this.signal?.removeEventListener("abort", this.#abort);
    return this.#settled = true;
  }

  readonly #abort = (): void => {
    const reason = this.signal?.reason;
    this.reject(reason);
    this.withdraw?.(reason);
  };
}
