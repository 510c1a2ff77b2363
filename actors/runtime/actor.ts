/** What an actor is: a kind, a way to start, and an object of handlers. */

import type { Rejection } from "../../domain/errors.ts";
import { checkedKind, HANDLER } from "./names.ts";

/**
 * What an actor's own code may ask of the runtime. It belongs to one activation: after a crash,
 * `start` is given a new one.
 */
export interface Self {
  readonly kind: string;
  readonly key: string;
  /** Aborts when this activation ends, whatever the reason; give it to `fetch` and the like. */
  readonly signal: AbortSignal;
  /**
   * Runs `turn` through the mailbox, as if it were a message: alone, with the state safe to change.
   * This is how a child, a socket or a callback reaches the actor it belongs to.
   *
   * Answers what `turn` answers. Rejects with `busy`, `timeout`, `crashed` as calls do, and
   * with `moved` if this activation ended before the turn began. A `turn` that throws anything but
   * a `Rejection` crashes the actor. A handler must not await a turn of its own actor, since
   * the turn waits for the handler: it rejects with `ring`.
   */
  turn<Reply>(turn: () => Reply | Promise<Reply>): Promise<Reply>;
  /**
   * Runs `turn` through the mailbox `ms` milliseconds from now, unless cancelled or ended before.
   * A timer does not keep its actor from passivating. Throws `busy` when as many timers are set, or
   * wait for a handler, as the mailbox may hold messages, and a `TypeError` if `ms` is not 0 or more.
   */
  after(ms: number, turn: () => unknown): Timer;
  /**
   * Has the reminder `name` of this kind run `ms` milliseconds from now, whatever happens until
   * then: it is saved when this resolves, and wakes the actor on whichever node. Setting it again
   * replaces it. Throws a `TypeError` if the kind has no such reminder, or `ms` is no finite number.
   */
  remind(name: string, ms: number): Promise<void>;
  /** Takes a reminder back; nothing happens if none is set. */
  forget(name: string): Promise<void>;
  /**
   * Starts a child. A child that throws is restarted three times, then the actor crashes with it.
   * An actor with a child that runs is not idle. Children are stopped in reverse order.
   */
  own(child: Child): OwnedChild;
}

/** A timer that has been set by {@linkcode Self.after}. */
export interface Timer {
  cancel(): void;
}

/** Something that runs beside its owner's mailbox: a process, a socket, a loop. */
export interface Child {
  /** For logs; need not be unique. */
  readonly name: string;
  /** Runs until it is done or `signal` aborts; called again after it threw. */
  run(signal: AbortSignal): Promise<void>;
}

/** A child that has been started by {@linkcode Self.own}. */
export interface OwnedChild {
  readonly name: string;
  /** Aborts the child's signal and waits until it has ended, at most 5 s. */
  stop(): Promise<void>;
}

/** Why an activation ends. After `crash` and `restart` the actor is started again. */
export type StopReason = "idle" | "shutdown" | "restart" | "crash";

/** A handler of one message. What it returns is the caller's reply. */
export type MessageHandler<State> = (state: State, input: never, self: Self) => unknown;

/** A handler of many messages at once, made by {@linkcode batch}. */
export interface BatchHandler<State, Input, Reply> {
  (state: State, inputs: Input[], self: Self): Reply[] | Promise<Reply[]>;
  /** How many messages it takes at once. */
  readonly most: number;
}

/** The messages that an actor understands, by name. */
export type Handlers<State> = Readonly<Record<string, MessageHandler<State>>>;

/** How an actor is written down; see {@linkcode defineActor}. */
export interface ActorSpec<State extends object, On extends Handlers<State>> {
  /**
   * Loads the state and takes the next epoch; on first use and again after each crash. The object
   * it returns is what every handler is given: to change the state, assign its fields.
   * A `Rejection` thrown here refuses all waiting callers; anything else is a crash.
   */
  readonly start: (key: string, self: Self) => State | Promise<State>;
  /** Lets go of what `start` acquired. Children have ended by then, and `self.signal` is aborted. */
  readonly stop?: (
    state: NoInfer<State>,
    reason: StopReason,
    self: Self,
  ) => void | Promise<void>;
  /**
   * What reminders do when they are due; see {@linkcode Self.remind}. At least once: after a crash
   * in the middle it is run again. A `Rejection` ends it.
   */
  readonly reminders?: Readonly<
    Record<string, (state: NoInfer<State>, self: Self) => unknown>
  >;
  /** Milliseconds without mail after which the actor passivates; default 120,000. */
  readonly idleAfter?: number;
  /** How many messages may wait; beyond it callers get `busy`. Default 1,000. */
  readonly mailbox?: number;
  readonly on: On;
}

