/** The words of rooms in the page's language. */
import { type RoomWords, roomWords } from "../../domain/i18n/room_words.ts";
import { language } from "../shared/words.ts";

export const words = (): RoomWords => roomWords(language());
