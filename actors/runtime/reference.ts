/** What callers hold of an actor: an object with a method for each handler. */
import type { Handler, Ref } from "./actor.ts";

/** The class of a kind's references. */
export type ReferenceClass<On> = new (
  key: string,
  deadlineMs: number,
  signal: AbortSignal | undefined,
) => Ref<On>;

/** What a reference needs of its host. */
interface Caller {
  call(
    handler: Handler,
    key: string,
    input: unknown,
    deadlineMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown>;
}

/**
 * Makes the class of a kind's references. Its methods are real methods on a prototype, so a call is
 * as fast as one can be, and what is not in `on` does not exist.
 */
export function referenceClass<On>(handlers: readonly Handler[], host: Caller): ReferenceClass<On> {
  class Reference {
    readonly #key: string;
    readonly #deadlineMs: number;
    readonly #signal: AbortSignal | undefined;

    constructor(...[key, deadlineMs, signal]: ConstructorParameters<ReferenceClass<On>>) {
      this.#key = key;
      this.#deadlineMs = deadlineMs;
      this.#signal = signal;
    }

    static {
      for (const handler of handlers) {
        Object.defineProperty(this.prototype, handler.name, {
          value(this: Reference, input: unknown) {
            return host.call(handler, this.#key, input, this.#deadlineMs, this.#signal);
          },
        });
      }
    }
  }
  // The loop above has just made what the type promises.
  return Reference as unknown as ReferenceClass<On>;
}
