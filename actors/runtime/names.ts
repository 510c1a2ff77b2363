/** The forms of names that may become part of a subject: checked once, at the border. */

import { Rejection } from "../../domain/errors.ts";

/** A kind of actor or a topic: `snake_case`, fixed in the program text. */
export const KIND = /^[a-z][a-z0-9_]{0,31}$/;

/** A handler: `camelCase`, fixed in the program text. */
export const HANDLER = /^[a-z][A-Za-z0-9]{0,31}$/;

/**
 * A key: a UUID in lower case, or a slug. Capitals are refused rather than folded, since two
 * spellings of one key would be two actors.
 */
export const KEY = /^[a-z0-9](?:[a-z0-9_-]{0,62}[a-z0-9])?$/;

/** Gives `key` back if it has the form of a {@linkcode KEY}; else throws `invalid`. */
export function checkedKey(key: string): string {
  if (typeof key === "string" && KEY.test(key)) return key; // an array would pass as its only word
  const shown = JSON.stringify(String(key).slice(0, 80));
  throw new Rejection("invalid", `The key ${shown} is neither a lower-case UUID nor a slug`);
}

/** Gives `kind` back if it has the form of a {@linkcode KIND}; else throws a `TypeError`. */
export function checkedKind(kind: string): string {
  if (KIND.test(kind)) return kind;
  throw new TypeError(`"${kind}" is not a snake_case word of at most 32 letters`);
}

const SUBJECT = /^[a-z][a-z0-9_]*(?:\.[A-Za-z0-9_-]+)*$/;

/**
 * Gives `subject` back if it is words joined by dots; else throws a `TypeError`. A wildcard, a space
 * or a line break in a subject would be an instruction to the server that carries it.
 */
export function checkedSubject(subject: string): string {
  if (subject.length <= 200 && SUBJECT.test(subject)) return subject;
  throw new TypeError(`${JSON.stringify(subject.slice(0, 80))} is not a subject: words, dots`);
}
