/** What a room tells its gateways: entries when they are saved, and beacons for who missed the last. */
import type { Entry, Room } from "../domain/chat.ts";
import { encodeEntries, encodePublished, type Head } from "../domain/chat_batch.ts";
import type { Self } from "./runtime/actor.ts";

/** Source: C6. */
const BEACON_MS = 5_000;
/** What was said last is told of by three beacons. */
const BEACONS_FOR_MS = 3 * BEACON_MS;

/** Of a room that speaks. */
export interface Speaking {
  room: Room;
  /** When something was last said, in ms. */
  saidAt: number;
  beaconing: boolean;
}

export function roomVoice({ publish, now }: {
  publish: (roomId: string, bytes: Uint8Array) => void;
  now: () => number;
}) {
  const tell = (state: Speaking, head: Head, body?: string) =>
    publish(state.room.id, encodePublished(head, body));

  const beacon = (state: Speaking, self: Self): void => {
    if (state.beaconing) return;
    state.beaconing = true;
    self.after(BEACON_MS, () => {
      state.beaconing = false;
      tell(state, { kind: "beacon", gen: state.room.gen, seq: state.room.lastSeq });
      if (now() - state.saidAt < BEACONS_FOR_MS) beacon(state, self);
    });
  };

  return {
    tell,

    /** Remembers what was saved, and tells. `nonce`: by which the ack of a change is found. */
    said(
      state: Speaking,
      entries: readonly Entry[],
      self: Self,
      nonce: string | null = null,
    ): void {
      const last = entries.at(-1);
      if (!last) return;
      state.room = { ...state.room, lastSeq: last.seq };
      state.saidAt = now();
      publish(state.room.id, encodeEntries(state.room.id, state.room.gen, entries, nonce));
      beacon(state, self);
    },
  };
}
