/** What the actor of a room needs of its store. */
import type {
  Act,
  Change,
  Entry,
  Message,
  Person,
  Room,
  RoomPatch,
  Standing,
} from "../domain/chat.ts";

/** The log and the standings of rooms. All that writes is fenced by the epoch. */
export interface RoomStore {
  open(id: string): Promise<
    { room: Room; epoch: number; standings: Map<string, Standing> } | null
  >;
  append(
    roomId: string,
    epoch: number,
    messages: readonly Message[],
  ): Promise<"done" | "repeated">;
  known(
    roomId: string,
    keys: readonly { senderId: string; clientId: string }[],
  ): Promise<Message[]>;
  change(roomId: string, epoch: number, entry: Entry): Promise<void>;
  messageNow(roomId: string, change: Change, userId: string): Promise<
    { senderId: string; deleted: boolean; pinned: boolean; reacted: boolean } | null
  >;
  stand(
    roomId: string,
    epoch: number,
    change: { by: Person; userId: string; change: Act },
  ): Promise<{ standing: Standing | undefined; memberCount: number }>;
  set(roomId: string, epoch: number, by: Person, patch: RoomPatch): Promise<Room>;
  hide(roomId: string, epoch: number, hidden: boolean): Promise<void>;
  remove(roomId: string, epoch: number, by: Person): Promise<void>;
  read(roomId: string, upTo: ReadonlyMap<string, number>): Promise<void>;
}
