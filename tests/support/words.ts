/** What is wanted of the words of one part of the site, in both languages (W6). */
import { deepEqual, ok } from "node:assert/strict";

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
  [...entries(words)].map(([path, value]) =>
    `${path} ${typeof value === "function" ? value.length : ""}`
  ).sort();

/** The same words in both, none empty, none shouted, and French as it is set. */
export function checkWords(en: Words, fr: Words): void {
  deepEqual(shape(fr), shape(en));
  for (const [path, value] of [...entries(en), ...entries(fr)]) {
    ok(said(value).trim() !== "" && !/!|\boops\b/i.test(said(value)), `${path}: ${said(value)}`);
  }
  for (const [path, value] of entries(fr)) {
    ok(!said(value).includes("'"), `${path} has a straight apostrophe`);
    ok(!/[^\s\u00a0\u202f][?;:](\s|$)/.test(said(value)), `${path}: ${said(value)}`);
  }
}

/** No line breaks before a French sign. */
export function checkSpaces(fr: Words): void {
  for (const [path, value] of entries(fr)) {
    ok(!/ [?;:»](\s|$)|« /.test(said(value)), `${path} has a breaking space: ${said(value)}`);
  }
}
