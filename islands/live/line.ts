/** A socket of live audio that comes back by itself, and knows the server's time. */
import type { ErrorCode } from "../../domain/errors.ts";
import { returningSocket, type Socket as ReturningSocket } from "../shared/returning_socket.ts";
import { ServerClock } from "./server_clock.ts";

/** What this needs of a WebSocket. */
export type Socket = ReturningSocket & Pick<WebSocket, "bufferedAmount">;

/** Time and sockets, so that tests may have their own. */
export interface Surroundings {
  connect(address: string): Socket;
  /** µs since 1970, steady. */
  nowUs(): number;
  /** Calls once, after `ms`; answers how to call it off. */
  after(ms: number, act: () => void): () => void;
  /** 0 to 1 */
  random(): number;
}

export const platform: Surroundings = {
  connect: (address) => new WebSocket(address),
  nowUs: () => (performance.timeOrigin + performance.now()) * 1_000,
  after(ms, act) {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** How the line is. `waiting`: it comes back by itself. `ended`: it does not, for this reason. */
export type LineState =
  | { readonly kind: "connecting" | "open" }
  | { readonly kind: "waiting"; readonly failures: number }
  | { readonly kind: "ended"; readonly code: ErrorCode | null };

/** A line of text on the socket (L3). */
export interface Said {
  readonly type: string;
  readonly action?: string;
  readonly data?: unknown;
}

export interface LineOptions {
  readonly address: string;
  readonly onState: (state: LineState) => void;
  readonly onSaid: (said: Said) => void;
  readonly onBytes?: (bytes: Uint8Array) => void;
}

/** A host whose node died is back in under 5 s (L9), so the first tries come soon. */
const WAITS_MS = { first: 150, longest: 5_000 };
/** Pings keep the clock right, and find a dead line: no answer within the patience, in ms. */
const PING_MS = 1_500;
const PATIENCE_MS = 3_500;

export type Line = ReturnType<typeof openLine>;

/** Opens it at once, and again whenever it breaks, until `close` or a refusal for good. */
export function openLine(
  { address, onState, onSaid, onBytes }: LineOptions,
  { connect, nowUs, after, random }: Surroundings = platform,
) {
  let clock = new ServerClock();
  let state: LineState = { kind: "connecting" };
  let heardUs = 0;
  let callOff = () => {};
  const pings: number[] = [];

  const become = (next: LineState) => {
    state = next;
    onState(next);
  };
  const say = (said: object) => line.send(JSON.stringify(said));
  const ping = () => {
    if (nowUs() - heardUs > PATIENCE_MS * 1_000) return line.giveUp();
    pings.push(nowUs());
    say({ type: "ping" });
    callOff = after(PING_MS, ping);
  };
  const heard = (said: Said) => {
    if (said.type === "pong") {
      const sentUs = pings.shift();
      const { server_time_us } = said.data as { server_time_us: number };
      if (sentUs !== undefined) clock.answered(sentUs, nowUs(), server_time_us);
      return;
    }
    if (said.type === "session" && said.action === "reconnect") {
      line.comeAfter((said.data as { after_ms: number }).after_ms);
    }
    onSaid(said);
  };
  const line = returningSocket({
    ...{ connect, after, random, waitsMs: WAITS_MS, address: () => address },
    onConnecting() {
      pings.length = 0;
      clock = new ServerClock(); // another node may answer, with a clock of its own
      become({ kind: "connecting" });
      // a socket that neither opens nor fails is given up, too
      callOff = after(PATIENCE_MS, () => line.giveUp());
    },
    onOpen() {
      callOff();
      heardUs = nowUs();
      become({ kind: "open" });
      ping();
    },
    onData(data) {
      heardUs = nowUs();
      if (typeof data === "string") {
        for (const text of data.split("\n")) if (text !== "") heard(JSON.parse(text));
      } else onBytes?.(new Uint8Array(data));
    },
    onBroken({ code, waitMs, failures }) {
      callOff();
      become(waitMs === null ? { kind: "ended", code } : { kind: "waiting", failures });
    },
  });
  line.open();

  return {
    get state() {
      return state;
    },
    get clock() {
      return clock;
    },
    /** Bytes that have not left this machine. */
    get queued() {
      return line.socket?.bufferedAmount ?? 0;
    },
    say,
    send: line.send,
    isWell: line.isWell,
    wake: line.wake,
    close(): void {
      callOff();
      line.close();
      become({ kind: "ended", code: null });
    },
  };
}
