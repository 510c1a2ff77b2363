/**
 * tus 1.0 for one request: `@tus/server` reads the headers and keeps the protocol's order of steps;
 * what lies behind (bytes, locks, rows, errors) is ours, because its own store fsyncs nothing and
 * its own lock makes a second writer wait (docs/decisions/0006-resumable-uploads.md).
 */
import { DataStore, type Locker, Server, Upload } from "@tus/server";
import { type ErrorCode, Rejection } from "../domain/errors.ts";
import { CHECKSUM_ALGORITHMS, type UploadMetadata } from "../domain/uploads.ts";

export const VERSION = "1.0.0";
const EXTENSIONS = ["creation", "creation-with-upload", "checksum", "expiration", "termination"];
/** The type of a body of bytes (tus 1.0, PATCH). */
export const OFFSET_STREAM = "application/offset+octet-stream";
/** Headers that scripts of other sites may read, beside those that CORS always lets through. */
export const TUS_HEADERS = [
  ...["Location", "Tus-Checksum-Algorithm", "Tus-Extension", "Tus-Max-Size", "Tus-Resumable"],
  ...["Tus-Version", "Upload-Expires", "Upload-Length", "Upload-Metadata", "Upload-Offset"],
  ...["Veza-Duplicate-Of", "Veza-Track-Id"],
];
/** What the library is told of the request; of others it has opinions (`X-Forwarded-Proto`). */
const PASSED = [
  ...["content-length", "content-type", "tus-resumable", "upload-concat", "upload-defer-length"],
  ...["upload-length", "upload-metadata", "upload-offset"],
];

/** What `OPTIONS` tells of this server. */
export const capabilities = (maxBytes: number): Record<string, string> => ({
  "Tus-Resumable": VERSION,
  "Tus-Version": VERSION,
  "Tus-Extension": EXTENSIONS.join(","),
  "Tus-Checksum-Algorithm": CHECKSUM_ALGORITHMS.join(","),
  "Tus-Max-Size": String(maxBytes),
});

/** An upload as the protocol sees it. In bytes. */
export interface TusUpload {
  readonly length: number;
  readonly offset: number;
  readonly metadata: UploadMetadata;
}

/** What a request may ask of the upload that it is about. */
export interface TusTarget {
  readonly id: string;
  create(upload: { length: number; metadata: UploadMetadata }): Promise<void>;
  find(): Promise<TusUpload>;
  /** Takes the request's body; answers with the new offset. */
  write(offset: number): Promise<number>;
  remove(): Promise<void>;
  /** The last byte is there. */
  finish(): Promise<void>;
}

/** The library's store, over the target of one request. */
class TargetStore extends DataStore {
  override extensions = EXTENSIONS;
  constructor(private readonly target: TusTarget) {
    super();
  }
  override async create(upload: Upload): Promise<Upload> {
    const { size, metadata = {} } = upload;
    if (size === undefined) throw new Rejection("bad_request", "Upload-Length is wanted");
    await this.target.create({ length: size, metadata });
    return upload;
  }
  override async getUpload(id: string): Promise<Upload> {
    const { length, offset, metadata } = await this.target.find();
    return new Upload({ id, size: length, offset, metadata: { ...metadata } });
  }
  /** The body is read past the library, whose chain of streams holds tens of MiB of it (U1). */
  override write(_nothing: unknown, _id: string, offset: number): Promise<number> {
    return this.target.write(offset);
  }
  override remove(): Promise<void> {
    return this.target.remove();
  }
}

/** Who may write was decided before the library is asked. */
const NO_LOCKS: Locker = {
  newLock: () => ({ lock: () => Promise.resolve(), unlock: () => Promise.resolve() }),
};

/** A refusal in the library's words, as a code of ours. */
const CODES: Readonly<Record<number, ErrorCode>> = {
  400: "bad_request",
  403: "bad_request", // a header that is missing
  404: "not_found",
  409: "conflict",
  410: "not_found",
  413: "too_large",
  501: "bad_request", // an extension that is not offered
};

function refusal(status: number, text: string): Rejection | null {
  const code = CODES[status];
  if (code === undefined) return null;
  if (text.startsWith("Request aborted")) {
    return new Rejection("upload_interrupted", "The connection ended before the bytes did");
  }
  return new Rejection(code, text.trim() || undefined);
}

/** What the library throws: an object with `status_code` and `body`, or what we threw ourselves. */
function translated(thrown: unknown): unknown {
  if (thrown instanceof Rejection) return thrown;
  const { status_code: status, body } = thrown as { status_code?: number; body?: string };
  return refusal(status ?? 0, body ?? "") ?? thrown;
}

/** The method that is meant: some clients can only POST (tus 1.0, `X-HTTP-Method-Override`). */
export const methodOf = (request: Request): string =>
  request.headers.get("X-HTTP-Method-Override")?.toUpperCase() ?? request.method;

/** @throws {Rejection} `tus_version` */
export function demandVersion(request: Request): void {
  const given = request.headers.get("Tus-Resumable");
  if (given !== VERSION) {
    throw new Rejection(
      "tus_version",
      given === null
        ? `Send the header Tus-Resumable: ${VERSION}`
        : `tus ${JSON.stringify(given)} is not spoken here, but ${VERSION}`,
    );
  }
}

/**
 * Answers one request of the protocol, with `path` as the place of all uploads.
 *
 * @throws {Rejection} and whatever `target` throws
 */
export async function answerTus(
  request: Request,
  path: string,
  target: TusTarget,
): Promise<Response> {
  const server = new Server({
    path,
    relativeLocation: true,
    datastore: new TargetStore(target),
    locker: NO_LOCKS,
    allowedOrigins: [], // CORS is decided for the whole interface
    namingFunction: () => target.id,
    getFileIdFromRequest: () => target.id,
    onUploadFinish: async () => {
      await target.finish();
      return {};
    },
    onResponseError: (_, error) => {
      throw translated(error);
    },
  });
  const headers = new Headers();
  for (const name of PASSED) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const answer = await server.handleWeb(
    new Request(request.url, { method: methodOf(request), headers }),
  );
  if (answer.status >= 400) {
    const text = await answer.text();
    throw refusal(answer.status, text) ?? new Error(`@tus/server: ${answer.status} ${text}`);
  }
  answer.headers.delete("Access-Control-Expose-Headers");
  return answer;
}
