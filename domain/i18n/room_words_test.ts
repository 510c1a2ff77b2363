/** The words of rooms, in both languages. */
import { deepEqual, ok } from "node:assert/strict";
import { EMOJI } from "./emoji_words.ts";
import { enRooms } from "./en_rooms.ts";
import { frRooms } from "./fr_rooms.ts";

type Words = { readonly [key: string]: unknown };

function* entries(words: Words, at = ""): Generator<[string, unknown]> {
  for (const [key, value] of Object.entries(words)) {
    const path = at ? `${at}.${key}` : key;
    if (typeof value === "object" && value !== null) yield* entries(value as Words, path);
    else yield [path, value];
  }
}
const said = (value: unknown): string =>
  typeof value === "function" ? String(value(...Array(value.length).fill("7"))) : String(value);
const shape = (words: Words) =>
  [...entries(words)].map(([path, value]) => `${path} ${typeof value === "function"}`).sort();

Deno.test("[W6] rooms have the same words in both languages, none empty, none shouted", () => {
  deepEqual(shape(frRooms), shape(enRooms));
  for (const [path, value] of [...entries(enRooms), ...entries(frRooms)]) {
    ok(said(value).trim() !== "" && !/!|\boops\b/i.test(said(value)), `${path}: ${said(value)}`);
  }
  for (const [path, value] of entries(frRooms)) {
    ok(!said(value).includes("'"), `${path} has a straight apostrophe`);
    ok(!/[^\s\u00a0\u202f][?;:](\s|$)/.test(said(value)), `${path}: ${said(value)}`);
  }
});

Deno.test("[C9] the picker's signs are single ones, each once, found in both languages", () => {
  deepEqual(new Set(EMOJI.map(([emoji]) => emoji)).size, EMOJI.length);
  const segments = new Intl.Segmenter("en", { granularity: "grapheme" });
  for (const [emoji, en, fr] of EMOJI) {
    ok([...segments.segment(emoji)].length === 1, emoji);
    ok(en !== "" && fr !== "", emoji);
  }
});
