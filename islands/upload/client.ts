/** What uploads ask of the server: bytes by tus (U3), and what has become of those sent before. */
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import type { Quota } from "../../domain/quotas.ts";
import type { UploadState } from "../../domain/uploads.ts";
import { Problem, request, sayProblem, toProblem } from "../shared/api.ts";
import { t } from "../shared/words.ts";
import type { Hold, Wishes } from "./state.ts";

const UPLOADS = "/api/v1/uploads";
/**
 * Bytes of one request. A proxy that collects requests before it passes them on loses at most this
 * much with the line, and one that bounds them (nginx: 1 MB until told otherwise) can be set to it.
 */
const CHUNK_BYTES = 64 * 1024 * 1024;
/** Without a byte for so long the line is taken for dead: nothing else would tell, ms. */
const STALL_MS = 20_000;
/** The same while the browser says that there is no line at all, ms. */
const OFFLINE_MS = 2_000;
/** After the last byte the server hashes and looks into the file, ms. */
const FINISH_MS = 120_000;

/** The server cannot be reached or cannot take it now: the same may do better later. */
export class NotNow extends Error {
  override readonly name = "NotNow";
  constructor(readonly why: Hold, readonly retryAfterMs = 0) {
    super(why);
  }
}

/** One's unfinished uploads, the oldest first. */
export const fetchUnfinished = async (): Promise<readonly UploadState[]> =>
  (await request<{ items: UploadState[] }>(UPLOADS)).items;

export const fetchQuota = (): Promise<Quota> => request<Quota>("/api/v1/users/me/quota");

/** Removes what was sent; outlives the page, so that leaving does not undo what was decided. */
export const discardUpload = (id: string): Promise<void> =>
  request<void>(`${UPLOADS}/${id}`, {
    method: "DELETE",
    keepalive: true,
    headers: { "Tus-Resumable": "1.0.0" },
  });

/** Statuses that a proxy gives while the server behind it is away. */
const AWAY: ReadonlySet<number> = new Set([408, 425, 502, 503, 504]);
/** The server's own codes that are no matter of the file. Others that may pass are "busy". */
const HOLDS: Partial<Record<ErrorCode, Hold>> = {
  conflict: "elsewhere",
  disk_full: "full",
  not_found: "lost", // it ended between two requests: looked at anew, it begins again
  unavailable: "lost",
  shutting_down: "lost",
  moved: "lost",
  fenced: "lost",
};

/** What an answer that is no success means: a {@linkcode NotNow}, or a {@linkcode Problem}. */
function refusal(status: number, body: string, retryAfter: string | null): Error {
  const problem = toProblem(body);
  const ours = body.startsWith("{");
  if (!ours && AWAY.has(status)) return new NotNow("lost");
  if (!ours && status === 413) return new Problem("too_large", sayProblem("too_large"));
  const hold = HOLDS[problem.code] ?? (ERRORS[problem.code].retry === "no" ? undefined : "busy");
  return hold ? new NotNow(hold, Number(retryAfter ?? 0) * 1_000) : problem;
}

interface Sending {
  readonly file: File;
  /** The upload to go on with; null begins one. */
  readonly id: string | null;
  readonly wishes: Wishes;
  readonly signal: AbortSignal;
  /** Bytes that are at the server or on their way. */
  tell(sent: number): void;
  /** The upload is there, under this id. */
  begun(id: string): void;
}

/** What the server is told of the file when the upload begins. */
const metadataOf = (file: File, { title, visibility, downloadable }: Wishes) => ({
  filename: file.name,
  ...(file.type && { filetype: file.type }),
  ...(title && { title }),
  visibility,
  downloadable: String(downloadable),
});

/**
 * Sends what the server does not have yet, once; resolves when it has every byte and took the file.
 *
 * @throws {NotNow} what was sent is safe, and another try may do better
 * @throws {Problem} the file, or this account, is refused
 */
export async function sendRest(sending: Sending): Promise<void> {
  const { file, id, wishes, signal, tell, begun } = sending;
  // no answer for the script is no answer of the server
  const { DetailedError, Upload } = await import("tus-js-client").catch(() => {
    throw new NotNow("lost");
  });
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watch: { timer?: ReturnType<typeof setTimeout>; sent: number } = { sent: -1 };
  const wait = () => {
    clearTimeout(watch.timer);
    // the browser may be wrong: a server on this machine is there without a line
    const patience = !navigator.onLine
      ? OFFLINE_MS
      : watch.sent >= file.size
      ? FINISH_MS
      : STALL_MS;
    watch.timer = setTimeout(() => reject(new NotNow("lost")), patience);
  };
  const endpoint = `${location.origin}${UPLOADS}`;
  const upload = new Upload(file, {
    // with an endpoint beside it, an upload that is not found would silently begin anew
    ...(id ? { uploadUrl: `${endpoint}/${id}` } : { endpoint }),
    metadata: metadataOf(file, wishes),
    chunkSize: CHUNK_BYTES,
    retryDelays: null, // who calls this knows when: it hears the line come back
    storeFingerprintForResuming: false,
    onUploadUrlAvailable: () => begun(upload.url?.split("/").at(-1) ?? ""),
    onProgress(sent) {
      if (sent === watch.sent) return;
      watch.sent = sent;
      wait();
      tell(sent);
    },
    onSuccess: () => resolve(),
    onError(error) {
      const answer = error instanceof DetailedError ? error.originalResponse : null;
      if (!answer) return reject(new NotNow("lost"));
      const retryAfter = answer.getHeader("Retry-After") ?? null;
      const refused = refusal(answer.getStatus(), answer.getBody(), retryAfter);
      // where none is there yet, it is no other writer that stands in the way
      const tooMany = !upload.url && refused instanceof NotNow && refused.why === "elsewhere";
      reject(tooMany ? toProblem(answer.getBody()) : refused);
    },
  });
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop);
  addEventListener("offline", wait);
  try {
    wait();
    upload.start();
    return await promise;
  } finally {
    clearTimeout(watch.timer);
    signal.removeEventListener("abort", stop);
    removeEventListener("offline", wait);
    await upload.abort(); // after success it does nothing
  }
}

/**
 * What is there of an upload that was begun before; null when the server has forgotten it.
 *
 * @throws {NotNow} it cannot be asked now
 * @throws {Problem} it may not be asked, as by a session that has ended
 */
export async function lookUp(id: string): Promise<UploadState | null> {
  const response = await fetch(`${UPLOADS}/${id}`).catch(() => {
    throw new NotNow("lost");
  });
  if (response.ok) return await response.json();
  if (response.status === 404) return null;
  throw refusal(response.status, await response.text(), response.headers.get("Retry-After"));
}

/** What a refused upload is told as. */
export const refusalOf = ({ failure }: UploadState): Problem =>
  failure
    ? new Problem(failure.code, sayProblem(failure.code, failure.detail))
    : new Problem("upload_interrupted", t().upload.brokeOff);
