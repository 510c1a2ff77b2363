/** The words of rooms, in both languages. */
import { deepEqual, ok } from "node:assert/strict";
import { checkWords } from "../../tests/support/words.ts";
import { EMOJI } from "./emoji_words.ts";
import { enRooms } from "./en_rooms.ts";
import { frRooms } from "./fr_rooms.ts";

Deno.test("[W6] rooms have the same words in both languages, none empty, none shouted", () =>
  checkWords(enRooms, frRooms));

Deno.test("[C9] the picker's signs are single ones, each once, found in both languages", () => {
  deepEqual(new Set(EMOJI.map(([emoji]) => emoji)).size, EMOJI.length);
  const segments = new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const [emoji, en, fr] of EMOJI) {
    ok([...segments.segment(emoji)].length === 1, emoji);
    ok(en !== "" && fr !== "", emoji);
  }
});
