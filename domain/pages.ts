/** Lists: what is asked for and what comes back (H4). */
import { z } from "zod";

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
