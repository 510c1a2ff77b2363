/** The link to the first administrator, and its one use: SQL and rows, nothing else (S4). */
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { SitePatch } from "../domain/site_settings.ts";
import type { Sql, TransactionSql } from "./open.ts";
import { changeSettings } from "./site_settings.ts";
import { createUser, type NewUser } from "./users.ts";

/** Who becomes the administrator: a new account, or one that is there. */
export type FirstAdmin = { readonly create: NewUser } | { readonly userId: string };

/** The store of the setup link. */
export const setupStore = (sql: Sql) => {
  const hasAdmin = async (run: Sql | TransactionSql): Promise<boolean> => {
    const [row] = await run`
      select from users where 'admin' = any (roles) and status = 'active' limit 1`;
    return row !== undefined;
  };

  return {
    /**
     * Makes this the one link: `made`. With `keep`, only where there is none: else `there`. Nothing
     * where there is an administrator: `needless`.
     */
    async begin(
      tokenHash: Uint8Array,
      keep: boolean,
    ): Promise<"made" | "there" | "needless"> {
      return await sql.begin(async (tx) => {
        if (await hasAdmin(tx)) {
          await tx`delete from setup_links`;
          return "needless";
        }
        const made = await tx`insert into setup_links (token_hash) values (${tokenHash})
          on conflict (is_only) do update set token_hash = excluded.token_hash, created_at = now()
          where ${!keep}`;
        return made.count > 0 ? "made" : "there";
      });
    },

    /** Whether the link still leads in. */
    async isOpen(tokenHash: Uint8Array): Promise<boolean> {
      const [row] = await sql`
        select from setup_links
        where token_hash = ${tokenHash}
          and not exists (select from users where 'admin' = any (roles))`;
      return row !== undefined;
    },

    /**
     * Uses the link: makes the administrator and sets the site, or does nothing. Returns the
     * account's id. Of two who use it at once, one waits for the other and then finds it used.
     *
     * @throws {Rejection} `link_expired`, `email_taken`, `username_taken`, `session_ended`
     */
    async finish(
      tokenHash: Uint8Array,
      who: FirstAdmin,
      settings: SitePatch,
      cause: EventMetadata,
    ): Promise<string> {
      return await sql.begin(async (tx) => {
        const used = await tx`delete from setup_links where token_hash = ${tokenHash}`;
        if (used.count !== 1 || await hasAdmin(tx)) throw new Rejection("link_expired");
        const id = "create" in who ? (await createUser(tx, who.create, cause)).id : who.userId;
        const made = await tx`
          update users set updated_at = now(),
            roles = array(select distinct unnest(roles || ${["user", "admin"]}::text[]))
          where id = ${id} and status = 'active'`;
        if (made.count !== 1) throw new Rejection("session_ended");
        await changeSettings(tx, settings);
        return id;
      });
    },
  };
};

export type SetupStore = ReturnType<typeof setupStore>;
