/** Text and JSON that every store of ours can hold, and gives back as they were. Pure. */
import { z } from "zod";

/** PostgreSQL takes no NUL, and half of a character would come back as another. */
const isStorable = (text: string): boolean => !text.includes("\0") && text.isWellFormed();

/** A check for any schema of text. */
export const storable = z.refine<string>(isStorable, "has characters that cannot be stored");

/** Objects and lists inside each other; deeper ones are somebody's attempt. */
const DEEPEST = 8;

/**
 * Why a value that came as JSON is not taken, or null: nested too deep, not storable, or longer than
 * `most` characters. It never recurses deeper than what it takes.
 */
export function jsonFault(value: unknown, most: number): string | null {
  if (isDeeper(value, DEEPEST)) return `is nested deeper than ${DEEPEST}`;
  const text = JSON.stringify(value);
  if (text.length > most) return `has more than ${most.toLocaleString("en")} characters`;
  // JSON writes what cannot be stored as an escape: it is looked for in what that stands for
  let fault: string | null = null;
  JSON.parse(text, (key, inner) => {
    if (!isStorable(key) || (typeof inner === "string" && !isStorable(inner))) {
      fault = "has characters that cannot be stored";
    }
    return inner;
  });
  return fault;
}

function isDeeper(value: unknown, levels: number): boolean {
  if (value === null || typeof value !== "object") return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1));
}
