/** Puts the words of messages into the search, behind the logs of rooms (C7, A21). */

/** The store of words, as far as it is written. */
export interface WordsBehind {
  behind(most: number): Promise<string[]>;
  advance(roomId: string, most: number): Promise<{ read: number; more: boolean }>;
}

export interface RoomIndexer extends AsyncDisposable {
  /** Says that a room's log has grown. */
  nudge(roomId: string): void;
}

export interface IndexerOptions {
  readonly words: WordsBehind;
  /** @param roomId the room that it failed at; null: it was looking for rooms */
  readonly onError: (error: unknown, roomId: string | null) => void;
}

/** A room is gathered for this long, so that a busy one is read in large batches; in ms. */
const GATHER_MS = 500;
/** Entries of one room at a time: some 10 ms of the database's. */
const BATCH = 500;
/** How often it looks for what others left: a node that died, or one of the release before; in ms. */
const LOOK_MS = 30_000;
/** So many rooms it takes from one look; and so many wait at most, the others for another look. */
const ROOMS_AT_ONCE = 1_000;
const ROOMS_MOST = 10_000;
/**
 * So much longer than it works it rests, whatever waits: what is not put in yet is found too, and
 * those who write have the database first.
 */
const RESTS = 2;
/** After a failure it rests, doubling from the first to the second, in ms. */
const REST_MS = 1_000;
const LONGEST_REST_MS = 60_000;

/**
 * Runs on every node, each for the rooms whose actors it has; a lock in the store keeps two out of
 * one room. A room that fails is left to the next look. Disposing ends the batch that is under way.
 */
export function roomIndexer({ words, onError }: IndexerOptions): RoomIndexer {
  const waiting = new Set<string>();
  let isOpen = true;
  let failures = 0;
  let wake = () => {};
  let end = () => {};

  const sleep = async (ms: number, untilNudged = false) => {
    if (!isOpen) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    end = resolve;
    if (untilNudged) wake = resolve;
    await promise;
    wake = () => {};
    clearTimeout(timer);
  };
  const attempt = async (roomId: string | null, work: () => Promise<void>) => {
    const began = performance.now();
    try {
      await work();
      failures = 0;
      await sleep(RESTS * (performance.now() - began));
    } catch (error) {
      onError(error, roomId);
      await sleep(Math.min(LONGEST_REST_MS, REST_MS * 2 ** failures++));
    }
  };
  /** One batch of each room that waits: a large one holds up no other. */
  const round = async () => {
    let isWorthwhile = false;
    for (const roomId of [...waiting]) {
      if (!isOpen) return false;
      waiting.delete(roomId);
      await attempt(roomId, async () => {
        const { read, more } = await words.advance(roomId, BATCH);
        if (more) waiting.add(roomId);
        isWorthwhile ||= more && read > 0; // else another node has it for the moment
      });
    }
    return isWorthwhile;
  };
  const run = async () => {
    let lookAt = 0;
    while (isOpen) {
      if (performance.now() >= lookAt) {
        lookAt = performance.now() + LOOK_MS;
        await attempt(null, async () => {
          const rooms = await words.behind(ROOMS_AT_ONCE);
          for (const id of rooms) waiting.add(id);
          if (rooms.length === ROOMS_AT_ONCE) lookAt = performance.now() + GATHER_MS;
        });
      }
      if (await round()) continue;
      if (waiting.size === 0) await sleep(lookAt - performance.now(), true);
      await sleep(Math.min(GATHER_MS, Math.max(0, lookAt - performance.now())));
    }
  };
  const running = run();

  return {
    nudge(roomId) {
      if (waiting.size >= ROOMS_MOST) return;
      waiting.add(roomId);
      wake();
    },
    async [Symbol.asyncDispose]() {
      isOpen = false;
      end();
      await running;
    },
  };
}
