/** Who writes to an upload: one at a time; a second is told at once, unless the first has gone (U3). */
import { Rejection } from "../domain/errors.ts";

/**
 * From a writer that has sent nothing for this long another takes over, in ms: its connection may
 * have died without a word, and its client be the one who asks again.
 */
const SILENT_MS = 3_000;
/** A writer that sends nothing for this long is sent away, in ms. */
const STALLED_MS = 60_000;

/** The right to write to one upload. */
export interface Hold extends Disposable {
  /** Aborts when this writer must stop; the reason is the refusal that it is told. */
  readonly signal: AbortSignal;
  /** It waits for bytes: from here on, silence is the client's. */
  waiting(): void;
  /** Bytes came, or it has work of its own. */
  working(): void;
}

interface Held extends Hold {
  stop(why: Rejection): void;
  silentFor(): number;
  readonly released: Promise<void>;
}

export interface UploadHolds {
  /**
   * @param force send a living writer away too: the upload is to be removed
   * @throws {Rejection} `conflict` at once, while another writes
   */
  take(id: string, options?: { readonly force?: boolean }): Promise<Hold>;
}

/** @param closing aborts when the node is to end; then all writers stop */
export function uploadHolds(
  { closing, silentMs = SILENT_MS, stalledMs = STALLED_MS, now = Date.now }: {
    closing?: AbortSignal;
    silentMs?: number;
    stalledMs?: number;
    now?: () => number;
  } = {},
): UploadHolds {
  const holds = new Map<string, Held>();

  function hold(id: string): Held {
    const end = new AbortController();
    const released = Promise.withResolvers<void>();
    let silentSince: number | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = (why: Rejection) => end.abort(why);
    const close = () => stop(new Rejection("shutting_down"));
    closing?.addEventListener("abort", close, { once: true });
    if (closing?.aborted) close();
    const working = () => {
      silentSince = null;
      clearTimeout(timer);
    };
    const held: Held = {
      signal: end.signal,
      released: released.promise,
      stop,
      silentFor: () => silentSince === null ? 0 : now() - silentSince,
      working,
      waiting() {
        working();
        silentSince = now();
        timer = setTimeout(
          () =>
            stop(new Rejection("upload_interrupted", `Nothing came for ${stalledMs / 1_000} s`)),
          stalledMs,
        );
      },
      [Symbol.dispose]() {
        working();
        closing?.removeEventListener("abort", close);
        if (holds.get(id) === held) holds.delete(id);
        released.resolve();
      },
    };
    return held;
  }

  return {
    async take(id, { force = false } = {}) {
      const before = holds.get(id);
      if (before && !force && before.silentFor() < silentMs) {
        throw new Rejection("conflict", "Another connection is sending this upload", {
          retryAfterMs: silentMs,
        });
      }
      const held = hold(id);
      holds.set(id, held); // before any wait: whoever comes now meets this one
      before?.stop(new Rejection("conflict", "Another connection has taken this upload over"));
      await before?.released; // until then its last write may be under way
      return held;
    },
  };
}
