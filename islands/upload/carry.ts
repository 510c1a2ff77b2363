/** Carries one file to the server, through lost lines and restarts, until it is taken or refused. */
import type { UploadState } from "../../domain/uploads.ts";
import { lookUp, NotNow, refusalOf, sendRest } from "./client.ts";
import type { Hold, Wishes } from "./state.ts";

/** Pauses between tries grow from the first to the second, ms. */
const FIRST_MS = 500;
const LONGEST_MS = 15_000;
/** A full disk does not empty in seconds, ms. */
const FULL_MS = 30_000;
/** So many times the same trouble of the server without a byte in between is no passing one. */
const MOST_TROUBLES = 8;
/** So many times a second writer is not believed. */
const OURSELVES = 3;
/** The server is asked again so soon when it still looks into a file that it has whole, ms. */
const LOOK_MS = 500;

/** What carrying needs, and whom it tells. */
export interface Load {
  readonly file: File;
  /** The upload to go on with; null begins one. */
  readonly id: string | null;
  wishes(): Wishes;
  /** Bytes that are at the server or on their way. */
  sent(bytes: number): void;
  /** The upload has an id from here on. */
  begun(id: string): void;
  /** It waits, and why; the next `sent` ends that. */
  held(why: Hold): void;
  /** Ends carrying; what was sent stays. */
  readonly signal: AbortSignal;
}

/** The first tries are quick; chance keeps many clients from coming back at the same moment. */
function pauseMs({ why, retryAfterMs }: NotNow, attempt: number): number {
  if (retryAfterMs > 0) return retryAfterMs;
  if (why === "full") return FULL_MS;
  return Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt) * (0.75 + Math.random() / 2);
}

const nudges = new EventTarget();

/** Ends the pauses of all that waits. */
export const tryNow = (): void => void nudges.dispatchEvent(new Event("now"));

/** Waits, until the browser says that it is online again, or someone calls {@linkcode tryNow}. */
function wait(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const end = () => resolve();
  const events = [[globalThis, "online"], [nudges, "now"], [signal, "abort"]] as const;
  for (const [target, name] of events) target.addEventListener(name, end);
  return promise.finally(() => {
    clearTimeout(timer);
    for (const [target, name] of events) target.removeEventListener(name, end);
  });
}

/**
 * Sends `file`, from where the server has it, as often as it takes.
 *
 * @returns the upload with the track that it became
 * @throws {Problem} refused; `signal.reason` when ended
 */
export async function carry(load: Load): Promise<UploadState> {
  const { file, signal } = load;
  const state = { id: load.id, offset: 0, attempt: 0 };
  while (true) {
    try {
      const known = state.id ? await lookUp(state.id) : null;
      signal.throwIfAborted();
      if (known?.status === "accepted") return known;
      if (known?.status === "refused") throw refusalOf(known);
      if (known && known.offset > state.offset) state.attempt = 0; // the last try brought some
      state.offset = known?.offset ?? 0;
      if (known && known.offset === known.length) {
        load.sent(file.size);
        await wait(LOOK_MS, signal);
        signal.throwIfAborted();
      }
      if (!known) state.id = null;
      await sendRest({
        file,
        id: state.id,
        wishes: load.wishes(),
        signal,
        begun(id) {
          state.id = id;
          load.begun(id);
        },
        tell: load.sent,
      });
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      signal.throwIfAborted();
      if (error.why === "busy" && state.attempt >= MOST_TROUBLES) throw error;
      // at first the other writer is most likely ourselves, on the line that broke
      load.held(error.why === "elsewhere" && state.attempt < OURSELVES ? "lost" : error.why);
      await wait(pauseMs(error, state.attempt++), signal);
      signal.throwIfAborted();
    }
  }
}
