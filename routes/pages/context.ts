/** What the parts of a page know of the request: who looks, in which language, with which theme. */
import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { demand, GUEST } from "../../domain/auth.ts";
import { Rejection } from "../../domain/errors.ts";
import { chooseLanguage, type Dictionary, type Language, words } from "../../domain/i18n/mod.ts";
import type { Bell } from "../../domain/notifications.ts";
import type { AppEnv } from "../env.ts";
import type { Site } from "./site.ts";
import { type Theme, themeOf } from "./theme.ts";

export const LANGUAGE_COOKIE = "veza_language";
export const THEME_COOKIE = "veza_theme";

/** What a page's parts need to draw themselves. */
export interface View {
  readonly site: Site;
  readonly viewer: AppEnv["Variables"]["viewer"];
  readonly language: Language;
  readonly t: Dictionary;
  readonly theme: Theme;
  readonly path: string;
  /** Null for a guest, and on errors that come before it is known. */
  readonly bell: Bell | null;
  /** Rooms with something new. */
  readonly unreadRooms: number;
  /** ms since the epoch; dates are relative to it. */
  readonly now: number;
}

/** The view of a request. */
export function viewOf(site: Site, c: Context<AppEnv>): View {
  const language = chooseLanguage(getCookie(c, LANGUAGE_COOKIE), c.req.header("accept-language"));
  return {
    site,
    viewer: c.get("viewer") ?? GUEST, // an error may come before the session is known
    language,
    t: words(language),
    theme: themeOf(getCookie(c, THEME_COOKIE)),
    path: new URL(c.req.url).pathname,
    bell: c.get("bell") ?? null,
    unreadRooms: c.get("unreadRooms") ?? 0,
    now: Date.now(),
  };
}

/** The caller, who has an account; a guest is asked to sign in. */
export function signedIn(c: Context<AppEnv>) {
  const viewer = c.get("viewer");
  demand(viewer, "account:own");
  if (viewer.kind === "guest") throw new Rejection("unauthenticated");
  return viewer;
}
