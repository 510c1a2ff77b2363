/** The words of rooms: the pages of rooms load them, the others do not. */
import type { Widen } from "./dictionary.ts";
import { enRooms } from "./en_rooms.ts";
import { frRooms } from "./fr_rooms.ts";

export type RoomWords = Widen<typeof enRooms>;

/** For a language tag; English where it is not known. */
export const roomWords = (language: string): RoomWords => language === "fr" ? frRooms : enRooms;
