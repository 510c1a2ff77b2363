/**
 * Where encoders come in: Icecast's source protocol on a port of its own, because `Deno.serve` gives
 * no body of an endless PUT or a SOURCE (L2).
 */
import { ERRORS, isRejection, Rejection } from "../../domain/errors.ts";
import type { Source } from "../../domain/live.ts";
import type { Broadcast } from "../../media/live/broadcast.ts";
import type { LiveSource, LiveSourceOptions, SourceForm } from "../../media/live/source.ts";
import type { Log } from "../../services/log.ts";
import { Dechunker } from "./encoder_body.ts";
import { type Answer, type EncoderConnection, encoderConnection } from "./encoder_connection.ts";
import { type EncoderHead, formOf, keyIn, readHead, streamOf } from "./encoder_head.ts";
import { readTitleUpdate } from "./encoder_titles.ts";

/** Whom a stream key lets in. */
export interface Admitted {
  readonly hostId: string;
  /** Of that key: it may be changed before the first sound has come. */
  readonly keyGeneration: number;
}

/** What the listener asks of the node. */
export interface EncoderDesk {
  /**
   * Who hosts the stream that `key` opens. @throws {Rejection} `unauthenticated`, also where there is
   * no such stream; `forbidden`; `stream_ended`
   */
  admit(streamId: string, key: string): Promise<Admitted>;
  /**
   * Whether a connection of the same host is on air, and heard.
   *
   * @throws {Rejection} `handed_over` while whom they invited has the air
   */
  isTaken(streamId: string, hostId: string): Promise<boolean>;
  open(arrival: Admitted & { id: string; source: Source }): Promise<Broadcast>;
  source(
    options: Pick<LiveSourceOptions, "form" | "begin" | "failed" | "warn">,
  ): LiveSource;
  /** Answers for the titles of a stream that comes in here, until it is closed; `now` is the last. */
  takeTitles(
    streamId: string,
    title: (text: string) => void,
    now: () => string,
  ): { close(): void };
  /** Tells a title to the node where the stream comes in; false where it comes in nowhere. */
  tellTitle(streamId: string, title: string): Promise<boolean>;
  decode(bytes: Uint8Array): string;
  cleanTitle(text: string): string;
}

export interface EncoderListenerOptions {
  readonly listener: Deno.Listener;
  readonly desk: EncoderDesk;
  readonly log: Log;
  /** Database errors as refusals. */
  readonly translate: (error: unknown) => unknown;
  /** For tests: less than the usual. */
  readonly times?: Partial<Record<keyof typeof TIMES, number>>;
  readonly room?: Partial<Record<keyof typeof ROOM, number>>;
}

/** In ms. Source of the head's: L2. */
const TIMES = {
  head: 5_000,
  /** Without a byte, or without a frame in what comes: the encoder stands still. */
  still: 10_000,
  /** What is under way at the end; after that it ends with the process. */
  finish: 5_000,
} as const;
/** How many connections there may be; each costs memory before it has shown a key. */
const ROOM = { ofOneAddress: 32, ofAll: 2_000 } as const;

const CHALLENGE = { "WWW-Authenticate": 'Basic realm="Stream key"' };
const METHODS = { Allow: "PUT, SOURCE, GET, OPTIONS" };
const REFUSED: Readonly<Partial<Record<string, number>>> = { too_large: 431, timeout: 408 };

