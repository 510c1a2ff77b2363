/** What a schema found wrong with a field: zod's issues as few kinds, and those in plain English. */
import type { z } from "zod";
import { MARKS_MOST, NESTED_MOST } from "./markdown_depth.ts";

/** What is wrong; pages have a sentence for each, the API says {@linkcode sayFault}'s words. */
export type Fault =
  | { readonly kind: "missing" | "empty" | "email" }
  /** Another account has it. */
  | { readonly kind: "taken" }
  /** Markdown that goes too deep, as `isTooDeep` says. */
  | { readonly kind: "deep" }
  /** Characters of a text. */
  | { readonly kind: "short" | "long"; readonly bound: number }
  /** Anything else, as `words` say it. */
  | { readonly kind: "other"; readonly words: string };

const TYPES: Readonly<Record<string, string>> = {
  string: "must be text",
  number: "must be a number",
  int: "must be a whole number",
  boolean: "must be true or false",
  array: "must be a list",
  object: "must be an object",
};

/** `public, unlisted or private` */
const anyOf = (values: readonly unknown[]) =>
  values.map(String).join(", ").replace(/, ([^,]*)$/, " or $1");

const other = (words: string): Fault => ({ kind: "other", words });

/** A bound of a number, of the entries of a list, or of the characters of a text. */
function bounded(origin: string, side: "least" | "most", bound: number): Fault {
  if (origin === "string") {
    if (side === "least" && bound === 1) return { kind: "empty" };
    return { kind: side === "least" ? "short" : "long", bound };
  }
  return other(
    origin === "array" ? `takes at ${side} ${bound} entries` : `must be at ${side} ${bound}`,
  );
}

/** How zod's own messages begin. They are for programmers; what a schema says itself is kept. */
const ZODS_OWN = /^(Invalid|Too (small|big)|Unrecognized)\b/;

/** The fault that an issue of zod amounts to. */
export function faultOf(issue: z.core.$ZodIssue): Fault {
  if (issue.code === "custom" && issue.params?.fault === "deep") return { kind: "deep" };
  if (!ZODS_OWN.test(issue.message)) return other(issue.message);
  switch (issue.code) {
    case "invalid_type":
      // a finished issue does not carry the value; this is where it says that there was none
      return issue.message.endsWith("received undefined")
        ? { kind: "missing" }
        : other(TYPES[issue.expected] ?? "has the wrong type");
    case "invalid_value":
      return other(`must be ${anyOf(issue.values)}`);
    case "too_small":
      return bounded(issue.origin, "least", Number(issue.minimum));
    case "too_big":
      return bounded(issue.origin, "most", Number(issue.maximum));
    case "invalid_format":
      return issue.format === "email" ? { kind: "email" } : other("does not have the right form");
    case "unrecognized_keys":
      return other("is not a field here");
    default:
      return other("does not have the right form");
  }
}

/** A fault in English, to be read after the field's name. */
export function sayFault(fault: Fault): string {
  switch (fault.kind) {
    case "missing":
      return "is missing";
    case "empty":
      return "is empty";
    case "email":
      return "is not an e-mail address";
    case "taken":
      return "is taken";
    case "deep":
      return `takes at most ${NESTED_MOST} quotes and lists within each other, and ${MARKS_MOST} ` +
        "stars and underscores in a paragraph";
    case "short":
      return `takes at least ${fault.bound} characters`;
    case "long":
      return `takes at most ${fault.bound} characters`;
    case "other":
      return fault.words;
    default:
      return fault satisfies never;
  }
}
