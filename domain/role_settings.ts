/** Settings that differ by role: `QUOTA_BYTES` and `UPLOAD_LIMITS` (O3). */
import { z } from "zod";
import {
  ACCOUNT_ROLES,
  type AccountRole,
  type FileLimits,
  type FileLimitSettings,
  type QuotaSettings,
} from "./quotas.ts";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};
const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600 };

/** `10GiB` as bytes; null when it is no size. */
function bytesOf(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,12})([kKMGT]i?B|B)$/.exec(text) ?? [];
  const scale = UNITS[unit];
  return count === undefined || scale === undefined ? null : Number(count) * scale;
}

/** `2GiB/2h` as limits of a file; null when it is none. */
function limitsOf(text: string): FileLimits | null {
  const [size = "", length = ""] = text.split("/", 2);
  const [, count, unit = ""] = /^(\d{1,5})([smh])$/.exec(length) ?? [];
  const maxBytes = bytesOf(size);
  if (maxBytes === null || count === undefined) return null;
  return { maxBytes, maxSeconds: Number(count) * (SECONDS[unit] ?? 1) };
}

const isRole = (name: string): name is AccountRole => ACCOUNT_ROLES.some((role) => role === name);

/** `role=value,role=value`; undefined when a role is none, or `read` finds no value. */
function byRole<T>(
  text: string,
  read: (value: string) => T | undefined,
): Partial<Record<AccountRole, T>> | undefined {
  const found: Partial<Record<AccountRole, T>> = {};
  for (const part of text.split(",").map((piece) => piece.trim()).filter(Boolean)) {
    const [role = "", value = ""] = part.split("=", 2);
    const parsed = read(value);
    if (!isRole(role) || parsed === undefined) return undefined;
    found[role] = parsed;
  }
  return found;
}

const NAMES = ACCOUNT_ROLES.join(", ");

/** `off`, or sizes by role, `off` where a role has none. */
export const Quotas = z.string().default("").transform((text, context): QuotaSettings => {
  if (text === "off") return "off";
  const found = byRole(
    text,
    (value) => value === "off" ? null : bytesOf(value) ?? undefined,
  );
  if (found) return found;
  const message = `wanted "off", or sizes by role as user=10GiB,creator=off; roles: ${NAMES}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});

/** Size and length of one file, by role. */
export const UploadLimits = z.string().default("").transform((text, context): FileLimitSettings => {
  const found = byRole(text, (value) => limitsOf(value) ?? undefined);
  if (found) return found;
  const message = `wanted sizes and lengths by role, as user=500MiB/30m; roles: ${NAMES}`;
  context.addIssue({ code: "custom", message });
  return z.NEVER;
});
