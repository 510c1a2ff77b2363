/** The forms of ids at the border: UUIDv7 for what the server makes, slugs for what people choose. */
import { z } from "zod";

/** A UUIDv7 in lower case, as `services/ids.ts` makes them (RFC 9562). */
export const Id = z.uuidv7({ error: "is not an id" }).brand<"Id">();
export type Id = string;

/** Whether `text` has the form of an id; anything else never reaches SQL, a path or a subject. */
export const isId = (text: string): boolean => Id.safeParse(text).success;
