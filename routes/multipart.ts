/** Reads a multipart form as it arrives: the file is streamed on, never held (U1). */
import { Busboy, type BusboyHeaders } from "@fastify/busboy";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Rejection } from "../domain/errors.ts";

/** Bounds of the text fields; a form has few and short ones. */
const LIMITS = { files: 1, fields: 20, fieldSize: 16 * 1024, fieldNameSize: 100, headerPairs: 40 };

export interface FormFile {
  /** As the client named it; for a title, never for a path. */
  readonly filename: string;
  readonly stream: ReadableStream<Uint8Array>;
}

/** A client that sends nothing for this long has gone, in ms. */
const STALLED_MS = 60_000;

/** Lets at most `maxBytes` through, and gives up on a body that stalls. */
function bound(maxBytes: number, abort: AbortController): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  const stalled = () =>
    abort.abort(
      new Rejection("upload_interrupted", `Nothing came for ${STALLED_MS / 1_000} s`),
    );
  let timer = setTimeout(stalled, STALLED_MS);
  abort.signal.addEventListener("abort", () => clearTimeout(timer));
  return new TransformStream({
    transform(chunk, controller) {
      clearTimeout(timer);
      timer = setTimeout(stalled, STALLED_MS);
      bytes += chunk.byteLength;
      if (bytes > maxBytes) {
        abort.abort(new Rejection("too_large", `At most ${maxBytes} bytes are taken`));
      } else controller.enqueue(chunk);
    },
    flush: () => clearTimeout(timer),
  });
}

/**
 * Hands the form's `file` to `take` while it arrives and answers with all text fields, whichever
 * came first. What `take` made is passed to `undo` when the form turns out broken after it.
 *
 * @throws {Rejection} `bad_request`, `unsupported_type`, `upload_interrupted`, and what `take` throws
 */
export async function receiveForm<T>(
  request: Request,
  { take, undo, maxBytes }: {
    take: (file: FormFile) => Promise<T>;
    undo: (taken: T) => Promise<void>;
    /** Of the whole form. */
    maxBytes: number;
  },
): Promise<{ fields: Record<string, string>; filename: string; taken: T }> {
  const type = request.headers.get("Content-Type") ?? "";
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new Rejection("unsupported_type", "Send the file as multipart/form-data");
  }
  if (!request.body) throw new Rejection("bad_request", "The form is empty");

  let busboy: InstanceType<typeof Busboy>;
  try {
    busboy = new Busboy({
      headers: { "content-type": type } satisfies BusboyHeaders,
      limits: LIMITS,
    });
  } catch (error) {
    throw new Rejection("bad_request", `The form cannot be read: ${(error as Error).message}`);
  }

  const fields: Record<string, string> = Object.create(null);
  let filename = "";
  let taking: Promise<T> | undefined;
  const abort = new AbortController();
  /** Reads no further; the first reason counts. What was taken by then is undone below. */
  const refuse = (why: unknown) => abort.abort(why);

  busboy.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) {
      refuse(new Rejection("too_large", `The field ${name} is too long`));
    } else fields[name] = value;
  });
  busboy.on(
    "fieldsLimit",
    () => refuse(new Rejection("bad_request", "The form has too many fields")),
  );
  busboy.on("filesLimit", () => refuse(new Rejection("bad_request", "Send one file at a time")));
  busboy.on("file", (name, file, givenName) => {
    file.on("error", () => {}); // told by the pipeline, or to the taker
    if (name !== "file") {
      file.resume();
      refuse(new Rejection("bad_request", `The file belongs into the field "file", not "${name}"`));
      return;
    }
    filename = givenName ?? "";
    abort.signal.addEventListener("abort", () => file.destroy(abort.signal.reason));
    // not Readable.toWeb: that throws past everybody when data comes after a cancel
    taking = take({ filename, stream: ReadableStream.from<Uint8Array>(file) });
    taking.catch(refuse);
  });

  try {
    const bounded = request.body.pipeThrough(bound(maxBytes, abort));
    await pipeline(Readable.fromWeb(bounded as never), busboy, { signal: abort.signal });
    if (!taking) refuse(new Rejection("bad_request", 'The form has no file in the field "file"'));
    const taken = await taking;
    abort.signal.throwIfAborted();
    return { fields, filename, taken: taken as T };
  } catch (error) {
    // whoever failed first: a bound, the file's taker, the form's syntax, or the connection
    refuse(
      error instanceof Error && /multipart|boundary|form/i.test(error.message)
        ? new Rejection("bad_request", `The form cannot be read: ${error.message}`)
        : new Rejection("upload_interrupted", "The connection ended before the file did"),
    );
    const [settled] = await Promise.allSettled([taking]);
    if (taking && settled?.status === "fulfilled") await undo(settled.value as T);
    throw abort.signal.reason;
  }
}
