/** Passes with which a socket is opened, each once, on any node: SQL and rows (C1). */
import type { Sql } from "./open.ts";

/** Whose pass it is. */
export interface Ticket {
  readonly userId: string;
  readonly sessionId: string;
}

/** The store of passes. `hash` is the SHA-256 of the token. */
export const ticketStore = (sql: Sql) => ({
  async put(hash: Uint8Array, { userId, sessionId }: Ticket, expiresAt: Date): Promise<void> {
    await sql`insert into chat_tickets (token_hash, user_id, session_id, expires_at)
      values (${hash}, ${userId}, ${sessionId}, ${expiresAt})`;
  },

  /** Takes a pass, which is then gone; null when it is unknown, used, or has ended. */
  async take(hash: Uint8Array): Promise<Ticket | null> {
    const [row] = await sql<(Ticket & { living: boolean })[]>`
      delete from chat_tickets where token_hash = ${hash}
      returning user_id as "userId", session_id as "sessionId", expires_at > now() as living`;
    return row?.living ? { userId: row.userId, sessionId: row.sessionId } : null;
  },

  async removeEnded(): Promise<void> {
    await sql`delete from chat_tickets where expires_at < now()`;
  },
});
export type TicketStore = ReturnType<typeof ticketStore>;
