/** Invitations: SQL and rows, nothing else. Secrets come in hashed (S4). */
import { Rejection } from "../domain/errors.ts";
import { type Invite, inviteState } from "../domain/invites.ts";
import { encodeCursor, type Page, type PageQuery, positionOf } from "../domain/pages.ts";
import type { Sql, TransactionSql } from "./open.ts";

export interface NewInviteRow {
  readonly id: string;
  readonly secretHash: Uint8Array;
  readonly note: string;
  readonly createdBy: string;
  readonly mostUses: number;
  readonly endsAt: Date;
}

interface InviteRow {
  id: string;
  note: string;
  uses: number;
  mostUses: number;
  createdBy: string | null;
  createdAt: Date;
  endsAt: Date;
  revokedAt: Date | null;
}

const invite = (row: InviteRow, now: number): Invite => ({
  id: row.id,
  note: row.note,
  state: inviteState(row, now),
  uses: row.uses,
  mostUses: row.mostUses,
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  endsAt: row.endsAt.toISOString(),
});

/**
 * Uses an invitation once, in the transaction that makes the account: of two who take its last use
 * one waits for the other's row and then finds it used. Its id.
 *
 * @throws {Rejection} `invite_ended`, also for one that never was
 */
export async function useInvite(tx: TransactionSql, secretHash: Uint8Array): Promise<string> {
  const [row] = await tx<{ id: string }[]>`
    update invites set uses = uses + 1
    where secret_hash = ${secretHash} and uses < most_uses and ends_at > now()
      and revoked_at is null
    returning id`;
  if (!row) throw new Rejection("invite_ended");
  return row.id;
}

/** The store of invitations. */
export const inviteStore = (sql: Sql, now: () => number = Date.now) => {
  const columns = sql`
    i.id, i.note, i.uses, i.most_uses as "mostUses", u.username as "createdBy",
    i.created_at as "createdAt", i.ends_at as "endsAt", i.revoked_at as "revokedAt"`;

  return {
    async make(wanted: NewInviteRow): Promise<Invite> {
      const [row] = await sql<InviteRow[]>`
        with i as (
          insert into invites (id, secret_hash, note, created_by, most_uses, ends_at)
          values (${wanted.id}, ${wanted.secretHash}, ${wanted.note}, ${wanted.createdBy},
                  ${wanted.mostUses}, ${wanted.endsAt})
          returning *
        )
        select ${columns} from i left join users u on u.id = i.created_by`;
      return invite(row!, now());
    },

    /** The newest first. */
    async list({ limit, cursor }: PageQuery): Promise<Page<Invite>> {
      const before = positionOf(cursor);
      const rows = await sql<InviteRow[]>`
        select ${columns} from invites i left join users u on u.id = i.created_by
        where ${before}::uuid is null or i.id < ${before}::uuid
        order by i.id desc limit ${limit + 1}`;
      const items = rows.slice(0, limit).map((row) => invite(row, now()));
      const last = rows.length > limit ? items.at(-1) : undefined;
      return { items, nextCursor: last ? encodeCursor(last.id) : null };
    },

    /** Whether an invitation with this secret lets one in now. */
    async isOpen(secretHash: Uint8Array): Promise<boolean> {
      const [row] = await sql`
        select from invites where secret_hash = ${secretHash} and uses < most_uses
          and ends_at > now() and revoked_at is null`;
      return row !== undefined;
    },

    /** Takes it back; whether there was one that could be. */
    async revoke(id: string): Promise<boolean> {
      const done = await sql`
        update invites set revoked_at = now() where id = ${id} and revoked_at is null`;
      return done.count === 1;
    },
  };
};

export type InviteStore = ReturnType<typeof inviteStore>;
