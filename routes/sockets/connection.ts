/** One open socket of the chat protocol: what is sent to it, in which form, and when it is cut. */
import type { Person } from "../../domain/chat.ts";
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import type { FanOut } from "../../services/vitals.ts";

/**
 * Bytes that may wait for a reader; then it is cut off. Less than the 1 MiB of C12: what waits takes
 * 1.8 times its size here, as measured with 50 that stopped reading.
 */
export const MOST_UNREAD = 768 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The last line goes without its end: a frame of one line is one JSON text. */
const LINE_END = 1;

/** Lines for many sockets: encoded once, decoded at most once. */
export class Packet {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** As it is sent. */
  readonly frame: Uint8Array<ArrayBuffer>;
  #text: string | undefined;

  /** @param bytes lines, each with its end; they must stay as they are until all are sent to */
  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.frame = bytes.subarray(0, -LINE_END);
  }

  get text(): string {
    return this.#text ??= decoder.decode(this.bytes);
  }
}

export interface Connection {
  readonly id: string;
  /** Null is a guest. */
  readonly person: Person | null;
  readonly sessionId: string | null;
  /** False as soon as it is closing. */
  readonly isOpen: boolean;
  send(packet: Packet): void;
  /** Sends one message of its own. */
  tell(message: object): void;
  /** Closes with the close code of `code`, which is also the reason. */
  end(code: ErrorCode): void;
}

export function connectionOf(
  socket: WebSocket,
  { id, person, sessionId, inBytes, fanOut, onEnd }:
    & Pick<
      Connection,
      "id" | "person" | "sessionId"
    >
    & {
      /** Its frames are binary: it offered the protocol for that (C2). */
      readonly inBytes: boolean;
      /** Counts what is sent, and who is cut off. */
      readonly fanOut: FanOut;
      /** It was ended from here. The socket's own end may be long in coming, where nobody reads. */
      readonly onEnd?: () => void;
    },
): Connection {
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  const end = (code: ErrorCode) => {
    if (!isOpen()) return;
    socket.close(ERRORS[code].close, code);
    if (onEnd) queueMicrotask(onEnd);
  };
  const write = (data: string | Uint8Array<ArrayBuffer>) => {
    if (!isOpen()) return;
    const unread = socket.bufferedAmount;
    // one large frame is taken by who has read all before it
    if (unread > 0 && unread + data.length > MOST_UNREAD) {
      fanOut.drops++;
      return end("slow_reader");
    }
    fanOut.deliveries++;
    socket.send(data);
  };
  return {
    id,
    person,
    sessionId,
    get isOpen() {
      return isOpen();
    },
    send(packet) {
      write(inBytes ? packet.frame : packet.text.slice(0, -LINE_END));
    },
    tell(message) {
      const text = JSON.stringify(message);
      write(inBytes ? encoder.encode(text) : text);
    },
    end,
  };
}
