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

/**
 * Hands the form's `file` to `take` while it arrives and answers with all text fields, whichever
 * came first. What `take` made is passed to `undo` when the form turns out broken after it.
 *
 * @throws {Rejection} `bad_request`, `unsupported_type`, `upload_interrupted`, and what `take` throws
 */
export async function receiveForm<T>(
  request: Request,
  { take, undo }: { take: (file: FormFile) => Promise<T>; undo: (taken: T) => Promise<void> },
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
  let refused: Rejection | undefined;
  const abort = new AbortController();

  busboy.on("field", (name, value, nameCut, valueCut) => {
    if (nameCut || valueCut) {
      refused ??= new Rejection("too_large", `The field ${name} is too long`);
    } else fields[name] = value;
  });
  busboy.on(
    "fieldsLimit",
    () => refused ??= new Rejection("bad_request", "The form has too many fields"),
  );
  busboy.on(
    "filesLimit",
    () => refused ??= new Rejection("bad_request", "Send one file at a time"),
  );
  busboy.on("file", (name, file, givenName) => {
    if (name !== "file") {
      file.resume();
      refused ??= new Rejection(
        "bad_request",
        `The file belongs into the field "file", not "${name}"`,
      );
      return;
    }
    filename = givenName ?? "";
    abort.signal.addEventListener("abort", () => file.destroy(abort.signal.reason));
    // not Readable.toWeb: that throws past everybody when data comes after a cancel
    taking = take({ filename, stream: ReadableStream.from<Uint8Array>(file) });
    taking.catch((error) => abort.abort(error)); // refused early: read no further
  });

  try {
    await pipeline(Readable.fromWeb(request.body as never), busboy, { signal: abort.signal });
  } catch (error) {
    // whoever failed first: the file's taker, the form's syntax, or the connection
    if (abort.signal.aborted) throw abort.signal.reason;
    abort.abort(new Rejection("upload_interrupted", "The connection ended before the file did"));
    const settled = await Promise.allSettled([taking]);
    if (taking && settled[0]?.status === "fulfilled") await undo(await taking);
    if (error instanceof Error && /multipart|boundary|form/i.test(error.message)) {
      throw new Rejection("bad_request", `The form cannot be read: ${error.message}`);
    }
    throw abort.signal.reason;
  }
  if (!taking) {
    throw refused ?? new Rejection("bad_request", 'The form has no file in the field "file"');
  }
  const taken = await taking;
  if (refused) {
    await undo(taken);
    throw refused;
  }
  return { fields, filename, taken };
}
