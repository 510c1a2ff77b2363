/** The one-time link by which a new site gets its first administrator (S4). */
import { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import type { SetupAccount } from "../domain/setup.ts";
import type { SitePatch } from "../domain/site_settings.ts";
import { newId } from "./ids.ts";
import { demandStrong, type Passwords } from "./passwords.ts";
import { hashSecret, newSecret } from "./secrets.ts";

/** 128 bits. */
const TOKEN_BYTES = 16;
const TOKEN = /^[A-Za-z0-9_-]{22}$/;

interface Account {
  readonly id: string;
  readonly email: string;
  readonly username: string;
  readonly displayName: string;
  readonly passwordHash: string;
  readonly status: "active";
  readonly language: string;
}

interface Rows {
  begin(tokenHash: Uint8Array, keep: boolean): Promise<"made" | "there" | "needless">;
  isOpen(tokenHash: Uint8Array): Promise<boolean>;
  finish(
    tokenHash: Uint8Array,
    who: { create: Account } | { userId: string },
    settings: SitePatch,
    cause: EventMetadata,
  ): Promise<string>;
}

export interface SetupDesk {
  /**
   * A new link, which ends the one before; with `keep`, where there is one, `there`. Null where there
   * is an administrator already.
   */
  link(keep: boolean): Promise<{ readonly url: string } | "there" | null>;
  /** Whether `token` still leads in. */
  isOpen(token: string): Promise<boolean>;
  /**
   * Makes the administrator, and sets the site; returns the account's id. Works once.
   *
   * @throws {Rejection} `link_expired`, `email_taken`, `username_taken`, `weak_password`
   */
  finish(
    token: string,
    who: (SetupAccount & { language: string }) | { userId: string },
    settings: SitePatch,
    cause: EventMetadata,
  ): Promise<string>;
}

export function setupDesk({ rows, passwords, publicUrl, changed }: {
  rows: Rows;
  passwords: Passwords;
  publicUrl: string;
  /** The settings were changed, and the roles of this account: what was kept of them is stale. */
  changed: (userId: string) => Promise<void>;
}): SetupDesk {
  const isOpen = async (token: string) =>
    TOKEN.test(token) && await rows.isOpen(await hashSecret(token));

  return {
    isOpen,
    async link(keep) {
      const token = newSecret(TOKEN_BYTES);
      const begun = await rows.begin(await hashSecret(token), keep);
      if (begun === "made") return { url: `${publicUrl}/setup?token=${token}` };
      return begun === "there" ? begun : null;
    },
    async finish(token, who, settings, cause) {
      // before a password is hashed: whoever guesses tokens costs us nothing
      if (!await isOpen(token)) throw new Rejection("link_expired");
      const hash = await hashSecret(token);
      const finish = async (first: Parameters<Rows["finish"]>[1]) => {
        const id = await rows.finish(hash, first, settings, cause);
        await changed(id);
        return id;
      };
      if ("userId" in who) return await finish(who);
      await demandStrong(who.password, who);
      const create: Account = {
        id: newId(),
        email: who.email,
        username: who.username,
        displayName: who.username,
        passwordHash: await passwords.hash(who.password),
        status: "active",
        language: who.language,
      };
      return await finish({ create });
    },
  };
}
