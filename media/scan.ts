/** Asks ClamAV whether a file is harmful, over the socket of its daemon (U5). */
import { Rejection } from "../domain/errors.ts";

/** What the scanner found. `signature` is ClamAV's name for it. */
export type Verdict =
  | { readonly clean: true }
  | { readonly clean: false; readonly signature: string };

export interface Scanner {
  /**
   * Scans a stream or a local file. Throws a Rejection: `too_large` when the daemon takes less,
   * `unavailable` when it is away, silent or in trouble; or the reason of `signal`; or what the
   * stream throws. The stream is read to its end or cancelled.
   */
  scan(source: ReadableStream<Uint8Array> | string, signal?: AbortSignal): Promise<Verdict>;
  /** Resolves when the daemon answers; else `unavailable`. */
  ping(): Promise<void>;
}

/** Where the daemon is, and how long it is waited for. */
export interface ClamdOptions {
  /** `unix:/path` or `tcp://host:port`. */
  readonly url: string;
  /** For it to take some bytes, or to answer a ping, in ms. Default: 10,000. */
  readonly stallMs?: number;
  /** For its verdict, after the last byte, in ms; its own MaxScanTime is 120 s. Default: 180,000. */
  readonly verdictMs?: number;
}

/** The most bytes sent as one chunk of INSTREAM. */
const CHUNK = 64 * 1024;
/** Longest answer that is read, in bytes: a signature's name is far shorter. */
const MOST_ANSWER = 4_096;

const away = (why: string) => new Rejection("unavailable", `The virus scanner ${why}`);

/** The daemon at `url`. Each scan is a connection of its own. */
export function clamd({ url, stallMs = 10_000, verdictMs = 180_000 }: ClamdOptions): Scanner {
  const dial = dialler(url);

  async function connect(): Promise<Deno.Conn> {
    const connecting = dial();
    try {
      return await within(connecting, stallMs);
    } catch (error) {
      // one that is late must not stay open
      void connecting.then((late) => late.close(), () => undefined);
      if (error instanceof Rejection) throw error;
      throw away(`cannot be reached at ${url}: ${error instanceof Error ? error.message : error}`);
    }
  }

  async function ping(): Promise<void> {
    const conn = await connect();
    try {
      await within(write(conn, encode("zPING\0")), stallMs);
      const said = await within(answer(conn), stallMs);
      if (said !== "PONG") throw away(`said "${said}" to a ping; wanted "PONG"`);
    } catch (error) {
      throw error instanceof Rejection ? error : away(`broke off: ${error}`);
    } finally {
      conn.close();
    }
  }

  /** Sends everything; false when the daemon hung up before the end. */
  async function send(
    conn: Deno.Conn,
    next: () => Promise<Uint8Array | undefined>,
  ): Promise<boolean> {
    const put = async (bytes: Uint8Array) => {
      try {
        await within(write(conn, bytes), stallMs);
        return true;
      } catch (error) {
        if (error instanceof Rejection) throw error;
        return false; // its answer, or the lack of one, tells why
      }
    };
    if (!await put(encode("zINSTREAM\0"))) return false;
    for (let chunk = await next(); chunk; chunk = await next()) {
      for (let at = 0; at < chunk.byteLength; at += CHUNK) {
        const piece = chunk.subarray(at, at + CHUNK);
        if (!await put(length(piece.byteLength)) || !await put(piece)) return false;
      }
    }
    return await put(length(0));
  }

  async function scan(
    source: ReadableStream<Uint8Array> | string,
    signal?: AbortSignal,
  ): Promise<Verdict> {
    const stream = typeof source === "string"
      ? (await Deno.open(source, { read: true })).readable
      : source;
    const reader = stream.getReader();
    let conn: Deno.Conn | undefined;
    const stop = () => {
      void reader.cancel(signal?.reason).catch(() => undefined);
      close(conn);
      conn = undefined;
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      signal?.throwIfAborted();
      conn = await connect();
      signal?.throwIfAborted();
      // Asked for before the end: where it hangs up, an unread answer could be lost.
      const said = answer(conn).catch(() => "");
      let bytes = 0;
      const whole = await send(conn, async () => {
        const { value } = await reader.read();
        signal?.throwIfAborted();
        bytes += value?.byteLength ?? 0;
        return value;
      });
      const verdict = await within(said, whole ? verdictMs : stallMs);
      signal?.throwIfAborted();
      if (verdict === "" && !whole) {
        // Without a word: either it had enough of this file, or it is gone.
        await ping();
        throw tooLarge(bytes);
      }
      return read(verdict, bytes);
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener("abort", stop);
      close(conn);
      await reader.cancel().catch(() => undefined);
      reader.releaseLock();
    }
  }

  return { scan, ping };
}

const tooLarge = (bytes: number) =>
  new Rejection(
    "too_large",
    `The virus scanner takes no file this large: it stopped after ${bytes} bytes`,
  );

/** What the daemon's answer means. */
function read(said: string, bytes: number): Verdict {
  if (said === "stream: OK") return { clean: true };
  const signature = /^stream: (.+) FOUND$/.exec(said)?.[1];
  if (signature !== undefined) return { clean: false, signature };
  if (said.includes("size limit exceeded")) throw tooLarge(bytes);
  // Nothing is let through that was not said to be clean.
  throw away(said === "" ? "hung up without an answer" : `said "${said}"`);
}

/** Opens connections to `url`. */
function dialler(url: string): () => Promise<Deno.Conn> {
  if (url.startsWith("unix:/")) {
    const path = url.slice("unix:".length);
    return () => Deno.connect({ transport: "unix", path });
  }
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "tcp:" || parsed.port === "") {
    throw new TypeError(`The scanner's address is "${url}"; wanted unix:/path or tcp://host:port`);
  }
  const hostname = parsed.hostname.replace(/^\[|\]$/g, "");
  return () => Deno.connect({ hostname, port: Number(parsed.port) });
}

/** The length of a chunk, as INSTREAM wants it: 4 bytes, the highest first. */
function length(bytes: number): Uint8Array {
  const data = new Uint8Array(4);
  new DataView(data.buffer).setUint32(0, bytes);
  return data;
}

const encode = (text: string) => new TextEncoder().encode(text);

async function write(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength;) done += await conn.write(bytes.subarray(done));
}

/** What the daemon says, up to the zero that ends it, or until it hangs up. */
async function answer(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(MOST_ANSWER);
  let used = 0;
  while (used < buffer.length) {
    const count = await conn.read(buffer.subarray(used));
    if (count === null) break;
    used += count;
    if (buffer.subarray(0, used).includes(0)) break;
  }
  return new TextDecoder().decode(buffer.subarray(0, used)).split("\0")[0]?.trim() ?? "";
}

/** `work`, or `unavailable` when it takes longer than `ms`. */
async function within<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(away(`did not answer within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Closes a connection that may be closed already. */
function close(conn: Deno.Conn | undefined): void {
  try {
    conn?.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** A scan as the transcoder wants it: silent, or a Rejection `infected` with the signature. */
export const refuseInfected = (scanner: Scanner) => async (path: string, signal: AbortSignal) => {
  const verdict = await scanner.scan(path, signal);
  if (!verdict.clean) {
    throw new Rejection("infected", `The virus scanner found ${verdict.signature}`);
  }
};
