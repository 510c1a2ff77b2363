/**
 * Brings the parts of a recording among the blobs, one after the other and as long as it takes: a
 * store or a database that is away interrupts the recording, and never the stream (L7).
 */
import { recordingPart } from "../../domain/blob_keys.ts";
import type { RecordingState } from "../../domain/live.ts";
import type { Blobs } from "../blobs.ts";

/** The row of a stream's recording, as who writes it needs it. */
export interface TakeWriting {
  /**
   * The connection `epoch` of a host writes from now on. How much may still be recorded, in bytes and
   * ms; null when nothing is recorded any more.
   */
  open(streamId: string, epoch: number): Promise<Room | null>;
  /** It still does; `bytes` is what it has stored since it was last said. */
  beat(streamId: string, epoch: number, bytes: number): Promise<void>;
  /** It has stored all that it had. */
  shut(streamId: string, epoch: number, bytes: number): Promise<void>;
}

/** What one recording may still become: no larger and no longer than a file that is uploaded (U2). */
export interface Room {
  readonly bytes: number;
  readonly ms: number;
}

export interface PartQueueDeps {
  readonly blobs: Pick<Blobs, "put">;
  readonly takes: TakeWriting;
  readonly told: (streamId: string, state: RecordingState) => void;
  readonly warn: (message: string, details: Record<string, unknown>) => void;
  /** Cuts long waits short: the node stops. */
  readonly closing: AbortSignal;
  /** ms */
  readonly now?: () => number;
}

export interface PartQueue {
  /** Takes a part of so many ms. Never waits. */
  push(part: Uint8Array, ms: number): void;
  /** No more come. Resolves when all are stored, or given up after {@linkcode END_MS}. */
  end(): Promise<void>;
  /** How it goes, for the host. */
  state(): RecordingState;
}

/** What waits for a store that is away, in bytes: a quarter of an hour at 256 kbit/s. */
export const WAITING_MOST = 32 * 1024 ** 2;
/** Storing one part may take so long, in ms. */
const STORE_MS = 30_000;
/** The pause before the next try doubles from the first to the last of these, in ms. */
const PAUSES_MS = { first: 250, most: 5_000 } as const;
/** How long the rest is tried for after the end, and when the node itself stops, in ms. */
const END_MS = 60_000;
const CLOSING_MS = 3_000;
/** How often the row is told that somebody writes, in ms; after three times that, nobody does. */
export const BEAT_MS = 5_000;

/** Begins to store what one connection of a host brings. */
export function partQueue(
  { blobs, takes, told, warn, closing, now = Date.now }: PartQueueDeps,
  { streamId, epoch }: { readonly streamId: string; readonly epoch: number },
): PartQueue {
  const waiting: { readonly part: Uint8Array; readonly ms: number }[] = [];
  let waitingBytes = 0;
  /** What may still be stored. */
  let room: Room = { bytes: Infinity, ms: Infinity };
  let number = 0;
  let unsaid = 0;
  let state: RecordingState = "recording";
  let endsAt = Infinity;
  let isRefused = false;
  /** Ends the pause that the work is in. */
  let wake = () => {};
  /** Lets what is being stored take no longer than until the end. */
  let limit = () => {};

  const say = (next: RecordingState) => {
    if (state === next || state === "full") return;
    state = next;
    told(streamId, next);
  };
  const pause = (ms: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
    wake = resolve;
    return promise.finally(() => clearTimeout(timer));
  };

  /** Does it, however often that has to be tried; false when there is no time left. */
  const persist = async (what: string, act: () => Promise<void>): Promise<boolean> => {
    for (let pauseMs: number = PAUSES_MS.first;; pauseMs = Math.min(2 * pauseMs, PAUSES_MS.most)) {
      try {
        await act();
        return true;
      } catch (error) {
        if (pauseMs === PAUSES_MS.first) warn(what, { streamId, epoch, error });
        say("interrupted");
      }
      const leftMs = endsAt - now();
      if (leftMs <= 0) return false;
      await pause(Math.min(pauseMs, leftMs));
    }
  };

  const store = (part: Uint8Array) => async () => {
    const late = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    limit = () => {
      clearTimeout(timer);
      timer = setTimeout(() => late.abort(), Math.min(STORE_MS, endsAt - now()));
    };
    limit();
    try {
      await blobs.put(recordingPart(streamId, epoch, number), part, { signal: late.signal });
    } finally {
      limit = () => {};
      clearTimeout(timer);
    }
  };

  const warnOfLoss = () => {
    const parts = waiting.length;
    if (parts > 0) warn("the end of a recording is lost", { streamId, epoch, parts });
  };

  const run = async () => {
    const isOpen = await persist("a recording waits for its row", async () => {
      const found = await takes.open(streamId, epoch);
      isRefused = found === null;
      if (found) room = found;
    });
    if (!isOpen || isRefused) return warnOfLoss();
    while (true) {
      const next = waiting[0];
      if (!next) {
        if (endsAt < Infinity) break;
        await pause(Infinity);
        continue;
      }
      const { part, ms } = next;
      if (part.length > room.bytes || ms > room.ms) {
        say("full");
        waiting.length = 0;
        continue;
      }
      if (!await persist("a recording waits for the store", store(part))) break;
      say("recording");
      number++;
      unsaid += part.length;
      room = { bytes: room.bytes - part.length, ms: room.ms - ms };
      waiting.shift();
      waitingBytes -= part.length;
    }
    warnOfLoss();
    await persist("a recording waits for its row", () => takes.shut(streamId, epoch, unsaid));
  };

  const beat = async () => {
    const bytes = unsaid;
    unsaid = 0;
    await takes.beat(streamId, epoch, bytes).catch((error) => {
      unsaid += bytes;
      warn("a recording could not say that it goes on", { streamId, epoch, error });
    });
  };
  const beating = setInterval(() => void beat(), BEAT_MS);
  const hurry = () => {
    endsAt = Math.min(endsAt, now() + CLOSING_MS);
    limit();
    wake();
  };
  const working = run();

  return {
    state: () => state,
    push(part, ms) {
      if (isRefused || state === "full" || endsAt < Infinity) return;
      if (waitingBytes + part.length > WAITING_MOST) return say("interrupted");
      waiting.push({ part, ms });
      waitingBytes += part.length;
      wake();
    },
    async end() {
      if (endsAt === Infinity) {
        endsAt = now() + END_MS;
        if (closing.aborted) hurry();
        else closing.addEventListener("abort", hurry, { once: true });
        wake();
      }
      await working.finally(() => {
        clearInterval(beating);
        closing.removeEventListener("abort", hurry);
      });
    },
  };
}
