/** `/api/v1/auth`: accounts made, sessions begun, renewed, listed and ended. */
import type { Context } from "hono";
import { z } from "zod";
import { Login, PasswordChange, Registration, Session } from "../domain/auth.ts";
import { Id } from "../domain/ids.ts";
import { ERRORS, Rejection } from "../domain/errors.ts";
import { Waiting } from "../domain/registrations.ts";
import { chooseLanguage } from "../domain/i18n/mod.ts";
import { OwnUser } from "../domain/users.ts";
import type { SessionStore } from "../db/sessions.ts";
import type { AccountService, Origin } from "../services/accounts.ts";
import type { Sessions } from "../services/sessions.ts";
import { causeOf } from "./cause.ts";
import { body, endpoint, json, routes, signedIn } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import { limitLogin, limitPassword, limitRegister } from "./middleware/limits.ts";
import { clearedCookie, sessionCookie } from "./middleware/session.ts";
import { shownSession } from "./site.ts";

const Tokens = z.object({
  accessToken: z.string(),
  expiresIn: z.number().int().meta({ description: "Seconds" }),
  refreshToken: z.string(),
  user: OwnUser,
}).meta({ id: "Tokens" });
const CookieSession = z.object({ user: OwnUser }).meta({ id: "CookieSession" });
/** Tokens, or with `delivery: "cookie"` the account alone, the session being in the cookie. */
const Grant = z.union([Tokens, CookieSession]);

const WAITING: Waiting = {
  status: "pending",
  code: "approval_pending",
  detail: ERRORS.approval_pending.title,
};

/** Where a sign-in comes from, as the list of sessions shows it. */
export const originOf = (c: Context<AppEnv>): Origin => ({
  address: c.get("address"),
  language: chooseLanguage(undefined, c.req.header("Accept-Language")),
  cause: causeOf(c),
});

const register = endpoint({
  method: "post",
  path: "/auth/register",
  tags: ["auth"],
  operationId: "register",
  summary: "Make an account and sign in",
  description:
    'The username is compared without case. With `delivery: "cookie"` the session is in a cookie, and no token in the answer. ' +
    "What the site asks for is in `GET /site`: where accounts wait for approval, a `reason`, or " +
    "the secret of an invitation (`invite`), which lets one in at once; where only the invited may " +
    "join, that secret.",
  permission: "users:read",
  limit: "register",
  problems: [403, 409],
  request: { body: body(Registration) },
  responses: {
    201: json(Grant, "The account, and its first session"),
    202: json(Waiting, "The account, which waits for approval and cannot be used until then"),
  },
});

const login = endpoint({
  method: "post",
  path: "/auth/login",
  tags: ["auth"],
  operationId: "login",
  summary: "Sign in",
  description:
    "`login` is the username or the e-mail address. Five wrong tries in 15 minutes and a few more are let through, then the answer is 429.",
  permission: "users:read",
  limit: "login",
  request: { body: body(Login) },
  responses: { 200: json(Grant, "A session") },
});

const refresh = endpoint({
  method: "post",
  path: "/auth/refresh",
  tags: ["auth"],
  operationId: "refresh",
  summary: "Exchange a refresh token for the next, and a new access token",
  description: "A refresh token works once. One that is used twice ends its session.",
  permission: "users:read",
  request: { body: body(z.strictObject({ refreshToken: z.string().min(1).max(200) })) },
  responses: { 200: json(Tokens, "The next tokens") },
});

const logout = endpoint({
  method: "post",
  path: "/auth/logout",
  tags: ["auth"],
  operationId: "logout",
  summary: "End this session",
  description:
    "The token, or the cookie, stops counting at once on this node and within five seconds on others.",
  permission: "sessions:own",
  responses: { 204: { description: "The session has ended" } },
});

const changePassword = endpoint({
  method: "post",
  path: "/auth/password/change",
  tags: ["auth"],
  operationId: "changePassword",
  summary: "Change one's password",
  description:
    "The current one is asked for, as often as at a sign-in. All sessions end but the one that asks.",
  permission: "account:own",
  limit: "login",
  problems: [403],
  request: { body: body(PasswordChange) },
  responses: { 204: { description: "The new password counts" } },
});

const listSessions = endpoint({
  method: "get",
  path: "/auth/sessions",
  tags: ["auth"],
  operationId: "listSessions",
  summary: "The living sessions of the account",
  description:
    "Browsers and programs alike, the latest used first; `current` is the one that asks.",
  permission: "sessions:own",
  responses: { 200: json(z.object({ items: z.array(Session), nextCursor: z.null() }), "Sessions") },
});

const endSession = endpoint({
  method: "delete",
  path: "/auth/sessions/{id}",
  tags: ["auth"],
  operationId: "endSession",
  summary: "End a session of the account",
  description: "Its token or cookie stops counting within five seconds everywhere.",
  permission: "sessions:own",
  problems: [404],
  request: { params: z.object({ id: Id }) },
  responses: { 204: { description: "The session has ended" } },
});

export function auth(
  { accounts, store, sessions, secure }: {
    accounts: AccountService;
    store: SessionStore;
    sessions: Sessions;
    secure: boolean;
  },
) {
  const app = routes();

  app.openapi(register, async (c) => {
    await limitRegister(c);
    const wanted = c.req.valid("json");
    if (wanted.delivery === "token") {
      const grant = await accounts.registerToken(wanted, originOf(c));
      return grant ? c.json(grant, 201) : c.json(WAITING, 202);
    }
    const grant = await accounts.registerCookie(wanted, originOf(c));
    if (!grant) return c.json(WAITING, 202);
    c.header("Set-Cookie", sessionCookie(grant, secure));
    return c.json({ user: grant.user }, 201);
  });

  app.openapi(login, async (c) => {
    const wanted = c.req.valid("json");
    await limitLogin(c, wanted.login);
    if (wanted.delivery === "token") {
      return c.json(await accounts.loginToken(wanted, originOf(c)), 200);
    }
    const grant = await accounts.loginCookie(wanted, originOf(c));
    c.header("Set-Cookie", sessionCookie(grant, secure));
    return c.json({ user: grant.user }, 200);
  });

  app.openapi(
    refresh,
    async (c) => c.json(await accounts.refresh(c.req.valid("json").refreshToken), 200),
  );

  app.openapi(logout, async (c) => {
    const { userId, sessionId, via } = signedIn(c);
    await store.revoke(sessionId, userId);
    sessions.forget({ sessionId });
    if (via === "cookie") c.header("Set-Cookie", clearedCookie(secure));
    return c.body(null, 204);
  });

  app.openapi(changePassword, async (c) => {
    const viewer = signedIn(c);
    await limitPassword(c, viewer.userId);
    await accounts.changePassword(viewer, c.req.valid("json"), causeOf(c));
    sessions.forget({ userId: viewer.userId });
    return c.body(null, 204);
  });

  app.openapi(listSessions, async (c) => {
    const { userId, sessionId } = signedIn(c);
    const items = (await store.list(userId)).map((one) => shownSession(one, sessionId));
    return c.json({ items, nextCursor: null }, 200);
  });

  app.openapi(endSession, async (c) => {
    const { userId } = signedIn(c);
    const { id } = c.req.valid("param");
    if (!await store.revoke(id, userId)) {
      throw new Rejection("not_found", `No living session ${id}`);
    }
    sessions.forget({ sessionId: id });
    return c.body(null, 204);
  });

  return app;
}
