/** For tests: one actor that is driven message by message, and crashes where it is told to. */
import type { Actor, Handler, Ref } from "./actor.ts";
import type { ActorInfo } from "./cell.ts";
import { settled, type TestSystem, testSystem, type TestSystemOptions } from "./testing.ts";

/** One actor on a system of its own, whose messages wait until the test lets them in. */
export interface DrivenActor<On> extends TestSystem, AsyncDisposable {
  /** Its handlers. A call is put down, and waits for {@linkcode next}. */
  readonly send: Ref<On>;
  /** What is put down: the names of the handlers, first come first. */
  readonly waiting: readonly string[];
  /** What can be seen of the actor; `undefined` while it does not live. */
  readonly info: ActorInfo | undefined;
  /**
   * Lets the next message in; of a batch handler, all that stand together. Resolves when nothing
   * more can happen without time: the message is answered, or waits for the clock.
   */
  next(): Promise<void>;
  /** Lets everything in, one after the other. */
  rest(): Promise<void>;
  /**
   * Has the next message that is handled crash: `before` its handler has done anything, or `after`
   * it has done all but answer.
   */
  crashNext(when: "before" | "after"): void;
}

interface Waiting {
  readonly handler: Handler;
  readonly input: unknown;
  readonly answer: PromiseWithResolvers<unknown>;
}

/**
 * Hosts `actor`, and drives the one with this `key`.
 *
 * @example
 * ```ts
 * await using driven = driveActor(counter, "clicks");
 * const added = driven.send.add(2);
 * driven.crashNext("after");
 * await driven.next();
 * await refusal(added); // "crashed"
 * ```
 */
export function driveActor<On>(
  actor: Actor<On>,
  key: string,
  options: TestSystemOptions = {},
): DrivenActor<On> {
  const test = testSystem(options);
  const waiting: Waiting[] = [];
  let crash: "before" | "after" | undefined;

  const breakable = (handler: Handler): Handler => ({
    ...handler,
    async handle(state, input, self) {
      const when = crash;
      crash = undefined;
      if (when === "before") throw new Error(`The test crashes "${handler.name}" before its work`);
      const reply = await handler.handle(state, input, self);
      if (when === "after") throw new Error(`The test crashes "${handler.name}" after its work`);
      return reply;
    },
  });
  const handlers = actor.handlers.map(breakable);
  const reminders = new Map(
    Array.from(actor.reminders, ([name, handler]) => [name, breakable(handler)]),
  );
  // `on` carries types only, and those are the same
  const ref = test.system.host({ ...actor, handlers, reminders }).get(key) as Record<
    string,
    (input: unknown) => Promise<unknown>
  >;

  const send = Object.fromEntries(handlers.map((handler) => [handler.name, (input: unknown) => {
    const answer = Promise.withResolvers<unknown>();
    answer.promise.catch(() => {}); // the test looks at it when it has driven on
    waiting.push({ handler, input, answer });
    return answer.promise;
  }]));

  async function next(): Promise<void> {
    const [first] = waiting;
    if (first === undefined) throw new Error(`No message waits for ${actor.kind}/${key}`);
    const { most } = first.handler;
    const others = waiting.findIndex(({ handler }) => handler !== first.handler);
    const together = waiting.splice(0, Math.min(most, others < 0 ? waiting.length : others));
    for (const { handler, input, answer } of together) {
      ref[handler.name]!(input).then(answer.resolve, answer.reject);
    }
    await settled();
  }

  return {
    ...test,
    send: send as Ref<On>,
    get waiting() {
      return waiting.map(({ handler }) => handler.name);
    },
    get info() {
      return test.system.inspect()[0];
    },
    next,
    async rest() {
      while (waiting.length > 0) await next();
    },
    crashNext(when) {
      crash = when;
    },
    [Symbol.asyncDispose]: test.end,
  };
}
