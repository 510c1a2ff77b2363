/** Talks to an S3-compatible store: signed requests, retried where safe, errors in our words. */
import { AwsV4Signer } from "aws4fetch";
import { Rejection } from "../domain/errors.ts";
import { readError } from "./s3_xml.ts";

/** Where the store is and how to ask it. */
export interface S3Options {
  /** Such as `https://s3.eu-west-3.amazonaws.com`; the bucket is put into the path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** How the store encrypts what it keeps (S8); `off` for one that cannot. Default: `AES256`. */
  readonly encryption?: "AES256" | "aws:kms" | "off";
  /** For the answer to begin, in ms; a body gets a second more for each 256 KB. Default: 20,000. */
  readonly timeoutMs?: number;
  /** Before the first repetition, in ms; twice as long before each further one. Default: 100. */
  readonly backoffMs?: number;
  /** How often a request is sent at most. Default: 4. */
  readonly attempts?: number;
  /** Size of the parts of a large blob, in bytes. Default: 5 MiB, the least that AWS takes. */
  readonly partBytes?: number;
  /** Keys asked for at once, at most 1000. Default: 1000. */
  readonly pageSize?: number;
  /** Told of what was left behind in the store, because it could not be reached. */
  readonly warn?: (message: string) => void;
}

export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  /** Without one it is about the bucket. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the body in hex, signed with it; wanted with a body. */
  readonly sha256?: string;
  readonly signal?: AbortSignal | undefined;
  /** Sending it twice does harm: repeated only when the store has said that it did nothing. */
  readonly once?: boolean;
}

/** What the store said to a request it did not do, and that no {@linkcode Rejection} covers. */
export class S3Error extends Error {
  override readonly name = "S3Error";
  constructor(message: string, readonly status: number, readonly code: string) {
    super(message);
  }
}

/** An answer, read. */
export interface S3Answer {
  readonly headers: Headers;
  readonly text: string;
}

/**
 * `call` and `open` throw a Rejection: `not_found`, `disk_full`, `unavailable` when the store does
 * not answer, answers 5xx or asks to slow down, also when asked again, and `upload_interrupted`
 * when `signal` is aborted. Anything else, such as a wrong key or bucket, is an {@linkcode S3Error}.
 */
export interface S3Client {
  /** Sends it and reads the whole answer, which is small. */
  call(request: S3Request): Promise<S3Answer>;
  /** Sends it; the body of the answer must be read or cancelled. */
  open(request: S3Request): Promise<Response>;
  /** An address that lets anyone read `key` for `seconds` (1 to 604,800, as AWS has it). */
  presign(key: string, seconds: number): Promise<string>;
}

/** SHA-256 of nothing. */
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** The slowest upload that is waited for, in bytes a ms. */
const SLOWEST = 256;
/** The longest pause between two attempts, in ms. */
const LONGEST_PAUSE = 5_000;
const WEEK_S = 604_800;
/** How stores say that they are full, beside 507. */
const FULL = new Set(["XMinioStorageFull", "QuotaExceeded", "InsufficientStorage", "StorageFull"]);
/** The store has not done it, and may do it later. */
const LATER = (status: number) => status === 429 || (status >= 500 && status !== 501);

export function s3Client(options: S3Options): S3Client {
  const { region, accessKeyId, secretAccessKey, bucket } = options;
  const { timeoutMs = 20_000, backoffMs = 100, attempts = 4 } = options;
  const base = `${options.endpoint.replace(/\/+$/, "")}/${bucket}`;
  const cache = new Map<string, ArrayBuffer>();
  const signer = (url: string, more: Partial<ConstructorParameters<typeof AwsV4Signer>[0]>) =>
    new AwsV4Signer({ url, accessKeyId, secretAccessKey, region, service: "s3", cache, ...more });

  async function signed({ method, key, query, headers, sha256 = EMPTY }: S3Request) {
    const url = new URL(key === undefined ? base : `${base}/${key}`);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const made = await signer(url.href, {
      method,
      headers: { ...headers, "x-amz-content-sha256": sha256 },
    }).sign();
    // After signing: a proxy in between may change it. Lengths must be those of the blob.
    made.headers.set("accept-encoding", "identity");
    return made;
  }

  /** One attempt. `read`: the body too within the time limit. */
  async function send<T>(request: S3Request, read: (answer: Response) => Promise<T>): Promise<T> {
    const { signal, body } = request;
    const stop = new AbortController();
    const end = () => stop.abort();
    const limit = timeoutMs + (body?.byteLength ?? 0) / SLOWEST;
    const timer = setTimeout(end, limit);
    signal?.addEventListener("abort", end, { once: true });
    try {
      const { url, headers } = await signed(request);
      const { method } = request;
      // A redirect means a wrong region: the signature would be wrong there.
      const how = { method, headers, signal: stop.signal, redirect: "manual" } as const;
      return await read(await fetch(url, body ? { ...how, body } : how));
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
    }
  }

  async function repeat<T>(request: S3Request, read: (answer: Response) => Promise<T>) {
    const { signal, once = false } = request;
    for (let attempt = 1;; attempt++) {
      if (signal?.aborted) throw new Rejection("upload_interrupted");
      let said: string;
      try {
        return await send(request, async (answer) => {
          if (answer.ok) return await read(answer);
          throw await failure(request, answer);
        });
      } catch (error) {
        if (signal?.aborted) throw new Rejection("upload_interrupted");
        if (error instanceof Rejection) throw error;
        if (error instanceof S3Error && !LATER(error.status)) throw error;
        said = error instanceof Error ? error.message : String(error);
        // Without an answer nobody knows what was done.
        const undone = error instanceof S3Error;
        if (attempt >= attempts || (once && !undone)) {
          throw new Rejection("unavailable", `The media store does not answer: ${said}`);
        }
      }
      const longest = Math.min(backoffMs * 2 ** (attempt - 1), LONGEST_PAUSE);
      await pause(longest * (0.5 + Math.random() / 2), signal);
    }
  }

  return {
    call: (request) =>
      repeat(request, async (answer) => ({ headers: answer.headers, text: await answer.text() })),
    open: (request) => repeat(request, (answer) => Promise.resolve(answer)),
    async presign(key, seconds) {
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > WEEK_S) {
        throw new RangeError(`${seconds} s is no life of an address; wanted 1 to ${WEEK_S}`);
      }
      const url = `${base}/${key}?X-Amz-Expires=${seconds}`;
      return (await signer(url, { method: "GET", signQuery: true }).sign()).url.href;
    },
  };
}

/** What a refusal means. Reads the answer's body. */
async function failure({ method, key = "" }: S3Request, answer: Response) {
  const text = await answer.text();
  const { status } = answer;
  const { code, message } = readError(text);
  // HEAD has no body: which of the two is missing cannot be told.
  if (status === 404 && (code === "NoSuchKey" || code === "")) return new Rejection("not_found");
  if (status === 507 || FULL.has(code)) return new Rejection("disk_full");
  const told = `${method} "${key}" was answered ${status} ${code} ${message}`.trimEnd();
  return new S3Error(told, status, code);
}

/** Waits `ms`, or until `signal`. */
function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done, { once: true });
  });
}
