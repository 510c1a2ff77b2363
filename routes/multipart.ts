/** Reads a multipart form as it arrives: the file is written on, never held (U1). */
import { Busboy, type BusboyFileStream, type BusboyHeaders } from "@fastify/busboy";
import { Buffer } from "node:buffer";
import { Rejection } from "../domain/errors.ts";

/** Bounds of the text fields; a form has few and short ones. */
const LIMITS = { files: 1, fields: 20, fieldSize: 16 * 1024, fieldNameSize: 100, headerPairs: 40 };
/** Read at once, in bytes: as much as the server hands over in one go. */
const PIECE = 64 * 1024;
/** A client that sends nothing for this long has gone, in ms. */
const STALLED_MS = 60_000;

/** Where the file goes: nothing of it stays without a `commit`. */
export interface FileSink<T> extends AsyncDisposable {
  /** The chunk is the caller's again, to be overwritten, when this resolves. */
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<T>;
}

/** A body that is read into one buffer over and over: what came is valid until the next read. */
interface Body {
  /** Null at the end. Throws `upload_interrupted` when it breaks or stalls. */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Reads no further. */
  cancel(): Promise<void>;
}

/** Reads into one buffer where the stream can: the server's bodies can, but for those of a few bytes. */
function reading(stream: ReadableStream<Uint8Array<ArrayBuffer>>) {
  // broken already, which is well
  const cancelling = (reader: ReadableStreamBYOBReader | ReadableStreamDefaultReader) => () =>
    reader.cancel().catch(() => undefined);
  try {
    const reader = stream.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(PIECE);
    const next = async () => {
      const read = await reader.read(new Uint8Array(buffer));
      if (read.value) buffer = read.value.buffer;
      return read;
    };
    return { next, cancel: cancelling(reader) };
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // it is no byte stream
    const reader = stream.getReader();
    return { next: () => reader.read(), cancel: cancelling(reader) };
  }
}

/**
 * A fresh buffer for each piece would be garbage that the collector lets lie up to 64 MiB, for it
 * counts what is outside of its heap late: that alone would break U1.
 */
export function readInPlace(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Body {
  const { next, cancel } = reading(stream);
  return {
    cancel,
    async read() {
      let stalled = false;
      const timer = setTimeout(() => {
        stalled = true;
        void cancel(); // ends the read that waits
      }, STALLED_MS);
      try {
        const { done, value } = await next();
        if (stalled) {
          throw new Rejection("upload_interrupted", `Nothing came for ${STALLED_MS / 1_000} s`);
        }
        return done || !value ? null : value;
      } catch (error) {
        // what the stream throws is the client's doing (BadResource, a broken body), not ours
        throw error instanceof Rejection
          ? error
          : new Rejection("upload_interrupted", "The connection ended before the file did");
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

/** The parser, or why it cannot be one. */
function parserFor(type: string): InstanceType<typeof Busboy> {
  try {
    return new Busboy({
      headers: { "content-type": type } satisfies BusboyHeaders,
      limits: LIMITS,
    });
  } catch (error) {
    throw new Rejection("bad_request", `The form cannot be read: ${(error as Error).message}`);
  }
}

/**
 * Writes the form's `file` to what `open` gives while it arrives, and commits it when the form has
 * ended well; answers with all text fields, whether they came before it or after.
 *
 * @throws {Rejection} `bad_request`, `unsupported_type`, `too_large`, `upload_interrupted`, and what
 * the sink throws
 */
export async function receiveForm<T>(
  request: Request,
  { open, maxBytes }: {
    open: () => Promise<FileSink<T>>;
    /** Of the whole form. */
    maxBytes: number;
  },
): Promise<{ fields: Record<string, string>; filename: string; taken: T }> {
  const type = request.headers.get("Content-Type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new Rejection("unsupported_type", "Send the file as multipart/form-data");
  }
  if (!request.body) throw new Rejection("bad_request", "The form is empty");

  const busboy = parserFor(type);
  const fields: Record<string, string> = Object.create(null);
  let filename = "";
  let file: BusboyFileStream | undefined;
  const ended = Promise.withResolvers<void>();
  ended.promise.catch(() => {}); // it may fail while nobody waits for it
  let refused: { readonly why: unknown } | undefined;
  /** The first reason counts. */
  const refuse = (why: unknown) => {
    refused ??= { why };
    ended.reject(why);
  };

  busboy.on("error", (error) => {
    const why = error instanceof Error ? error.message : String(error);
    refuse(new Rejection("bad_request", `The form cannot be read: ${why}`));
  });
  busboy.on("finish", () => ended.resolve());
  busboy.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) refuse(new Rejection("too_large", `The field ${name} is too long`));
    else fields[name] = value;
  });
  busboy.on(
    "fieldsLimit",
    () => refuse(new Rejection("bad_request", "The form has too many fields")),
  );
  busboy.on("filesLimit", () => refuse(new Rejection("bad_request", "Send one file at a time")));
  busboy.on("file", (name, part, givenName) => {
    part.on("error", () => {}); // the parser tells the same
    if (name === "file") [file, filename] = [part, givenName ?? ""];
    else {
      part.resume();
      refuse(new Rejection("bad_request", `The file belongs into the field "file", not "${name}"`));
    }
  });

  const body = readInPlace(request.body);
  await using owned = new AsyncDisposableStack();
  let sink: FileSink<T> | undefined;
  /** Writes all of the file that has been parsed. It is pulled: a push could come a turn later. */
  const pour = async () => {
    if (!file) return;
    sink ??= owned.use(await open());
    for (let chunk = file.read(); chunk !== null; chunk = file.read()) await sink.write(chunk);
  };
  try {
    let bytes = 0;
    for (let piece = await body.read(); piece !== null; piece = await body.read()) {
      bytes += piece.byteLength;
      if (bytes > maxBytes) {
        throw new Rejection("too_large", `At most ${maxBytes} bytes are taken`);
      }
      const parsed = Promise.withResolvers<void>();
      const { buffer, byteOffset, byteLength } = piece;
      busboy.write(Buffer.from(buffer, byteOffset, byteLength), () => parsed.resolve());
      await pour(); // lets the parser go on, where it waits for its file to be read
      await Promise.race([parsed.promise, ended.promise]);
      await pour();
      if (refused) throw refused.why;
    }
    busboy.end();
    file?.on("data", () => refuse(new Error("The form's parser held bytes back"))).resume();
    await ended.promise;
    if (!sink) throw new Rejection("bad_request", 'The form has no file in the field "file"');
    return { fields, filename, taken: await sink.commit() };
  } catch (error) {
    await body.cancel();
    throw error;
  }
}
