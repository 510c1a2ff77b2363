/** Ids: UUIDv7, so that they sort by the time they were made (RFC 9562). */
import { v7 } from "uuid";

/** A new UUIDv7 in lower case. */
export const newId = (): string => v7();
