/** Accounts as others see them, and as their owner does. */
import { z } from "zod";
import { DisplayName, Role } from "./auth.ts";

/** What anyone may see of an account. */
export const PublicUser = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  bio: z.string(),
  avatarUrl: z.string().nullable(),
  trackCount: z.number().int(),
  createdAt: z.string(),
});
export type PublicUser = z.infer<typeof PublicUser>;

/** What the owner sees of the account; also the `user` of register and login. */
export const OwnUser = z.object({
  id: z.string(),
  username: z.string(),
  displayName: z.string(),
  email: z.string(),
  bio: z.string(),
  roles: z.array(Role),
  avatarUrl: z.string().nullable(),
  createdAt: z.string(),
});
export type OwnUser = z.infer<typeof OwnUser>;

/** An account with what only the sign-in may see. */
export interface Account extends OwnUser {
  readonly passwordHash: string;
  readonly status: "active" | "pending" | "banned";
  /** Raised to end every session at once. */
  readonly tokenVersion: number;
}

/** The account as its owner sees it. */
export function ownUser(of: Account): OwnUser {
  const { passwordHash: _hash, status: _status, tokenVersion: _version, ...own } = of;
  return own;
}

export const UserPatch = z.strictObject({
  displayName: DisplayName.optional(),
  bio: z.string().trim().max(2_000).optional(),
});
export type UserPatch = z.infer<typeof UserPatch>;
