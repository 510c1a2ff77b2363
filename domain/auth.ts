/** Who may do what: the role × permission table, and the rules of passwords and sessions. */
import { z } from "zod";
import { Rejection } from "./errors.ts";
import { InviteSecret } from "./invites.ts";
import { REASON_MAX } from "./registrations.ts";

/** Roles from least to most; each has all rights of those before it. Source: rule S4. */
export const ROLES = ["guest", "user", "premium_user", "creator", "moderator", "admin"] as const;
export type Role = (typeof ROLES)[number];
export const Role = z.enum(ROLES);

/** Each permission and the least role that has it. What is not named here nobody may do. */
export const PERMISSIONS = {
  "tracks:read": "guest",
  "users:read": "guest",
  "search:read": "guest",
  "rooms:read": "guest",
  "live:listen": "guest",
  "account:own": "user",
  "sessions:own": "user",
  "tracks:create": "user",
  "tracks:update-own": "user",
  "tracks:delete-own": "user",
  "uploads:own": "user",
  "comments:create": "user",
  "comments:delete-own": "user",
  "playlists:own": "user",
  "rooms:create": "user",
  "rooms:post": "user",
  "parties:create": "user",
  "social:own": "user",
  "streaming:lossless": "premium_user",
  "quota:large": "premium_user",
  "live:host": "creator",
  "market:sell": "creator",
  "tracks:delete-any": "moderator",
  "comments:delete-any": "moderator",
  "rooms:moderate-any": "moderator",
  "live:stop-any": "moderator",
  "parties:moderate-any": "moderator",
  "users:ban": "moderator",
  "reports:handle": "moderator",
  "invites:make": "moderator",
  "uploads:unjailed": "admin",
  "registrations:decide": "admin",
  "site:configure": "admin",
  "site:observe": "admin",
  "jobs:manage": "admin",
  "users:set-roles": "admin",
} as const satisfies Record<string, Role>;
export type Permission = keyof typeof PERMISSIONS;

/** Who asks: a guest, or an account with its present roles and the session it came through. */
export type Viewer =
  | { readonly kind: "guest" }
  | {
    readonly kind: "user";
    readonly userId: string;
    readonly username: string;
    readonly roles: readonly Role[];
    readonly sessionId: string;
    /** How the caller proved itself; mutations by cookie need our Origin (S3). */
    readonly via: "cookie" | "token";
  };

export const GUEST: Viewer = { kind: "guest" };

const rank = (role: Role) => ROLES.indexOf(role);

/** Whether any of `roles` has `permission`. */
export function may(roles: readonly Role[], permission: Permission): boolean {
  const needed = rank(PERMISSIONS[permission]);
  return roles.some((role) => rank(role) >= needed) || needed === 0;
}

/** The roles that have `permission`. */
export const rolesWith = (permission: Permission): Role[] =>
  ROLES.filter((role) => may([role], permission));

/** All permissions of `roles`, in table order; they go into access tokens for information only. */
export function permissionsOf(roles: readonly Role[]): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((name) => may(roles, name));
}

/** The roles of a caller; a guest has the role `guest`. */
export const rolesOf = (viewer: Viewer): readonly Role[] =>
  viewer.kind === "user" ? viewer.roles : ["guest"];

/** Rejects a caller without `permission`: 401 for a guest who could sign in, else 403. */
export function demand(viewer: Viewer, permission: Permission): void {
  if (may(rolesOf(viewer), permission)) return;
  if (viewer.kind === "guest") throw new Rejection("unauthenticated");
  throw new Rejection("forbidden", `Your account does not have the right ${permission}`);
}

/** Access tokens live 15 minutes (S1), in seconds. */
export const ACCESS_TOKEN_SECONDS = 900;
/** Sessions and refresh tokens live 30 days, or 90 with remember-me (S1), in ms. */
export const sessionLifetimeMs = (remember: boolean) => (remember ? 90 : 30) * 86_400_000;
/** NIST SP 800-63B asks for length, not composition; S2 sets ten characters. */
export const PASSWORD_MIN = 10;
/** Argon2 takes any length; the bound only stops a megabyte of password from being hashed. */
export const PASSWORD_MAX = 256;

export const Email = z.string().trim().toLowerCase().max(254).pipe(
  z.email(),
);
/** Letters, digits, `_` and `-`, starting with a letter; compared without case. */
export const Username = z.string().trim().regex(
  /^[A-Za-z][A-Za-z0-9_-]{2,29}$/,
  "takes 3 to 30 letters, digits, _ or -, and starts with a letter",
);
export const Password = z.string()
  .min(PASSWORD_MIN)
  .max(PASSWORD_MAX);
export const DisplayName = z.string().trim().min(1).max(80);

/** How the client wants its session: tokens in the answer, or the cookie of S1. */
export const Delivery = z.enum(["token", "cookie"]).default("token");

export const Registration = z.strictObject({
  email: Email,
  username: Username,
  password: Password,
  displayName: DisplayName.optional(),
  /** Why one would like to come in; asked for where accounts wait for approval. */
  reason: z.string().trim().max(REASON_MAX).optional(),
  /** The secret of an invitation. */
  invite: InviteSecret.optional(),
  rememberMe: z.boolean().default(false),
  delivery: Delivery,
});
export type Registration = z.infer<typeof Registration>;

export const Login = z.strictObject({
  /** E-mail address or username. */
  login: z.string().trim().min(1).max(254),
  password: z.string().min(1).max(PASSWORD_MAX),
  totp: z.string().max(20).optional(),
  rememberMe: z.boolean().default(false),
  delivery: Delivery,
});
export type Login = z.infer<typeof Login>;

export const PasswordChange = z.strictObject({
  currentPassword: z.string().min(1).max(PASSWORD_MAX),
  newPassword: Password,
});
export type PasswordChange = z.infer<typeof PasswordChange>;

/** A session as its owner sees it in a list. */
export const Session = z.object({
  id: z.string(),
  current: z.boolean(),
  kind: z.enum(["cookie", "token"]),
  userAgent: z.string().nullable(),
  address: z.string().nullable(),
  createdAt: z.string(),
  lastUsedAt: z.string(),
  expiresAt: z.string(),
});
export type Session = z.infer<typeof Session>;
