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

/** A keyset position `(sort value, id)` as an opaque string. */
export const encodeCursor = (value: string, id: string): string =>
  btoa(JSON.stringify([value, id])).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const Position = z.tuple([z.string().max(100), z.uuid()]);

/** The position in a cursor, or null when it is not one of ours. */
export function decodeCursor(cursor: string): { value: string; id: string } | null {
  try {
    const [value, id] = Position.parse(
      JSON.parse(atob(cursor.replaceAll("-", "+").replaceAll("_", "/"))),
    );
    return { value, id };
  } catch {
    return null; // any text that is not a cursor we made
  }
}
