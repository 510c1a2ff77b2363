/** Reminders of actors: SQL and rows, nothing else. Time is the database's (A10). */
import type { Sql } from "./open.ts";

interface Name {
  readonly kind: string;
  readonly key: string;
  readonly name: string;
}

/** The store of reminders, as the actor runtime wants it. */
export const reminderStore = (sql: Sql) => ({
  async set({ kind, key, name }: Name, ms: number): Promise<void> {
    await sql`
      insert into reminders (kind, key, name, due_at)
      values (${kind}, ${key}, ${name}, now() + ${ms} * interval '1 millisecond')
      on conflict (kind, key, name) do update
        set due_at = excluded.due_at, token = excluded.token`;
  },

  async clear({ kind, key, name }: Name): Promise<void> {
    await sql`delete from reminders where (kind, key, name) = (${kind}, ${key}, ${name})`;
  },

  /** Those that are due, for `leaseMs` nobody else's; the token stays, so that `done` finds it. */
  async take(
    kinds: readonly string[],
    most: number,
    leaseMs: number,
  ): Promise<(Name & { readonly token: string })[]> {
    return await sql<(Name & { token: string })[]>`
      with due as (
        select kind, key, name from reminders
        where kind = any(${[...kinds]}) and due_at <= now()
        order by due_at limit ${most} for update skip locked
      )
      update reminders set due_at = now() + ${leaseMs} * interval '1 millisecond'
      from due where (reminders.kind, reminders.key, reminders.name) = (due.kind, due.key, due.name)
      returning reminders.kind, reminders.key, reminders.name, token`;
  },

  async done({ kind, key, name, token }: Name & { readonly token: string }): Promise<void> {
    await sql`
      delete from reminders
      where (kind, key, name) = (${kind}, ${key}, ${name}) and token = ${token}`;
  },
});

export type ReminderRows = ReturnType<typeof reminderStore>;
