/** Sign-ins and refresh tokens: SQL and rows, nothing else. Secrets come in hashed. */
import type { Role } from "../domain/auth.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import { appendEvents } from "./events.ts";
import type { Sql } from "./open.ts";

export interface NewSession {
  readonly id: string;
  readonly userId: string;
  readonly kind: "cookie" | "token";
  readonly secretHash: Uint8Array | null;
  readonly remember: boolean;
  readonly userAgent: string | null;
  readonly address: string | null;
  readonly expiresAt: Date;
}

export interface StoredSession {
  readonly id: string;
  readonly kind: "cookie" | "token";
  readonly userAgent: string | null;
  readonly address: string | null;
  readonly createdAt: Date;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** A living session with its account as it is now. */
export interface SessionUser {
  readonly sessionId: string;
  readonly kind: "cookie" | "token";
  readonly userId: string;
  readonly username: string;
  readonly roles: Role[];
  readonly tokenVersion: number;
  readonly remember: boolean;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** What became of a refresh token that was presented. */
export type Refreshed =
  | { readonly outcome: "rotated"; readonly sessionId: string; readonly userId: string }
  | { readonly outcome: "reused" }
  | { readonly outcome: "unknown" };

/** The store of sessions. */
export const sessionStore = (sql: Sql) => ({
  async create(
    session: NewSession,
    refreshHash: Uint8Array | null,
    cause: EventMetadata = NO_CAUSE,
  ): Promise<void> {
    await sql.begin(async (tx) => {
      await tx`insert into sessions
        (id, user_id, kind, secret_hash, remember, user_agent, address, expires_at)
        values (${session.id}, ${session.userId}, ${session.kind}, ${session.secretHash},
                ${session.remember}, ${session.userAgent}, ${session.address},
                ${session.expiresAt})`;
      if (refreshHash) {
        await tx`insert into refresh_tokens (hash, session_id)
          values (${refreshHash}, ${session.id})`;
      }
      await appendEvents(tx, [{
        eventType: "auth.user.logged-in.v1",
        aggregateId: session.userId,
        data: { sessionId: session.id },
        metadata: cause,
      }]);
    });
  },

  /** The living session with this id or cookie secret, and its account, if that may sign in. */
  async find(by: { id: string } | { secretHash: Uint8Array }): Promise<SessionUser | null> {
    const [row] = await sql<SessionUser[]>`
      select s.id as "sessionId", s.kind, s.remember, s.last_used_at as "lastUsedAt",
        s.expires_at as "expiresAt", u.id as "userId", u.username, u.roles,
        u.token_version as "tokenVersion"
      from sessions s join users u on u.id = s.user_id
      where s.revoked_at is null and s.expires_at > now() and u.status = 'active' and ${
      "id" in by ? sql`s.id = ${by.id}` : sql`s.secret_hash = ${by.secretHash}`
    }`;
    return row ?? null;
  },

  /** Those of these sessions that live. */
  async living(ids: readonly string[]): Promise<Set<string>> {
    const rows = await sql<{ id: string }[]>`
      select s.id from sessions s join users u on u.id = s.user_id
      where s.id = any(${[...ids]}::uuid[]) and s.revoked_at is null and s.expires_at > now()
        and u.status = 'active'`;
    return new Set(rows.map(({ id }) => id));
  },

  /** Slides a session's end forward. */
  async touch(id: string, expiresAt: Date): Promise<void> {
    await sql`update sessions set last_used_at = now(), expires_at = ${expiresAt}
      where id = ${id} and revoked_at is null`;
  },

  /** The living sessions of an account, the latest used first. */
  async list(userId: string): Promise<StoredSession[]> {
    return await sql<StoredSession[]>`
      select id, kind, user_agent as "userAgent", address, created_at as "createdAt",
        last_used_at as "lastUsedAt", expires_at as "expiresAt"
      from sessions where user_id = ${userId} and revoked_at is null and expires_at > now()
      order by last_used_at desc, id desc limit 100`;
  },

  /** Removes sessions, and by their keys refresh tokens, that ended more than a day ago. */
  async removeEnded(): Promise<void> {
    await sql`delete from sessions
      where least(expires_at, coalesce(revoked_at, expires_at)) < now() - interval '1 day'`;
  },

  /** Ends a session of this account; whether there was one. */
  async revoke(id: string, userId: string): Promise<boolean> {
    const done = await sql`update sessions set revoked_at = now()
      where id = ${id} and user_id = ${userId} and revoked_at is null and expires_at > now()`;
    return done.count === 1;
  },

  /**
   * Takes a refresh token in exchange for the next one. A token seen twice was stolen from one of
   * its two bearers, so the whole family ends (RFC 9700, 4.14.2). The row lock makes a race of two
   * uses come out as one rotation and one reuse.
   */
  async rotate(hash: Uint8Array, nextHash: Uint8Array, lifetime: {
    plainMs: number;
    rememberMs: number;
  }): Promise<Refreshed> {
    return await sql.begin(async (tx): Promise<Refreshed> => {
      const [token] = await tx<
        { session_id: string; used_at: Date | null; user_id: string; living: boolean }[]
      >`
        select t.session_id, t.used_at, s.user_id,
          (s.revoked_at is null and s.expires_at > now() and u.status = 'active') as living
        from refresh_tokens t
        join sessions s on s.id = t.session_id
        join users u on u.id = s.user_id
        where t.hash = ${hash} for update of t`;
      if (!token?.living) return { outcome: "unknown" };
      if (token.used_at) {
        await tx`update sessions set revoked_at = now() where id = ${token.session_id}`;
        return { outcome: "reused" };
      }
      await tx`update refresh_tokens set used_at = now() where hash = ${hash}`;
      await tx`insert into refresh_tokens (hash, session_id)
        values (${nextHash}, ${token.session_id})`;
      await tx`update sessions set last_used_at = now(),
        expires_at = now() + (case when remember then ${lifetime.rememberMs}::float8
          else ${lifetime.plainMs}::float8 end) * interval '1 millisecond'
        where id = ${token.session_id}`;
      return { outcome: "rotated", sessionId: token.session_id, userId: token.user_id };
    });
  },
});

export type SessionStore = ReturnType<typeof sessionStore>;
