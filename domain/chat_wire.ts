/** What browsers know of the chat socket beside its frames; without schemas, so that it stays small. */

/** Characters of a message (C11). */
export const MESSAGE_MOST = 4_000;
/** Clients that offer it get binary frames, the same bytes for all (C2). */
export const BYTES_PROTOCOL = "veza.bytes";
