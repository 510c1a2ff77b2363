/** One open socket of a stream: what is sent to it, what it says, and when it is cut (C11, C12). */
import { FAULTS_MOST } from "../../domain/chat_frames.ts";
import { type ErrorCode, ERRORS, isRejection, Rejection } from "../../domain/errors.ts";
import { CHUNK_MOST, FRAME_HEADER } from "../../domain/live_frames.ts";
import { type LiveFrame, type LiveFrameName, readSaid } from "../../domain/live_socket.ts";
import { fieldErrors } from "../endpoint.ts";

/** Bytes that may wait for a reader, of what is not audio; less than C12's 1 MiB, as in chat. */
const MOST_UNREAD = 768 * 1024;
/** Audio is dropped while more than this waits: three seconds at 256 kbit/s. */
const AUDIO_UNREAD = 96 * 1024;
/** Who takes no audio for so long is cut off, in ms. */
const STUCK_MS = 10_000;
const MINUTE_MS = 60_000;
/** Bytes of one message. */
const MESSAGE_MOST = CHUNK_MOST + FRAME_HEADER;

export const serverTimeUs = (): number =>
  Math.round((performance.timeOrigin + performance.now()) * 1_000);

export interface LiveLine {
  readonly sessionId: string | null;
  readonly isOpen: boolean;
  /** Audio that was dropped since it reads too slowly. */
  readonly dropped: number;
  tell(message: object): void;
  /** Sends a frame, or drops it where too much waits. */
  audio(frame: Uint8Array<ArrayBuffer>): void;
  /** Says that something did not come about. */
  fail(name: string, requestId: string | undefined, error: unknown): void;
  /** The same of what should not have been said, which may be one fault too many (C11). */
  refuse(name: string, requestId: string | undefined, error: unknown): void;
  /** Closes without a word. */
  close(code: ErrorCode): void;
  /** Says why, and closes. */
  end(code: ErrorCode, detail?: string): void;
}

export interface LiveLineOptions {
  readonly sessionId: string | null;
  /** What may be said here; `ping` is answered by itself. */
  readonly names: readonly LiveFrameName[];
  readonly onSaid: (frame: LiveFrame) => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** The connection is gone, or was ended from here; told once. */
  readonly onGone: () => void;
  readonly onError: (error: unknown) => void;
  readonly now?: () => number;
}

/** Takes over an open socket whose `binaryType` is `arraybuffer`. */
export function liveLine(socket: WebSocket, options: LiveLineOptions): LiveLine {
  const { sessionId, names, onSaid, onBytes, onError, now = Date.now } = options;
  const faults: number[] = [];
  let stuckSince: number | null = null;
  let dropped = 0;
  let gone = false;
  const isOpen = () => socket.readyState === WebSocket.OPEN;
  const depart = () => {
    if (gone) return; // a socket's end may come twice, and after our own
    gone = true;
    options.onGone();
  };
  const close = (code: ErrorCode) => {
    if (!isOpen()) return;
    socket.close(ERRORS[code].close, code);
    queueMicrotask(depart);
  };
  const tell = (message: object) => {
    if (!isOpen()) return;
    if (socket.bufferedAmount > MOST_UNREAD) return close("slow_reader");
    socket.send(JSON.stringify(message));
  };
  const say = (name: string, requestId: string | undefined, error: Rejection) => {
    const { code, message, retryAfterMs, errors } = error;
    tell({
      type: "error",
      action: name,
      data: {
        code,
        message,
        ...(retryAfterMs !== undefined && { retry_after_ms: retryAfterMs }),
        ...(errors && { errors: errors.map(({ path, message }) => ({ path, message })) }),
      },
      ...(requestId !== undefined && { request_id: requestId }),
    });
  };
  const fail = (name: string, requestId: string | undefined, error: unknown) => {
    if (!isRejection(error)) onError(error);
    say(name, requestId, isRejection(error) ? error : new Rejection("internal"));
  };
  const refuse = (name: string, requestId: string | undefined, error: unknown) => {
    fail(name, requestId, error);
    const at = now();
    faults.push(at);
    while (faults[0]! < at - MINUTE_MS) faults.shift();
    if (faults.length >= FAULTS_MOST) close("bad_request");
  };

  const text = (line: string) => {
    const { frame, ...fault } = readSaid(line, ["ping", ...names]);
    if (frame === null) {
      const { name, requestId, error } = fault as Extract<
        ReturnType<typeof readSaid>,
        { frame: null }
      >;
      if (error instanceof Rejection) return refuse(name, requestId, error);
      return refuse(
        name,
        requestId,
        new Rejection("invalid", undefined, {
          errors: fieldErrors(error),
        }),
      );
    }
    if (frame.name !== "ping") return onSaid(frame);
    const { request_id } = frame;
    tell({ type: "pong", data: { server_time_us: serverTimeUs() }, request_id });
  };
  socket.addEventListener("message", ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (!isOpen()) return;
    const size = typeof data === "string" ? data.length : data.byteLength;
    if (size > MESSAGE_MOST) return close("too_large");
    if (typeof data !== "string") return onBytes(new Uint8Array(data));
    for (const line of data.split("\n")) {
      if (line.trim() !== "" && isOpen()) text(line);
    }
  });
  socket.addEventListener("close", depart);
  socket.addEventListener("error", depart);

  return {
    sessionId,
    tell,
    fail,
    refuse,
    close,
    get isOpen() {
      return isOpen();
    },
    get dropped() {
      return dropped;
    },
    audio(frame) {
      if (socket.readyState !== WebSocket.OPEN) return;
      if (socket.bufferedAmount <= AUDIO_UNREAD) {
        stuckSince = null;
        return socket.send(frame);
      }
      dropped++;
      stuckSince ??= now();
      if (now() - stuckSince > STUCK_MS) close("slow_reader");
    },
    end(code, detail) {
      say("", undefined, new Rejection(code, detail));
      close(code);
    },
  };
}
