/** Registration, sign-in, refresh and sign-out: where stores, passwords and tokens meet. */
import {
  ACCESS_TOKEN_SECONDS,
  type Login,
  type PasswordChange,
  type Registration,
  sessionLifetimeMs,
} from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { type Admission, admission } from "../domain/registrations.ts";
import type { RegistrationMode } from "../domain/site_settings.ts";
import type { EventMetadata } from "../domain/events.ts";
import { type Account, type OwnUser, ownUser } from "../domain/users.ts";
import { newId } from "./ids.ts";
import { demandStrong, type Passwords } from "./passwords.ts";
import { hashSecret, newSecret } from "./secrets.ts";
import type { Tokens } from "./tokens.ts";

interface Users {
  create(user: {
    id: string;
    email: string;
    username: string;
    displayName: string;
    passwordHash: string;
    status: Admission;
    reason?: string;
    inviteHash?: Uint8Array;
    language?: string;
  }, cause: EventMetadata): Promise<Account>;
  byId(id: string): Promise<Account | null>;
  byLogin(login: string): Promise<Account | null>;
  rehash(id: string, passwordHash: string): Promise<void>;
  changePassword(
    id: string,
    passwordHash: string,
    options: { keep: string; cause: EventMetadata },
  ): Promise<boolean>;
}

interface Sessions {
  create(
    session: {
      id: string;
      userId: string;
      kind: "cookie" | "token";
      secretHash: Uint8Array | null;
      remember: boolean;
      userAgent: string | null;
      address: string | null;
      expiresAt: Date;
    },
    refreshHash: Uint8Array | null,
    cause: EventMetadata,
  ): Promise<void>;
  rotate(
    hash: Uint8Array,
    next: Uint8Array,
    lifetime: { plainMs: number; rememberMs: number },
  ): Promise<
    | { outcome: "rotated"; sessionId: string; userId: string }
    | { outcome: "reused" }
    | { outcome: "unknown" }
  >;
}

/** Where a sign-in comes from, to be shown in the list of sessions, and told with its events. */
export interface Origin {
  readonly address: string | null;
  /** Of the page, where there is one; mails are written in it. */
  readonly language?: string;
  /** With the client's own words of what it is. */
  readonly cause: EventMetadata;
}

/** The answer to a program: see `security.md` S1. */
export interface TokenGrant {
  readonly accessToken: string;
  /** Seconds. */
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly user: OwnUser;
}

/** The answer to a browser: the secret of its cookie, and for how long (seconds). */
export interface CookieGrant {
  readonly secret: string;
  /** Seconds; null for a cookie that ends with the browser. */
  readonly maxAge: number;
  readonly user: OwnUser;
}

