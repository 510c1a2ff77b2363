/** A raw connection of an encoder: reads within a time, answers, and closes so that it is heard. */
import { Rejection } from "../../domain/errors.ts";
import { HEAD_MOST, headEnd } from "./encoder_head.ts";

/** What comes at a time, in bytes: at 64 kbit/s two seconds. */
const PIECE = 16 * 1024;
/** After an answer, what is under way is still read so long and so much, or nobody hears it. */
const LINGER_MS = 1_000;
const LINGER_BYTES = 2 * 1024 ** 2;
/** What is written is a few lines: who has not taken them in this time takes nothing, in ms. */
const WRITE_MS = 5_000;

const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** What is said, with a line of words. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly protocol?: string;
}

export interface EncoderConnection {
  /**
   * The head and what came behind it. Rejects with a `Rejection` that is for {@linkcode refuse}:
   * `too_large` (431), `timeout` (408); undefined when the other side went before.
   */
  head(withinMs: number): Promise<{ head: Uint8Array; rest: Uint8Array } | undefined>;
  /** The next bytes; null at the end, also where it was cut. @throws {Rejection} `timeout` */
  read(withinMs: number): Promise<Uint8Array | null>;
  write(text: string): Promise<void>;
  /** Answers, and closes when the other side has heard it. */
  answer(answer: Answer): Promise<void>;
  close(): void;
}

export function encoderConnection(conn: Deno.Conn): EncoderConnection {
  const buffer = new Uint8Array(PIECE);
  let open = true;
  const closed = Promise.withResolvers<void>();

  const close = () => {
    if (open) conn.close();
    open = false;
    closed.resolve();
  };

  /**
   * Waits for what is written, or until it is closed: Deno ends what is read from a connection that
   * it closes, and leaves what is written waiting. TLS also writes only after the other's greeting.
   */
  const taken = async (writing: Promise<unknown>) => {
    const timer = setTimeout(close, WRITE_MS);
    try {
      await Promise.race([writing, closed.promise]);
    } finally {
      clearTimeout(timer);
    }
  };

  const read = async (withinMs: number): Promise<Uint8Array | null> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Rejection("timeout")), withinMs);
    try {
      const count = await Promise.race([conn.read(buffer), late.promise]);
      return count === null ? null : buffer.slice(0, count);
    } catch (error) {
      if (error instanceof Rejection) throw error;
      return null; // it was cut, by the network or by us
    } finally {
      clearTimeout(timer);
    }
  };

  const write = async (text: string) => {
    const bytes = new TextEncoder().encode(text);
    const all = async () => {
      for (let done = 0; open && done < bytes.length;) {
        done += await conn.write(bytes.subarray(done));
      }
    };
    await taken(all().catch(close)); // nobody is there any more, which `read` tells
  };

  return {
    read,
    write,
    close,
    async head(withinMs) {
      const until = performance.now() + withinMs;
      let bytes = new Uint8Array(0);
      for (;;) {
        const end = headEnd(bytes);
        if ((end ?? bytes.length) > HEAD_MOST) throw new Rejection("too_large");
        if (end !== undefined) return { head: bytes.subarray(0, end), rest: bytes.subarray(end) };
        const piece = await read(Math.max(1, until - performance.now()));
        if (!piece) return undefined;
        const longer = new Uint8Array(bytes.length + piece.length);
        longer.set(bytes);
        longer.set(piece, bytes.length);
        bytes = longer;
      }
    },
    async answer({ status, body = "", headers = {}, protocol = "HTTP/1.0" }) {
      const text = new TextEncoder().encode(body);
      await write([
        `${protocol} ${status} ${REASONS[status] ?? "Error"}`,
        "Server: Veza",
        "Connection: close",
        "Content-Type: text/plain; charset=utf-8",
        ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
        `Content-Length: ${text.length}`,
        "",
        body,
      ].join("\r\n"));
      if (!open) return;
      await taken(halfClose(conn));
      const until = performance.now() + LINGER_MS;
      for (let bytes = 0; bytes < LINGER_BYTES;) {
        const left = until - performance.now();
        const piece = left > 0 ? await read(left).catch(() => null) : null;
        if (!piece) break;
        bytes += piece.length;
      }
      close();
    },
  };
}

/** Says that nothing more comes; TLS says it with its own end. */
async function halfClose(conn: Deno.Conn): Promise<void> {
  try {
    if ("closeWrite" in conn) await conn.closeWrite();
  } catch {
    // the other side was faster
  }
}
