/** Which entries are news to somebody; pure. */
import type { WireEntry } from "./wire.ts";

/** Messages of others that say something. */
export const newMessages = (entries: readonly WireEntry[], me: string | null): WireEntry[] =>
  entries.filter(({ action, sender_id, content }) =>
    action === "received" && sender_id !== me && content != null
  );
