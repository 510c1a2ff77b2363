/** How much an account may store, and how large and long one file may be, by role (U2, D3). */
import { z } from "zod";
import { type Role, ROLES } from "./auth.ts";
import { Rejection } from "./errors.ts";
import { formatBytes } from "./i18n/format.ts";

/** The roles an account can have; a guest stores nothing. */
export type AccountRole = Exclude<Role, "guest">;
export const ACCOUNT_ROLES = ROLES.filter((role): role is AccountRole => role !== "guest");

const GIB = 1024 ** 3;

/**
 * Bytes of originals an account may store; null is without limit. Renditions are not counted: the
 * site makes them, and decides how many.
 *
 * 10 GiB are about 17 hours of CD sound, a musician's whole catalogue, and let a hundred accounts
 * fill no more than a disk of 1 TB. 100 GiB are about 50 hours at 24 bit and 96 kHz, for those who
 * pay or publish. Who runs the site needs no protection from itself.
 */
export const QUOTAS: Readonly<Record<AccountRole, number | null>> = {
  user: 10 * GIB,
  premium_user: 100 * GIB,
  creator: 100 * GIB,
  moderator: null,
  admin: null,
};

/** Settings over {@linkcode QUOTAS}: `off` lifts all. */
export type QuotaSettings = "off" | Readonly<Partial<Record<AccountRole, number | null>>>;

/** What one file may have at most. */
export interface FileLimits {
  readonly maxBytes: number;
  readonly maxSeconds: number;
}
/** Settings below the ceiling that is there for all. */
export type FileLimitSettings = Readonly<Partial<Record<AccountRole, FileLimits>>>;

/** The role that decides: the highest of these; undefined for a guest. */
const highest = (roles: readonly Role[]): AccountRole | undefined =>
  ACCOUNT_ROLES.findLast((role) => roles.includes(role));

const larger = (one: number | null, other: number | null) =>
  one === null || other === null ? null : Math.max(one, other);

/**
 * Bytes that an account with these roles may store; null is without limit. What is set for its
 * highest role counts; where nothing is, the default, or what the roles before it have if that is
 * more: each role has all rights of those before it (S4).
 */
export function quotaOf(roles: readonly Role[], settings: QuotaSettings): number | null {
  if (settings === "off") return null;
  const role = highest(roles);
  let quota: number | null = 0;
  for (const each of ACCOUNT_ROLES.slice(0, role ? ACCOUNT_ROLES.indexOf(role) + 1 : 0)) {
    const set = settings[each];
    quota = set === undefined ? larger(quota, QUOTAS[each]) : set;
  }
  return quota;
}

/** What one file of such an account may have: what is set for its highest role, or the ceiling. */
export function fileLimitsOf(
  roles: readonly Role[],
  settings: FileLimitSettings,
  ceiling: FileLimits,
): FileLimits {
  const role = highest(roles);
  if (!role) return { maxBytes: 0, maxSeconds: 0 };
  return settings[role] ?? ceiling;
}

/** What an account stores, as its owner sees it; bytes. */
export const Quota = z.object({
  usedBytes: z.number().int(),
  limitBytes: z.number().int().nullable().meta({ description: "null is without limit" }),
});
export type Quota = z.infer<typeof Quota>;

/**
 * The refusal of `wanted` bytes beside those that are `used`, with all of them in words; 0 is a file
 * whose size is not known yet.
 */
export function quotaExceeded(
  { used, limit, wanted }: { used: number; limit: number; wanted: number },
): Rejection {
  const words = (bytes: number) => formatBytes(bytes, "en");
  const file = wanted === 0
    ? "nothing more fits"
    : `this file has ${words(wanted)}: ${words(used + wanted - limit)} too many`;
  return new Rejection(
    "quota_exceeded",
    `You store ${words(used)} of ${words(limit)}, and ${file}. Delete what you no longer need`,
  );
}
