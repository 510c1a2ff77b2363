/** Lists: what is asked for and what comes back (H4). */
import { z } from "zod";
import { Rejection } from "./errors.ts";

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(200).optional(),
});
export type PageQuery = z.infer<typeof PageQuery>;

export interface Page<T> {
  readonly items: T[];
  /** Give it back as `cursor` for what follows; null at the end. */
  readonly nextCursor: string | null;
}

/**
 * The id of the last item of a page as an opaque string. The store compares with that item's row,
 * so the cursor need not carry what the list is sorted by.
 */
export const encodeCursor = (id: string): string => btoa(id).replaceAll("=", "");

/** The id in a cursor, or null when it is not one of ours. */
export function decodeCursor(cursor: string): string | null {
  try {
    return z.uuid().parse(atob(cursor));
  } catch {
    return null; // any text that is not a cursor we made
  }
}

/**
 * The id that a page begins after; null where it begins at the start.
 *
 * @throws {Rejection} `invalid` when the cursor is not one of ours
 */
export function positionOf(cursor: string | undefined): string | null {
  if (cursor === undefined) return null;
  const id = decodeCursor(cursor);
  if (id !== null) return id;
  throw new Rejection("invalid", "The cursor is not one that was given out", {
    errors: [{ path: "cursor", message: "is not one that was given out" }],
  });
}
