/** Who asks: the bearer token of a program, or the session cookie of a browser (S1, S3). */
import type { Context } from "hono";
import { generateCookie, getCookie } from "hono/cookie";
import { createMiddleware } from "hono/factory";
import { GUEST, sessionLifetimeMs, type Viewer } from "../../domain/auth.ts";
import { Rejection } from "../../domain/errors.ts";
import type { Sessions } from "../../services/sessions.ts";
import type { Tokens } from "../../services/tokens.ts";
import type { AppEnv } from "../env.ts";

/** `__Host-` binds the cookie to this host and to TLS; plain http may not use it (S3). */
const cookieName = (secure: boolean) => secure ? "__Host-veza_session" : "veza_session";
const SECRET = /^[A-Za-z0-9_-]{43}$/;

const attributes = (secure: boolean) =>
  ({ path: "/", httpOnly: true, sameSite: "Lax", secure }) as const;

/** The `Set-Cookie` that puts the session of a grant into a browser. `maxAge` in seconds. */
export const sessionCookie = (
  { secret, maxAge }: { secret: string; maxAge: number },
  secure: boolean,
): string => generateCookie(cookieName(secure), secret, { ...attributes(secure), maxAge });

/** The `Set-Cookie` that takes it away. */
export const clearedCookie = (secure: boolean): string =>
  generateCookie(cookieName(secure), "", { ...attributes(secure), maxAge: 0 });

/** The viewer a session stands for, or null when it has ended. */
const viewerFrom = (
  found: Awaited<ReturnType<Sessions["byId"]>>,
  via: "cookie" | "token",
): Viewer | null =>
  found && found.kind === via
    ? {
      kind: "user",
      userId: found.userId,
      username: found.username,
      roles: found.roles,
      sessionId: found.sessionId,
      via,
    }
    : null;

/**
 * Sets `viewer`. A token that does not count is an error, for its bearer meant to be someone; a
 * cookie that does not count is a guest, for a browser sends it without being asked.
 */
export const session = (
  { sessions, tokens, secure }: { sessions: Sessions; tokens: Tokens; secure: boolean },
) => {
  const byToken = async (header: string): Promise<Viewer> => {
    if (!/^Bearer ./i.test(header)) {
      throw new Rejection("unauthenticated", "Authorization wants the form Bearer TOKEN");
    }
    const claims = await tokens.verify(header.slice("Bearer ".length));
    const found = await sessions.byId(claims.sid);
    const viewer = found?.tokenVersion === claims.ver ? viewerFrom(found, "token") : null;
    if (!viewer) throw new Rejection("session_ended");
    return viewer;
  };
  const byCookie = async (c: Context<AppEnv>): Promise<Viewer> => {
    const secret = getCookie(c, cookieName(secure));
    if (!secret || !SECRET.test(secret)) return GUEST;
    const found = await sessions.byCookie(secret);
    if (found?.slid) {
      const maxAge = Math.floor(sessionLifetimeMs(found.remember) / 1_000);
      c.header("Set-Cookie", sessionCookie({ secret, maxAge }, secure), { append: true });
    }
    return viewerFrom(found, "cookie") ?? GUEST;
  };

  return createMiddleware<AppEnv>(async (c, next) => {
    c.set("viewer", GUEST);
    const header = c.req.header("Authorization");
    c.set(
      "viewer",
      header === undefined ? await byCookie(c) : await byToken(header),
    );
    await next();
  });
};
