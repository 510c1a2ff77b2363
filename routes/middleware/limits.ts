/** Rate limits (S5): counts a request and says in headers how much is left. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import ipaddr from "ipaddr.js";
import type { LimitName } from "../../domain/limits.ts";
import { Rejection } from "../../domain/errors.ts";
import type { AppEnv, Counted } from "../env.ts";

/**
 * Counts this request by `key`.
 *
 * @throws {Rejection} `rate_limited`
 */
export async function limit(c: Context<AppEnv>, name: LimitName, key: string): Promise<void> {
  const taken = c.get("limiter").take(name, key);
  const verdict = taken instanceof Promise ? await taken : taken;
  if (!verdict) return;
  c.set("limit", { name, verdict }); // the last that was counted is told
  if (!verdict.allowed) {
    const { resetMs } = verdict;
    const reset = Math.ceil(resetMs / 1_000);
    throw new Rejection("rate_limited", `Too many requests; try again in ${reset} s`, {
      retryAfterMs: resetMs,
    });
  }
}

/** draft-ietf-httpapi-ratelimit-headers: quota, window in seconds; remaining, seconds to reset. */
function tell(headers: Headers, { name, verdict }: Counted): void {
  const { rule, remaining, resetMs } = verdict;
  const window = Math.round(rule.windowMs / 1_000);
  headers.set("RateLimit-Policy", `"${name}";q=${rule.limit + rule.burst};w=${window}`);
  headers.set("RateLimit", `"${name}";r=${remaining};t=${Math.ceil(resetMs / 1_000)}`);
}

/** An address as a limit counts it: of IPv6 the network, for a household has 2^64 of them. */
export const limitKey = (address: string): string =>
  address.includes(":")
    ? `${ipaddr.parse(address).toNormalizedString().split(":").slice(0, 4).join(":")}::/64`
    : address;

/** Counts a registration. Pages and the REST route both pass here. */
export const limitRegister = (c: Context<AppEnv>): Promise<void> =>
  limit(c, "register", `address ${limitKey(c.get("address"))}`);

/** Counts a sign-in, by address and by what was typed as login. */
export async function limitLogin(c: Context<AppEnv>, login: string): Promise<void> {
  await limit(c, "login", `address ${limitKey(c.get("address"))}`);
  await limit(c, "login", `login ${login.trim().toLowerCase().slice(0, 254)}`);
}

/** Counts a try of one's own password: who has found a session may not guess it there. */
export const limitPassword = (c: Context<AppEnv>, userId: string): Promise<void> =>
  limit(c, "login", `password ${userId}`);

/** Which limit an ordinary request falls under, or null for those exempt. */
function limitOf(path: string): "api" | "media" | "upload" | null {
  if (path.startsWith("/.well-known/")) return null;
  // a file comes in many pieces, each a request
  if (/^\/api\/v1\/uploads\/[^/]+$/.test(path)) return "upload";
  return /^\/api\/v1\/tracks\/[^/]+\/(stream|waveform|cover)([/.]|$)/.test(path) ||
      /^\/live\/[^/]+\/(index\.m3u8$|hls\/|stream\.)/.test(path)
    ? "media"
    : "api";
}

/** The general limits: by account for those signed in, by address for guests. */
const general = async (c: Context<AppEnv>): Promise<void> => {
  const name = limitOf(c.req.path);
  if (!name) return;
  const viewer = c.get("viewer");
  const signedIn = viewer.kind === "user";
  const key = signedIn ? `user ${viewer.userId}` : `address ${limitKey(c.get("address"))}`;
  await limit(c, name === "api" && !signedIn ? "guest" : name, key);
};

/** Counts each request; the answer tells the limit that was counted last, also by its route. */
export const limits = createMiddleware<AppEnv>(async (c, next) => {
  try {
    await general(c);
    await next();
  } finally {
    const counted = c.get("limit");
    if (counted) tell(c.res.headers, counted);
  }
});
