/** Those who wait to be let in, and what was decided: SQL and rows, nothing else (S4). */
import { encodeCursor, type Page, type PageQuery, positionOf } from "../domain/pages.ts";
import type { RegistrationRequest } from "../domain/registrations.ts";
import { eraseEvents } from "./events.ts";
import type { Sql } from "./open.ts";

interface RequestRow {
  id: string;
  username: string;
  displayName: string;
  email: string;
  reason: string;
  createdAt: Date;
}

/** Whom a decision was about, for the mail that tells it. */
export interface Decided {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
  readonly email: string;
  /** Of the page where the account was made; null when not known. */
  readonly language: string | null;
}

/** The store of the queue. */
export const registrationStore = (sql: Sql) => ({
  /** Who has waited longest comes first. */
  async list({ limit, cursor }: PageQuery): Promise<Page<RegistrationRequest>> {
    const after = positionOf(cursor);
    const rows = await sql<RequestRow[]>`
      select id, username, display_name as "displayName", email,
        registration_reason as reason, created_at as "createdAt"
      from users
      where status = 'pending' and (${after}::uuid is null or id > ${after}::uuid)
      order by id limit ${limit + 1}`;
    const items = rows.slice(0, limit)
      .map((row) => ({ ...row, createdAt: row.createdAt.toISOString() }));
    const last = rows.length > limit ? items.at(-1) : undefined;
    return { items, nextCursor: last ? encodeCursor(last.id) : null };
  },

  async count(): Promise<number> {
    const [row] = await sql<{ count: number }[]>`
      select count(*)::int as count from users where status = 'pending'`;
    return row?.count ?? 0;
  },

  /** Lets those of `ids` in who still wait; answers with them. */
  async approve(ids: readonly string[], by: string, word: string): Promise<Decided[]> {
    return await sql<Decided[]>`
      with decided as (
        update users set status = 'active', updated_at = now()
        where id = any(${[...ids]}::uuid[]) and status = 'pending'
        returning id, username, display_name, email, language
      ), noted as (
        insert into registration_decisions (user_id, username, decision, word, decided_by)
        select id, username, 'approved', ${word}, ${by} from decided
      ), told as (
        delete from notifications using decided
        where kind = 'registration-waiting' and person_id = decided.id
      )
      select id, username, display_name as "displayName", email, language from decided`;
  },

  /** Removes the accounts of those of `ids` who still wait; answers with them. */
  async refuse(ids: readonly string[], by: string, word: string): Promise<Decided[]> {
    return await sql.begin(async (tx) => {
      const decided = await tx<Decided[]>`
        with decided as (
          delete from users where id = any(${[...ids]}::uuid[]) and status = 'pending'
          returning id, username, display_name, email, language
        ), noted as (
          insert into registration_decisions (user_id, username, decision, word, decided_by)
          select id, username, 'refused', ${word}, ${by} from decided
        )
        select id, username, display_name as "displayName", email, language from decided`;
      for (const { id } of decided) await eraseEvents(tx, id);
      return decided;
    });
  },
});

export type RegistrationStore = ReturnType<typeof registrationStore>;