/** Takes connections until it is disposed of, which ends those that are there. */
export function listenForEncoders(options: EncoderListenerOptions): AsyncDisposable {
  const { listener, desk, log, translate } = options;
  const times = { ...TIMES, ...options.times };
  const room = { ...ROOM, ...options.room };
  const connections = new Set<EncoderConnection>();
  const perAddress = new Map<string, number>();
  const sources = new Map<string, { source: LiveSource; isEnding: boolean; over: Promise<void> }>();
  const pending = new Set<Promise<void>>();
  let closing = false;

  const authorise = async (head: EncoderHead, streamId: string | undefined) => {
    const key = keyIn(head.headers.get("authorization"));
    if (key === undefined || streamId === undefined) throw new Rejection("unauthenticated");
    return await desk.admit(streamId, key);
  };

  /** A title for what is on air. */
  const retitle = async (head: EncoderHead): Promise<Answer> => {
    const update = readTitleUpdate(head.target, desk.decode);
    if (!update) return { status: 400, body: "Wanted mode=updinfo, mount and song\n" };
    await authorise(head, update.streamId);
    const told = await desk.tellTitle(update.streamId, desk.cleanTitle(update.title));
    if (!told) return { status: 400, body: "Source does not exist\n" };
    return {
      status: 200,
      headers: { "Content-Type": "text/xml" },
      body: '<?xml version="1.0"?>\n<iceresponse><message>Metadata update successful</message>' +
        "<return>1</return></iceresponse>\n",
    };
  };

  /** Reads sound until either side ends. */
  const receive = async (
    connection: EncoderConnection,
    head: EncoderHead,
    rest: Uint8Array,
    { streamId, hostId, keyGeneration, form }: Admitted & { streamId: string; form: SourceForm },
  ): Promise<void> => {
    let reason: unknown;
    const end = (error: unknown) => {
      reason ??= error;
      connection.close();
    };
    const warn = (message: string, details: Record<string, unknown>) =>
      log.warn(message, { streamId, ...details });
    const over = Promise.withResolvers<void>();
    await using owned = new AsyncDisposableStack();
    const source = owned.use(desk.source({
      form,
      warn,
      failed: end,
      begin: async (of) => {
        const broadcast = await desk.open({ id: streamId, hostId, keyGeneration, source: of });
        broadcast.ended.addEventListener("abort", () => {
          if (!session.isEnding) end(broadcast.ended.reason);
        });
        const titles = desk.takeTitles(
          streamId,
          (text) => source.title(text),
          () => source.playing,
        );
        owned.defer(() => titles.close());
        return broadcast;
      },
    }));
    const session = { source, isEnding: false, over: over.promise };
    sources.set(streamId, session);
    owned.defer(() => {
      if (sources.get(streamId) === session) sources.delete(streamId);
      over.resolve();
    });
    const expects = /100-continue/i.test(head.headers.get("expect") ?? "");
    const protocol = answering(head);
    await connection.write(
      expects ? "HTTP/1.1 100 Continue\r\n\r\n" : `${protocol} 200 OK\r\nServer: Veza\r\n\r\n`,
    );
    const chunked = /chunked/i.test(head.headers.get("transfer-encoding") ?? "")
      ? new Dechunker()
      : null;
    try {
      for (
        let bytes: Uint8Array | null = rest;
        bytes;
        bytes = await connection.read(times.still)
      ) {
        const at = performance.now();
        for (const part of chunked?.push(bytes) ?? [bytes]) await source.write(part);
        if (chunked?.ended) break;
        if (at - source.heardAt > times.still) {
          throw new Rejection("not_audio", `No sound was found for ${times.still} ms`);
        }
      }
      if (reason === undefined) {
        session.isEnding = true;
        // the last seconds are heard, though the encoder is gone
        const heard = source.end();
        if (expects && chunked?.ended) await connection.answer({ status: 200, protocol });
        connection.close();
        await heard;
      }
    } catch (error) {
      reason ??= error;
    }
    if (reason === undefined) return log.info("an encoder has left", { streamId });
    if (isRejection(reason, "stream_ended")) return log.info("its stream has ended", { streamId });
    const told = isRejection(reason) ? { code: reason.code, why: reason.message } : {};
    const unexpected = isRejection(reason) ? {} : { error: reason };
    log.warn("an encoder was cut off", { streamId, ...told, ...unexpected });
  };

  const serve = async (connection: EncoderConnection): Promise<void> => {
    const asked = await connection.head(times.head);
    if (!asked) return;
    const head = readHead(asked.head);
    if (!head) throw new Rejection("bad_request", "This port speaks Icecast's source protocol");
    const protocol = answering(head);
    if (head.method === "OPTIONS") {
      return await connection.answer({ status: 200, headers: METHODS, protocol });
    }
    if (head.method === "GET") {
      return await connection.answer({ ...await retitle(head), protocol });
    }
    if (head.method !== "PUT" && head.method !== "SOURCE") {
      return await connection.answer({ status: 405, headers: METHODS, protocol });
    }
    const streamId = streamOf(head.target.split("?")[0] ?? "");
    const { hostId, keyGeneration } = await authorise(head, streamId);
    const form = formOf(head.headers.get("content-type"));
    if (!form) {
      throw new Rejection("unsupported_type", "Ogg (Opus, Vorbis), MP3 and AAC are taken here");
    }
    const before = sources.get(streamId!);
    if (before?.isEnding) {
      before.source.hurry();
      await before.over;
    } else if (before || await desk.isTaken(streamId!, hostId)) {
      throw new Rejection("conflict", "An encoder sends to this stream already");
    }
    if (closing) throw new Rejection("unavailable"); // nobody would end it
    const of = { streamId: streamId!, hostId, keyGeneration, form };
    await receive(connection, head, asked.rest, of);
  };

  const refuse = async (connection: EncoderConnection, thrown: unknown): Promise<void> => {
    const error = translate(thrown);
    if (!isRejection(error)) log.error("an encoder's request failed", { error });
    const code = isRejection(error) ? error.code : "internal";
    const status = REFUSED[code] ?? ERRORS[code].status;
    const body = `${isRejection(error) ? error.message : ERRORS[code].title}\n`;
    await connection.answer({ status, body, ...status === 401 && { headers: CHALLENGE } });
  };

  /** Says why there is no room for one more; undefined where there is. */
  const fullFor = (address: string): Answer | undefined => {
    const held = perAddress.get(address) ?? 0;
    if (held >= room.ofOneAddress) {
      const body = `${held} connections from ${address} are open: no more may be\n`;
      return { status: 429, body };
    }
    if (connections.size < room.ofAll) return undefined;
    return { status: 503, body: "No more encoders fit here\n" };
  };

  const handle = async (conn: Deno.Conn): Promise<void> => {
    // with so many that are told why they were refused, the next are told nothing
    if (connections.size >= 2 * room.ofAll) return conn.close();
    const address = (conn.remoteAddr as Deno.NetAddr).hostname;
    const full = fullFor(address);
    const connection = encoderConnection(conn);
    connections.add(connection);
    // who was refused takes no place from who comes next
    const count = (one: number) => {
      const left = (perAddress.get(address) ?? 0) + one;
      if (left > 0) perAddress.set(address, left);
      else perAddress.delete(address);
    };
    if (!full) count(1);
    try {
      if (full) await connection.answer(full);
      else await serve(connection);
    } catch (error) {
      await refuse(connection, error);
    } finally {
      connection.close();
      connections.delete(connection);
      if (!full) count(-1);
    }
  };

  const accept = async (): Promise<void> => {
    while (!closing) {
      let conn: Deno.Conn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (closing) return;
        log.warn("an encoder's connection was not taken", { error }); // such as a broken TLS greeting
        await new Promise((resolve) => setTimeout(resolve, 10));
        continue;
      }
      if (closing) return conn.close(); // it came with the last turn of the loop
      const handled = handle(conn).catch((error) => log.error("an encoder was lost", { error }))
        .finally(() => pending.delete(handled));
      pending.add(handled);
    }
  };
  const accepting = accept();

  return {
    async [Symbol.asyncDispose]() {
      closing = true;
      listener.close();
      // a source that is given up leaves its stream waiting for the host, who finds another node
      const given = [...sources].map(async ([streamId, { source }]) => {
        await source[Symbol.asyncDispose]();
        log.debug("an encoder was given up, for the node stops", { streamId });
      });
      for (const connection of connections) connection.close();
      const late = Promise.withResolvers<"late">();
      const timer = setTimeout(() => late.resolve("late"), times.finish);
      const ended = Promise.all([accepting, ...given]).then(() => Promise.all(pending));
      if (await Promise.race([ended, late.promise]) === "late") {
        log.warn("encoders are left as they are, for the node stops", {
          sources: sources.size,
          connections: connections.size,
        });
      }
      clearTimeout(timer);
    },
  };
}

/** What an encoder understands as an answer: HTTP/1.1 only who speaks it. */
const answering = ({ protocol }: EncoderHead): string =>
  protocol === "HTTP/1.1" ? "HTTP/1.1" : "HTTP/1.0";
