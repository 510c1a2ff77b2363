/** A socket of live audio that comes back by itself, and knows the server's time. */
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import { ServerClock } from "./server_clock.ts";

/** What this needs of a WebSocket. */
export type Socket = Pick<
  WebSocket,
  | "binaryType"
  | "bufferedAmount"
  | "readyState"
  | "send"
  | "close"
  | "onopen"
  | "onmessage"
  | "onclose"
  | "onerror"
>;

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

/**
 * The wait before another try, doubling, each with jitter of its half, in ms. A host whose node died
 * is back in under 5 s (L9), so the first tries come soon.
 */
const FIRST_MS = 150;
const LONGEST_MS = 5_000;
/** Pings keep the clock right, and find a dead line: no answer within the patience, in ms. */
const PING_MS = 1_500;
const PATIENCE_MS = 3_500;
const OPEN = 1;

export type Line = ReturnType<typeof openLine>;

/** Opens it at once, and again whenever it breaks, until `close` or a refusal for good. */
export function openLine(
  { address, onState, onSaid, onBytes }: LineOptions,
  { connect, nowUs, after, random }: Surroundings = platform,
) {
  let clock = new ServerClock();
  let state: LineState = { kind: "connecting" };
  let socket: Socket | null = null;
  let failures = 0;
  let heardUs = 0;
  let comeAfterMs: number | null = null;
  let callOff = () => {};
  const pings: number[] = [];

  const become = (next: LineState) => {
    state = next;
    onState(next);
  };
  const say = (said: object) => {
    if (socket?.readyState === OPEN) socket.send(JSON.stringify(said));
  };
  const ping = (one: Socket) => {
    if (socket !== one) return;
    if (nowUs() - heardUs > PATIENCE_MS * 1_000) return gone(one, "");
    pings.push(nowUs());
    say({ type: "ping" });
    callOff = after(PING_MS, () => ping(one));
  };
  const heard = (said: Said) => {
    if (said.type === "pong") {
      const sentUs = pings.shift();
      const { server_time_us } = said.data as { server_time_us: number };
      if (sentUs !== undefined) clock.answered(sentUs, nowUs(), server_time_us);
      return;
    }
    if (said.type === "session" && said.action === "reconnect") {
      comeAfterMs = (said.data as { after_ms: number }).after_ms;
    }
    onSaid(said);
  };
  const gone = (one: Socket, reason: string) => {
    if (socket !== one) return;
    socket = null;
    callOff();
    one.onmessage = one.onclose = null;
    if (one.readyState === OPEN) one.close();
    else one.onopen = () => one.close();
    const code = reason in ERRORS ? reason as ErrorCode : null;
    if (code !== null && ERRORS[code].retry === "no") return become({ kind: "ended", code });
    const full = Math.min(LONGEST_MS, FIRST_MS * 2 ** failures++);
    const wait = comeAfterMs ?? full * (0.5 + random() / 2);
    comeAfterMs = null;
    callOff = after(wait, open);
    become({ kind: "waiting", failures });
  };
  const open = () => {
    callOff();
    pings.length = 0;
    clock = new ServerClock(); // another node may answer, with a clock of its own
    become({ kind: "connecting" });
    const one = connect(address);
    socket = one;
    one.binaryType = "arraybuffer";
    one.onerror = () => {}; // `close` follows
    one.onclose = ({ reason }) => gone(one, reason);
    one.onopen = () => {
      if (socket !== one) return one.close();
      heardUs = nowUs();
      become({ kind: "open" });
      ping(one);
    };
    one.onmessage = ({ data }) => {
      if (socket !== one) return;
      heardUs = nowUs();
      if (typeof data === "string") {
        for (const text of data.split("\n")) if (text !== "") heard(JSON.parse(text));
      } else onBytes?.(new Uint8Array(data));
    };
    // a socket that neither opens nor fails is given up, too
    heardUs = nowUs();
    callOff = after(PATIENCE_MS, () => {
      if (state.kind === "connecting") gone(one, "");
    });
  };
  open();

  return {
    get state() {
      return state;
    },
    get clock() {
      return clock;
    },
    /** Bytes that have not left this machine. */
    get queued() {
      return socket?.bufferedAmount ?? 0;
    },
    say,
    /** Sends bytes; nothing where there is no line. */
    send(bytes: Uint8Array<ArrayBuffer>): void {
      if (socket?.readyState === OPEN) socket.send(bytes);
    },
    /** It works as it should: the next break is tried again soon. */
    isWell(): void {
      failures = 0;
    },
    /** There is reason to hope: does not wait for the next try. */
    wake(): void {
      if (state.kind === "waiting") open();
    },
    close(): void {
      const one = socket;
      socket = null;
      callOff();
      if (one) {
        one.onmessage = one.onclose = null;
        if (one.readyState === OPEN) one.close(1000);
        else one.onopen = () => one.close(1000);
      }
      become({ kind: "ended", code: null });
    },
  };
}
