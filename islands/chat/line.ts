/** One socket that comes back by itself: tries with back-off, tests of a silent line, requests. */
import { BYTES_PROTOCOL } from "../../domain/chat_wire.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import { returningSocket, type Socket } from "../shared/returning_socket.ts";
import { type Frame, framesOf, type WireError } from "./wire.ts";

export type { Socket };

/** Time, so that tests may have their own. */
export interface Clock {
  /** ms since 1970 */
  now(): number;
  /** Calls once, after `ms`; answers how to call it off. */
  after(ms: number, act: () => void): () => void;
}

/** How the line is. `waiting`: it comes back by itself. `ended`: it does not, for this reason. */
export type LineState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open"; readonly userId: string | null }
  | { readonly kind: "waiting"; readonly untilMs: number; readonly failures: number }
  | { readonly kind: "ended"; readonly code: ErrorCode | null };

/** An answer, a refusal, or null: the line broke before either came. */
export type Answer = (said: Frame | WireError | null) => void;

export const isError = (said: Frame | WireError): said is WireError => "code" in said;

export interface LineOptions {
  /** Where to, asked before each try. */
  readonly address: () => string | Promise<string>;
  readonly connect: (address: string, protocols: string[]) => Socket;
  readonly clock: Clock;
  /** 0 to 1 */
  readonly random: () => number;
  readonly onState: (state: LineState) => void;
  /** What came, after the answer that it may be was given. */
  readonly onFrame: (frame: Frame) => void;
}

const WAITS_MS = { first: 500, longest: 30_000 };
/** After this much silence the line is tried out, and the answer may take so long, in ms. */
const SILENCE_MS = 25_000;
const PATIENCE_MS = 10_000;

export type Line = ReturnType<typeof openLine>;

/** Opens it at once, and again whenever it breaks, until `close` or a refusal for good. */
export function openLine({ address, connect, clock, random, onState, onFrame }: LineOptions) {
  const asked = new Map<string, Answer>();
  const timers = new Set<() => void>();
  let state: LineState = { kind: "connecting" };
  let asks = 0;
  let callOffWatch = () => {};
  /** Of the answer that came fastest: the difference of the clocks is surest there. */
  let best = { delayMs: Infinity, offsetMs: 0 };

  const become = (next: LineState) => {
    state = next;
    onState(state);
  };
  const isOpen = () => state.kind === "open" && line.isOpen;
  const later = (ms: number, act: () => void) => {
    const callOff = clock.after(ms, () => {
      timers.delete(stop);
      act();
    });
    const stop = () => {
      timers.delete(stop);
      callOff();
    };
    timers.add(stop);
    return stop;
  };
  const say = (frame: object) => line.send(JSON.stringify(frame));
  const ask = (frame: object, answer: Answer) => {
    const request_id = `${++asks}`;
    asked.set(request_id, answer);
    say({ ...frame, request_id });
    return request_id;
  };

  const ping = () => {
    const sentAt = clock.now();
    ask({ type: "ping" }, (said) => {
      if (!said || isError(said)) return;
      const { server_time_us } = said.data as { server_time_us: number };
      const delayMs = clock.now() - sentAt;
      if (delayMs > best.delayMs) return;
      best = { delayMs, offsetMs: server_time_us / 1_000 - (sentAt + delayMs / 2) };
    });
  };
  /** Tries the line out after a silence, and gives one up that does not answer. */
  const watch = () => {
    callOffWatch();
    callOffWatch = later(SILENCE_MS, () => {
      ping();
      callOffWatch = later(PATIENCE_MS, line.giveUp);
    });
  };
  const heard = (frame: Frame) => {
    const { request_id = "" } = frame;
    const answer = asked.get(request_id);
    asked.delete(request_id);
    if (frame.type === "error") return answer?.(frame.data as WireError);
    answer?.(frame);
    if (frame.type === "session") session(frame);
    onFrame(frame);
  };
  const session = ({ action, data }: Frame) => {
    if (action === "reconnect") line.comeAfter((data as { after_ms: number }).after_ms);
    if (action !== "ready") return;
    const { user_id, server_time_us } = data as { user_id: string | null; server_time_us: number };
    line.isWell();
    best = { delayMs: Infinity, offsetMs: server_time_us / 1_000 - clock.now() };
    become({ kind: "open", userId: user_id });
    ping();
  };

  const settle = () => {
    for (const stop of timers) stop();
    const lost = [...asked.values()];
    asked.clear();
    return lost;
  };
  const line = returningSocket({
    ...{ address, random, waitsMs: WAITS_MS },
    after: (ms, act) => clock.after(ms, act),
    connect(to) {
      watch(); // also one that neither opens nor fails
      return connect(to, [BYTES_PROTOCOL]);
    },
    onConnecting: () => become({ kind: "connecting" }),
    onOpen() {}, // the server says first who one is
    onData(data) {
      watch();
      for (const frame of framesOf(data)) heard(frame);
    },
    onBroken({ code, waitMs, failures }) {
      const lost = settle();
      state = waitMs === null
        ? { kind: "ended", code }
        : { kind: "waiting", untilMs: clock.now() + waitMs, failures };
      for (const answer of lost) answer(null);
      onState(state);
    },
  });

  return {
    get state() {
      return state;
    },
    /** ms to add to this machine's clock for the server's. */
    get clockOffsetMs() {
      return best.offsetMs;
    },
    isOpen,
    backOff: line.backOff,
    /** Calls `act` after `ms`, unless the line breaks before. */
    later,
    /** Says something that has no answer; nothing where there is no line. */
    say,
    /** Says something and waits for its answer; the name of the request. */
    ask,
    /** Does not wait for this answer any more; false when it has come. */
    forget: (request: string) => asked.delete(request),
    open: line.open,
    wake: line.wake,
    close(): void {
      settle();
      line.close();
      become({ kind: "ended", code: null });
    },
  };
}
