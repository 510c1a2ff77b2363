/** Whether somebody may write in the room of a stream, and so reacts and raises a hand there (C8). */
import { translate } from "../db/outages.ts";
import type { Person } from "../domain/chat.ts";
import { isRejection, type Rejection } from "../domain/errors.ts";
import { memoryCache } from "../services/cache.ts";

/** What is asked of rooms. */
export interface RoomsOfVoices {
  personById(userId: string): Promise<Person>;
  /** Rejects who may not write in a room. */
  demandVoice(roomId: string, person: Person): Promise<void>;
}

/** A room is asked once in this time, in ms: who is banned falls silent in less than a second (C8). */
const VOICE_MS = 500;
/** Who somebody is, is looked up once in this time, in ms: they react several times a second. */
const PERSON_MS = 5_000;
/** How many of each are kept in mind. */
const KNOWN_MOST = 5_000;

/** Returns what rejects who may not; with `unavailable` and the like where that cannot be known. */
export function liveVoices({ rooms, now }: { rooms: RoomsOfVoices; now?: () => number }) {
  const clock = now && { now };
  const people = memoryCache<Person>({ keepMs: PERSON_MS, most: KNOWN_MOST, ...clock });
  /** Refusals too are kept: who is muted and taps on asks no more often than others. */
  const verdicts = memoryCache<true | Rejection>({
    ...{ keepMs: VOICE_MS, most: KNOWN_MOST, ...clock },
  });
  return async (roomId: string, userId: string): Promise<void> => {
    const verdict = await verdicts.get(`${roomId} ${userId}`, async () => {
      try {
        await rooms.demandVoice(roomId, await people.get(userId, () => rooms.personById(userId)));
        return true;
      } catch (thrown) {
        const error = translate(thrown);
        if (isRejection(error)) return error;
        throw error;
      }
    });
    if (verdict !== true) throw verdict;
  };
}
