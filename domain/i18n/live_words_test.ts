/** The words of live streams, in both languages. */
import { deepEqual, ok } from "node:assert/strict";
import { enLive } from "./en_live.ts";
import { frLive } from "./fr_live.ts";

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

Deno.test("[W6] live has the same words in both languages, none empty, none shouted", () => {
  deepEqual(shape(frLive), shape(enLive));
  for (const [path, value] of [...entries(enLive), ...entries(frLive)]) {
    ok(said(value).trim() !== "" && !/!|\boops\b/i.test(said(value)), `${path}: ${said(value)}`);
  }
  for (const [path, value] of entries(frLive)) {
    ok(!said(value).includes("'"), `${path} has a straight apostrophe`);
    ok(!/[^\s\u00a0\u202f][?;:](\s|$)/.test(said(value)), `${path}: ${said(value)}`);
    ok(!/ [?;:»](\s|$)|« /.test(said(value)), `${path} has a breaking space: ${said(value)}`);
  }
});
