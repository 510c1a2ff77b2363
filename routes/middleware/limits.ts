/** Rate limits (S5): counts a request and says in headers how much is left. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import type { LimitName } from "../../domain/limits.ts";
import { Rejection } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";

/**
 * Counts this request by `key`.
 *
 * @throws {Rejection} `rate_limited`
 */
export function limit(c: Context<AppEnv>, name: LimitName, key: string): void {
  const verdict = c.get("limiter").take(name, key);
  if (!verdict) return;
  const { rule, remaining, resetMs } = verdict;
  const reset = Math.ceil(resetMs / 1_000);
  // draft-ietf-httpapi-ratelimit-headers: quota, window in seconds; remaining, seconds to reset
  c.header(
    "RateLimit-Policy",
    `"${name}";q=${rule.limit + rule.burst};w=${Math.round(rule.windowMs / 1_000)}`,
  );
  c.header("RateLimit", `"${name}";r=${remaining};t=${reset}`);
  if (!verdict.allowed) {
    throw new Rejection("rate_limited", `Too many requests; try again in ${reset} s`, {
      retryAfterMs: resetMs,
    });
  }
}

/** Which limit an ordinary request falls under, or null for those exempt. */
function limitOf(path: string): "api" | "media" | "static" | null {
  if (path === "/healthz" || path === "/readyz" || path.startsWith("/.well-known/")) return null;
  if (path.startsWith("/assets/")) return "static";
  return /^\/api\/v1\/tracks\/[^/]+\/(stream|waveform)(\/|$)/.test(path) ? "media" : "api";
}

/** The general limits: by account for those signed in, by address for guests. */
export const limits = createMiddleware<AppEnv>(async (c, next) => {
  const name = limitOf(c.req.path);
  if (name) {
    const viewer = c.get("viewer");
    const signedIn = viewer.kind === "user";
    const key = signedIn ? `user ${viewer.userId}` : `address ${c.get("address")}`;
    limit(c, name === "api" && !signedIn ? "guest" : name, key);
  }
  await next();
});
