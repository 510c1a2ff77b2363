/** What is still to go from the blobs after its rows went: SQL and rows, nothing else (U15). */
import type { Sql, TransactionSql } from "./open.ts";

/** Notes places (keys, or folders with a slash at their end) in the transaction that frees them. */
export async function noteErasures(tx: TransactionSql, places: readonly string[]): Promise<void> {
  if (places.length === 0) return;
  await tx`
    insert into erasures (place) select * from unnest(${[...places]}::text[])
    on conflict do nothing`;
}

/** The store of erasures. */
export const erasureStore = (sql: Sql) => ({
  /** Places whose blobs may still be there and whose time has come, the oldest first; at most 1,000. */
  async pending(): Promise<string[]> {
    const rows = await sql<{ place: string }[]>`
      select place from erasures where run_after <= now() order by run_after limit 1000`;
    return rows.map(({ place }) => place);
  },

  /** It failed: not before `ms` milliseconds have gone by again. */
  async postpone(place: string, ms: number): Promise<void> {
    await sql`
      update erasures set run_after = now() + ${ms}::int * interval '1 millisecond'
      where place = ${place}`;
  },

  /** The last blob there is gone. */
  async forget(place: string): Promise<void> {
    await sql`delete from erasures where place = ${place}`;
  },
});

export type ErasureStore = ReturnType<typeof erasureStore>;
