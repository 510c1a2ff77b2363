/** Accounts: SQL and rows, nothing else. */
import type { Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { type EventMetadata, NO_CAUSE } from "../domain/events.ts";
import { kindsFor, NOTIFICATION_KINDS } from "../domain/notifications.ts";
import type { Account, PublicUser, UserPatch } from "../domain/users.ts";
import { appendEvents, eraseEvents } from "./events.ts";
import { useInvite } from "./invites.ts";
import { likePattern } from "./like_pattern.ts";
import type { Sql, TransactionSql } from "./open.ts";

export interface NewUser {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly displayName: string;
  readonly passwordHash: string;
  readonly status: "active" | "pending";
  /** Why one asks to be let in. */
  readonly reason?: string;
  /** The invitation that is used, by its secret. */
  readonly inviteHash?: Uint8Array;
  /** Of the page where it is made. */
  readonly language?: string;
}

interface UserRow {
  id: string;
  email: string;
  username: string;
  display_name: string;
  bio: string;
  password_hash: string;
  roles: Role[];
  status: Account["status"];
  token_version: number;
  created_at: Date;
}

const account = (row: UserRow): Account => ({
  id: row.id,
  email: row.email,
  username: row.username,
  displayName: row.display_name,
  bio: row.bio,
  roles: row.roles,
  avatarUrl: null,
  createdAt: row.created_at.toISOString(),
  passwordHash: row.password_hash,
  status: row.status,
  tokenVersion: row.token_version,
});

const isUniqueViolation = (error: unknown): error is { constraint_name: string } =>
  error instanceof Error && (error as { code?: string }).code === "23505";

type ProfileRow = UserRow & { track_count: number };

const profile = (row: ProfileRow): PublicUser => ({
  id: row.id,
  username: row.username,
  displayName: row.display_name,
  bio: row.bio,
  avatarUrl: null,
  trackCount: row.track_count,
  createdAt: row.created_at.toISOString(),
});

/** Why an account was not added: all of it that others have, so that it is told at once. */
async function taken(
  tx: TransactionSql,
  { email, username }: Pick<NewUser, "email" | "username">,
  violated: string,
): Promise<Rejection> {
  const [others] = await tx<{ email: boolean; username: boolean }[]>`
    select exists (select from users where lower(email) = lower(${email})) as email,
      exists (select from users where lower(username) = lower(${username})) as username`;
  // what was in the way may have gone since; it was in the way all the same
  const isEmail = others!.email || violated === "idx_users_email";
  const isUsername = others!.username || violated === "idx_users_username";
  const at = (path: string) => ({ path, message: "is taken", fault: { kind: "taken" } as const });
  return new Rejection(isEmail ? "email_taken" : "username_taken", undefined, {
    errors: [...isEmail ? [at("email")] : [], ...isUsername ? [at("username")] : []],
  });
}

/**
 * Adds an account in a transaction of the caller's.
 *
 * @throws {Rejection} `email_taken`, `username_taken` or `invite_ended`
 */
export async function createUser(
  tx: TransactionSql,
  user: NewUser,
  cause: EventMetadata = NO_CAUSE,
): Promise<Account> {
  const { id, username } = user;
  const inviteId = user.inviteHash ? await useInvite(tx, user.inviteHash) : null;
  // a savepoint: what was in the way is looked up after the refusal
  const [row] = await tx.savepoint((point) =>
    point<UserRow[]>`
      insert into users (id, email, username, display_name, password_hash, status,
                         registration_reason, invite_id, language)
      values (${id}, ${user.email}, ${username}, ${user.displayName}, ${user.passwordHash},
              ${user.status}, ${user.reason ?? ""}, ${inviteId}, ${user.language ?? null})
      returning *`
  ).catch(async (error) => {
    if (isUniqueViolation(error)) throw await taken(tx, user, error.constraint_name);
    throw error;
  });
  await appendEvents(tx, [{
    eventType: "auth.user.registered.v1",
    aggregateId: id,
    data: { username, status: user.status },
    metadata: cause,
  }]);
  return account(row!);
}

/** The store of accounts. */
export const userStore = (sql: Sql) => {
  const trackCount = sql`(
    select count(*)::int from tracks
    where creator_id = users.id and visibility = 'public' and status in ('playable', 'ready')
  ) as track_count`;
  return ({
    /** @throws {Rejection} `email_taken`, `username_taken` or `invite_ended` */
    async create(user: NewUser, cause: EventMetadata = NO_CAUSE): Promise<Account> {
      return await sql.begin((tx) => createUser(tx, user, cause));
    },

    async byId(id: string): Promise<Account | null> {
      const [row] = await sql<UserRow[]>`select * from users where id = ${id}`;
      return row ? account(row) : null;
    },

    /** The account, while one may act for it: null also where it waits to be let in, or is banned. */
    async activeById(id: string): Promise<Account | null> {
      const [row] = await sql<UserRow[]>`
        select * from users where id = ${id} and status = 'active'`;
      return row ? account(row) : null;
    },

    /** By e-mail address or username, without regard to case. */
    async byLogin(login: string): Promise<Account | null> {
      const [row] = await sql<UserRow[]>`
      select * from users
      where lower(email) = lower(${login}) or lower(username) = lower(${login})`;
      return row ? account(row) : null;
    },

    /** What anyone may see, by id or username. */
    async publicProfile(by: { id: string } | { username: string }): Promise<PublicUser | null> {
      const [row] = await sql<ProfileRow[]>`
      select users.*, ${trackCount} from users
      where status = 'active' and ${
        "id" in by ? sql`id = ${by.id}` : sql`lower(username) = lower(${by.username})`
      }`;
      return row ? profile(row) : null;
    },

    /** Up to `limit` active accounts whose username or name contains `text`, by username. */
    async search(text: string, limit: number): Promise<PublicUser[]> {
      const pattern = likePattern(text);
      const rows = await sql<ProfileRow[]>`
      select users.*, ${trackCount} from users
      where status = 'active' and (username ilike ${pattern} or display_name ilike ${pattern})
      order by lower(username) limit ${limit}`;
      return rows.map(profile);
    },

    async update(id: string, patch: UserPatch): Promise<Account | null> {
      const [row] = await sql<UserRow[]>`
      update users set
        display_name = coalesce(${patch.displayName ?? null}, display_name),
        bio = coalesce(${patch.bio ?? null}, bio),
        updated_at = now()
      where id = ${id} returning *`;
      return row ? account(row) : null;
    },

    /** Replaces a hash made with parameters that are no longer enough. */
    async rehash(id: string, passwordHash: string): Promise<void> {
      await sql`update users set password_hash = ${passwordHash} where id = ${id}`;
    },

    /**
     * Replaces the password and ends all sessions: who knew the old one is out (S2). The session
     * `keep` stays, and with it the version of tokens, for its own would end. Returns whether there
     * is such an account.
     */
    async changePassword(
      id: string,
      passwordHash: string,
      { keep = null, cause = NO_CAUSE }: { keep?: string | null; cause?: EventMetadata } = {},
    ): Promise<boolean> {
      return await sql.begin(async (tx) => {
        const done = await tx`
          update users set password_hash = ${passwordHash}, updated_at = now(),
            token_version = token_version + ${keep === null ? 1 : 0}
          where id = ${id}`;
        if (done.count === 0) return false;
        await tx`update sessions set revoked_at = now()
          where user_id = ${id} and revoked_at is null and id is distinct from ${keep}`;
        await appendEvents(tx, [{
          eventType: "auth.password.changed.v1",
          aggregateId: id,
          data: {},
          metadata: cause,
        }]);
        return true;
      });
    },

    /**
     * Replaces all roles, and takes away what was told for the sake of those that went; `guest` is
     * nobody's role. Returns whether there is such an account.
     */
    async setRoles(id: string, roles: readonly Role[]): Promise<boolean> {
      const held = kindsFor(roles);
      const done = await sql`
        with forgotten as (
          delete from notifications where user_id = ${id}
            and kind = any(${NOTIFICATION_KINDS.filter((kind) => !held.includes(kind))})
        )
        update users set roles = ${[...roles]}, updated_at = now() where id = ${id}`;
      return done.count === 1;
    },

    /**
     * Adds a role or takes it away, whatever becomes of the others at the same moment. Returns the
     * roles as they are then; null where there is no such account.
     */
    async setRole(id: string, role: Role, has: boolean): Promise<readonly Role[] | null> {
      const [row] = await sql<{ roles: Role[] }[]>`
        update users set updated_at = now(),
          roles = case when ${has} then array_append(array_remove(roles, ${role}::text), ${role}::text)
            else array_remove(roles, ${role}::text) end
        where id = ${id} returning roles`;
      return row?.roles ?? null;
    },

    /** Lets one in who waits for approval. Returns whether it waited. */
    async letIn(id: string): Promise<boolean> {
      const done = await sql`
        with let_in as (
          update users set status = 'active', updated_at = now()
          where id = ${id} and status = 'pending' returning id
        ), told as (
          delete from notifications using let_in
          where kind = 'registration-waiting' and person_id = let_in.id
        )
        select id from let_in`;
      return done.count === 1;
    },

    /** Removes the account, by its foreign keys all that is its own, and what events tell of it. */
    async remove(id: string): Promise<boolean> {
      return await sql.begin(async (tx) => {
        const done = await tx`delete from users where id = ${id}`;
        await eraseEvents(tx, id);
        return done.count === 1;
      });
    },
  });
};

export type UserStore = ReturnType<typeof userStore>;
