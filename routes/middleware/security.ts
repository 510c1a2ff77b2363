/** Security headers (S6), and the Origin check of mutations by cookie (S3). */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { Rejection } from "../../domain/errors.ts";
import type { AppEnv } from "../env.ts";

/** The policy as a function of the nonce; all else is put together once, for every answer has it. */
function contentPolicy(mediaOrigin: string): (nonce: string) => string {
  const from = (sources: string) => `${sources} ${mediaOrigin}`.trim();
  const rest = [
    "",
    `img-src ${from("'self' data: blob:")}`,
    "font-src 'self'",
    `media-src ${from("'self' blob:")}`,
    `connect-src ${from("'self'")}`,
    "worker-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
  return (nonce) =>
    `default-src 'self'; script-src 'self' 'nonce-${nonce}'; style-src 'self' 'nonce-${nonce}'${rest}`;
}

/** Sets the headers of S6 on every answer, and the nonce that pages put on their scripts. */
export const securityHeaders = (
  { secure, mediaBaseUrl }: { secure: boolean; mediaBaseUrl: string | undefined },
) => {
  const policy = contentPolicy(mediaBaseUrl ? new URL(mediaBaseUrl).origin : "");
  return createMiddleware<AppEnv>(async (c, next) => {
    const nonce = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
    c.set("nonce", nonce);
    await next();
    const headers = c.res.headers;
    headers.set("Content-Security-Policy", policy(nonce));
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("X-Frame-Options", "DENY");
    // a page whose address is a secret says less
    if (!headers.has("Referrer-Policy")) {
      headers.set("Referrer-Policy", "strict-origin-when-cross-origin");
    }
    const microphone = c.get("microphone") === true ? "(self)" : "()";
    headers.set("Permissions-Policy", `geolocation=(), camera=(), microphone=${microphone}`);
    headers.set("Cross-Origin-Opener-Policy", "same-origin");
    if (secure) {
      headers.set("Strict-Transport-Security", "max-age=63072000; includeSubDomains; preload");
    }
  });
};

/** Lets the page that answers `c` ask for the microphone: the studio alone (S6). */
export const allowMicrophone = (c: Context<AppEnv>): void => c.set("microphone", true);

/** Whether `origin` is ours: PUBLIC_URL's, or one whose host and port are the request's own (C1). */
export function isOurOrigin(origin: string, host: string | undefined, publicUrl: string): boolean {
  if (origin === new URL(publicUrl).origin) return true;
  return host !== undefined && URL.parse(origin)?.host === host;
}

const isSafe = (method: string) => method === "GET" || method === "HEAD" || method === "OPTIONS";

function comesFromUs(c: Context<AppEnv>, publicUrl: string): boolean | null {
  const origin = c.req.header("Origin");
  // not the Host header: HTTP/2 has none
  if (origin !== undefined) return isOurOrigin(origin, new URL(c.req.url).host, publicUrl);
  const site = c.req.header("Sec-Fetch-Site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  return null;
}

/**
 * Refuses mutations that a browser sends for another site, whatever their body. A program brings a
 * token instead of a cookie and no Origin; a browser always brings one of the two headers.
 */
export const originCheck = ({ publicUrl }: { publicUrl: string }) =>
  createMiddleware<AppEnv>((c, next) => {
    const viewer = c.get("viewer");
    const byToken = viewer.kind === "user" && viewer.via === "token";
    if (!isSafe(c.req.method) && !byToken) {
      const ours = comesFromUs(c, publicUrl);
      const byCookie = viewer.kind === "user" && viewer.via === "cookie";
      if (ours === false || (ours === null && byCookie)) {
        throw new Rejection(
          "bad_origin",
          "Send this from a page of this site, or with an access token",
        );
      }
    }
    return next();
  });