/** The accounts of the site. */
export function accountService(
  { users, sessions, passwords, tokens, registration, now = Date.now }: {
    users: Users;
    sessions: Sessions;
    passwords: Passwords;
    tokens: Tokens;
    /** Who may join now. */
    registration: () => RegistrationMode;
    now?: () => number;
  },
) {
  const begin = async (
    account: Account,
    kind: "cookie" | "token",
    remember: boolean,
    { address, cause }: Origin,
  ) => {
    const id = newId();
    const secret = newSecret();
    const hash = await hashSecret(secret);
    await sessions.create(
      {
        id,
        userId: account.id,
        kind,
        secretHash: kind === "cookie" ? hash : null,
        remember,
        userAgent: cause.userAgent,
        address,
        expiresAt: new Date(now() + sessionLifetimeMs(remember)),
      },
      kind === "token" ? hash : null,
      cause,
    );
    return { id, secret };
  };

  const grantToken = async (account: Account, sessionId: string, refreshToken: string) => ({
    accessToken: await tokens.sign(account, sessionId),
    expiresIn: ACCESS_TOKEN_SECONDS,
    refreshToken,
    user: ownUser(account),
  });

  const withToken = async (
    account: Account,
    remember: boolean,
    from: Origin,
  ): Promise<TokenGrant> => {
    const session = await begin(account, "token", remember, from);
    return await grantToken(account, session.id, session.secret);
  };

  const withCookie = async (
    account: Account,
    remember: boolean,
    from: Origin,
  ): Promise<CookieGrant> => {
    const { secret } = await begin(account, "cookie", remember, from);
    return {
      secret,
      maxAge: Math.floor(sessionLifetimeMs(remember) / 1_000),
      user: ownUser(account),
    };
  };

  const create = async (wanted: Registration, from: Origin): Promise<Account> => {
    const { reason, invite } = wanted;
    const mode = registration();
    const status = admission(mode, { reason, isInvited: invite !== undefined });
    await demandStrong(wanted.password, wanted);
    // where everybody may come in, an invitation is left to those who need one
    const isUsed = invite !== undefined && mode !== "open";
    return await users.create({
      id: newId(),
      email: wanted.email,
      username: wanted.username,
      displayName: wanted.displayName ?? wanted.username,
      passwordHash: await passwords.hash(wanted.password),
      status,
      ...(status === "pending" && { reason }),
      ...(isUsed && { inviteHash: await hashSecret(invite) }),
      ...(from.language && { language: from.language }),
    }, from.cause);
  };

  const check = async (wanted: Login): Promise<Account> => {
    const account = await users.byLogin(wanted.login);
    const right = account
      ? await passwords.verify(wanted.password, account.passwordHash)
      : await passwords.verifyNothing(wanted.password);
    if (!account || !right) throw new Rejection("bad_credentials");
    return account;
  };

  /** Only one who knows the password learns that the account waits or is banned. */
  const admit = async (account: Account, password?: string): Promise<Account> => {
    if (account.status === "pending") {
      throw new Rejection("approval_pending");
    }
    if (account.status === "banned") throw new Rejection("banned");
    if (password !== undefined && passwords.isOutdated(account.passwordHash)) {
      await users.rehash(account.id, await passwords.hash(password));
    }
    return account;
  };

  return {
    /**
     * Null when the account is made, and waits for approval.
     *
     * @throws {Rejection} `email_taken`, `username_taken`, `weak_password`, `registration_closed`,
     * `invite_needed`, `invite_ended`, `invalid` when a reason is missing
     */
    async registerToken(wanted: Registration, from: Origin): Promise<TokenGrant | null> {
      const account = await create(wanted, from);
      return account.status === "pending"
        ? null
        : await withToken(account, wanted.rememberMe, from);
    },
    /** The same for a browser. */
    async registerCookie(wanted: Registration, from: Origin): Promise<CookieGrant | null> {
      const account = await create(wanted, from);
      return account.status === "pending"
        ? null
        : await withCookie(account, wanted.rememberMe, from);
    },

    /** @throws {Rejection} `bad_credentials`, `forbidden` */
    loginToken: async (wanted: Login, from: Origin): Promise<TokenGrant> =>
      await withToken(await admit(await check(wanted), wanted.password), wanted.rememberMe, from),
    loginCookie: async (wanted: Login, from: Origin): Promise<CookieGrant> =>
      await withCookie(await admit(await check(wanted), wanted.password), wanted.rememberMe, from),

    /**
     * Gives the account of this session another password, and ends its other sessions.
     *
     * @throws {Rejection} `wrong_password`, `weak_password`
     */
    async changePassword(
      { userId, sessionId }: { readonly userId: string; readonly sessionId: string },
      { currentPassword, newPassword }: PasswordChange,
      cause: EventMetadata,
    ): Promise<void> {
      const account = await users.byId(userId);
      if (!account) throw new Rejection("session_ended");
      if (!await passwords.verify(currentPassword, account.passwordHash)) {
        throw new Rejection("wrong_password", undefined, {
          errors: [{ path: "currentPassword", message: "is wrong" }],
        });
      }
      await demandStrong(newPassword, account, "newPassword");
      const hash = await passwords.hash(newPassword);
      await users.changePassword(userId, hash, { keep: sessionId, cause });
    },

    /** @throws {Rejection} `session_ended`, also when the token was used before: then the family ends */
    async refresh(refreshToken: string): Promise<TokenGrant> {
      const next = newSecret();
      const done = await sessions.rotate(await hashSecret(refreshToken), await hashSecret(next), {
        plainMs: sessionLifetimeMs(false),
        rememberMs: sessionLifetimeMs(true),
      });
      if (done.outcome !== "rotated") {
        throw new Rejection(
          "session_ended",
          done.outcome === "reused"
            ? "This refresh token was used before; its session has been ended. Sign in again"
            : "This refresh token is not valid, or has ended. Sign in again",
        );
      }
      const account = await users.byId(done.userId);
      if (!account) throw new Rejection("session_ended");
      return await grantToken(account, done.sessionId, next);
    },
  };
}

export type AccountService = ReturnType<typeof accountService>;
