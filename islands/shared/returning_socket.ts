/** A socket that comes back by itself, with back-off, until it is closed or refused for good. */
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";

/** What this needs of a WebSocket. */
export type Socket = Pick<
  WebSocket,
  "binaryType" | "readyState" | "send" | "close" | "onopen" | "onmessage" | "onclose" | "onerror"
>;

/** A break. */
export interface Break {
  /** Why, where the server said so. */
  readonly code: ErrorCode | null;
  /** So long until the next try, in ms; null: there is none. */
  readonly waitMs: number | null;
  /** Tries since it was last well. */
  readonly failures: number;
}

export interface ReturningOptions<S extends Socket> {
  /** Where to, asked before each try. */
  readonly address: () => string | Promise<string>;
  readonly connect: (address: string) => S;
  /** Calls once, after `ms`; answers how to call it off. */
  readonly after: (ms: number, act: () => void) => () => void;
  /** 0 to 1 */
  readonly random: () => number;
  /** The wait before another try doubles from the first to the longest, in ms. */
  readonly waitsMs: { readonly first: number; readonly longest: number };
  /** A try begins. */
  readonly onConnecting: () => void;
  readonly onOpen: () => void;
  readonly onData: (data: string | ArrayBuffer) => void;
  readonly onBroken: (why: Break) => void;
}

const OPEN = 1;

/** Lets go of a socket without hearing of it again. */
function drop(one: Socket): void {
  one.onmessage = one.onclose = null;
  // to close one that is still opening would be a fault in a browser's console
  if (one.readyState === OPEN) one.close(1000);
  else one.onopen = () => one.close(1000);
}

/** `open` begins it. */
export function returningSocket<S extends Socket>(options: ReturningOptions<S>) {
  const { address, connect, after, random, waitsMs, onConnecting, onOpen, onData, onBroken } =
    options;
  let socket: S | null = null;
  let isEnded = false;
  let isWaiting = false;
  let failures = 0;
  let comeAfterMs: number | null = null;
  let callOff = () => {};

  /** The wait after so many failures, with jitter of its half, in ms. */
  const backOff = (count: number): number => {
    const full = Math.min(waitsMs.longest, waitsMs.first * 2 ** count);
    return Math.round(full * (0.5 + random() / 2));
  };
  const gone = (one: S | null, reason: string) => {
    if (socket !== one || isEnded) return;
    socket = null;
    if (one) drop(one);
    const code = reason in ERRORS ? reason as ErrorCode : null;
    isEnded = code !== null && ERRORS[code].retry === "no";
    const wait = comeAfterMs ?? backOff(failures++);
    comeAfterMs = null;
    isWaiting = !isEnded;
    if (isWaiting) callOff = after(wait, open);
    onBroken({ code, waitMs: isEnded ? null : wait, failures });
  };
  const attach = (to: string) => {
    if (isEnded || socket) return;
    let one: S;
    try {
      one = connect(to);
    } catch {
      return gone(null, ""); // no such address: tried again
    }
    socket = one;
    one.binaryType = "arraybuffer";
    one.onerror = () => {}; // `close` follows
    one.onopen = () => socket === one ? onOpen() : one.close();
    one.onmessage = ({ data }) => {
      if (socket === one) onData(data);
    };
    one.onclose = ({ reason }) => gone(one, reason);
  };
  const open = () => {
    callOff();
    if (isEnded || socket) return;
    isWaiting = false;
    onConnecting();
    const to = address();
    if (typeof to === "string") attach(to);
    else to.then(attach, () => gone(null, "")); // no pass: tried again
  };

  return {
    open,
    backOff,
    get socket() {
      return socket;
    },
    get isOpen() {
      return socket?.readyState === OPEN;
    },
    /** Sends; nothing where there is no line. */
    send(data: string | Uint8Array<ArrayBuffer>): void {
      if (socket?.readyState === OPEN) socket.send(data);
    },
    /** It works as it should: the next break is tried again soon. */
    isWell: () => void (failures = 0),
    /** The server says when to come again after the break that follows. */
    comeAfter: (ms: number) => void (comeAfterMs = ms),
    /** Gives up a socket that does not answer, for another. */
    giveUp(): void {
      if (socket) gone(socket, "");
    },
    /** There is reason to hope: does not wait for the next try. */
    wake(): void {
      if (isWaiting) open();
    },
    close(): void {
      const one = socket;
      socket = null;
      isEnded = true;
      isWaiting = false;
      callOff();
      if (one) drop(one);
    },
  };
}