/** A handler in the one form that the runtime runs. `most` above 1: it takes that many at once. */
export interface Handler {
  readonly name: string;
  readonly batch: boolean;
  readonly most: number;
  /** `input` is an array of inputs if `batch`, and so is the reply. */
  readonly handle: (state: unknown, input: unknown, self: Self) => unknown;
}

/** A kind of actor, ready to be hosted. `On` carries the types of its messages. */
export interface Actor<On> {
  readonly kind: string;
  readonly start: (key: string, self: Self) => unknown;
  readonly stop: (state: unknown, reason: StopReason, self: Self) => unknown;
  readonly idleAfter: number;
  readonly mailbox: number;
  readonly handlers: readonly Handler[];
  readonly reminders: ReadonlyMap<string, Handler>;
  /** The handlers as written, for their types. */
  readonly on: On;
}

/**
 * Writes down a kind of actor. `kind` is a fixed `snake_case` word, handlers are `camelCase`;
 * anything else throws a `TypeError`, as does a bound that is not a positive number.
 *
 * @example
 * ```ts
 * const counter = defineActor("counter", {
 *   start: () => ({ count: 0 }),
 *   on: {
 *     add: (counter, by: number) => counter.count += by,
 *   },
 * });
 * const counters = createSystem().host(counter);
 * await counters.get("clicks").add(2); // 2
 * ```
 */
export function defineActor<State extends object, On extends Handlers<State>>(
  kind: string,
  spec: ActorSpec<State, On>,
): Actor<On> {
  checkedKind(kind);
  const { idleAfter = 120_000, mailbox = 1_000 } = spec;
  positive(`idleAfter of "${kind}"`, idleAfter);
  positive(`mailbox of "${kind}"`, mailbox);
  const handlers: Handlers<State> = spec.on;
  return {
    kind,
    idleAfter,
    mailbox,
    start: spec.start,
    stop: (state, reason, self) => spec.stop?.(state as State, reason, self),
    handlers: Object.entries(handlers).map(([name, handler]) => inOneForm(kind, name, handler)),
    reminders: new Map(
      Object.entries(spec.reminders ?? {}).map(([name, remind]) => {
        const handler = (state: State, _input: never, self: Self) => remind(state, self);
        return [name, inOneForm<State>(kind, name, handler)];
      }),
    ),
    on: spec.on,
  };
}

/**
 * Makes a handler that receives all consecutive waiting calls of its name together, `most` at
 * most, and answers each, in order, with replies and not promises of them; a `Rejection` among the replies refuses that one caller. A
 * `Rejection` thrown refuses them all; anything else thrown is a crash, and the batch is not
 * replayed.
 */
export function batch<State, Input, Reply>(
  handle: (state: State, inputs: Input[], self: Self) => Reply[] | Promise<Reply[]>,
  { most = 100 }: { most?: number } = {},
): BatchHandler<State, Input, Reply> {
  positive("most of a batch", most);
  // A function of its own, since `handle` is the caller's and may be used for two batches.
  const handler = (state: State, inputs: Input[], self: Self) => handle(state, inputs, self);
  return Object.assign(handler, { most });
}

/** The method by which a handler is called from outside. */
export type Method<H> = H extends BatchHandler<never, infer Input, infer Reply>
  ? (...input: Argument<[Input]>) => Promise<Exclude<Reply, Rejection>>
  : H extends (state: never, ...rest: infer Rest) => infer Reply
    ? (...input: Argument<Rest>) => Promise<Awaited<Reply>>
  : never;

/** A handler's input as the arguments of its method: none if it is missing or unannotated. */
type Argument<Rest extends readonly unknown[]> = Rest extends readonly [] ? []
  : Rest extends readonly [infer Input, ...unknown[]]
    ? [Input] extends [never] ? [] : undefined extends Input ? [input?: Input] : [input: Input]
  : Rest extends readonly [input?: infer Input, ...rest: unknown[]] ? [input?: Input]
  : [];

/** One actor from outside: its handlers as async methods. */
export type Ref<On> = { readonly [Name in keyof On]: Method<On[Name]> };

function inOneForm<State>(kind: string, name: string, handle: MessageHandler<State>): Handler {
  // `then` would make every reference look like a promise; the others exist on every object.
  if (!HANDLER.test(name) || name === "then" || name in Object.prototype) {
    throw new TypeError(`Handler "${name}" of "${kind}" is not a free camelCase word`);
  }
  const most = "most" in handle ? handle.most as number : undefined;
  // Here, and only here, types are erased: `Ref` gives them back to callers.
  return { name, batch: most !== undefined, most: most ?? 1, handle: handle as Handler["handle"] };
}

function positive(what: string, value: number): number {
  if (!(value > 0)) throw new TypeError(`${what} is ${value}; it must be above 0`);
  return value;
}
