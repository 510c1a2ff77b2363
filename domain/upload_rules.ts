/** What an account may upload here, out of its roles and the settings of the site (U2, U12, D3). */
import type { Role } from "./auth.ts";
import { may } from "./auth.ts";
import {
  type FileLimits,
  type FileLimitSettings,
  fileLimitsOf,
  quotaOf,
  type QuotaSettings,
} from "./quotas.ts";
import type { Danger } from "./safety.ts";

export interface UploadRules extends FileLimits {
  /** Bytes that may be stored in all; null is without limit. */
  readonly quotaBytes: number | null;
  /** Why nothing is taken from this account; empty when files are. */
  readonly dangers: readonly Danger[];
}

/** Of the dangers of an ffmpeg, those that count for files of an account with these roles (U12). */
export const dangersFor = (dangers: readonly Danger[]) => (roles: readonly Role[]) =>
  may(roles, "uploads:unjailed") ? [] : dangers;

/** The rules of a site, by the roles of who uploads. */
export const uploadRules = ({ quotas, limits, ceiling, dangers }: {
  quotas: QuotaSettings;
  limits: FileLimitSettings;
  /** What no file may exceed, whoever sends it. */
  ceiling: FileLimits;
  /** Of the ffmpeg that was found. */
  dangers: readonly Danger[];
}) =>
(roles: readonly Role[]): UploadRules => ({
  ...fileLimitsOf(roles, limits, ceiling),
  quotaBytes: quotaOf(roles, quotas),
  dangers: dangersFor(dangers)(roles),
});
