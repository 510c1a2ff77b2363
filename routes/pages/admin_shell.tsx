/** What the pages of administrators share: their sections, the way between them, and who may enter. */
import type { Context } from "hono";
import type { VNode } from "preact";
import { demand, may, type Permission, rolesOf } from "../../domain/auth.ts";
import type { Dictionary } from "../../domain/i18n/mod.ts";
import type { AppEnv } from "../env.ts";
import { type View, viewOf } from "./context.ts";
import type { Site } from "./site.ts";
import type { Content } from "./view.tsx";

export type AdminSection = keyof Dictionary["admin"]["sections"];

/** The sections in their order; a new one is a line here and its name in the dictionaries. */
const SECTIONS: readonly {
  readonly name: AdminSection;
  readonly href: string;
  /** Who sees it; default: those who see the first. */
  readonly permission?: Permission;
}[] = [
  { name: "overview", href: "/admin" },
  { name: "runtime", href: "/admin/runtime" },
  { name: "jobs", href: "/admin/jobs" },
  { name: "site", href: "/admin/site", permission: "site:configure" },
  { name: "registrations", href: "/admin/registrations", permission: "registrations:decide" },
  { name: "invites", href: "/admin/invites", permission: "invites:make" },
];

/**
 * The view of a request to one of these pages.
 *
 * @throws {Rejection} `unauthenticated`, `forbidden`
 */
export function adminView(
  site: Site,
  c: Context<AppEnv>,
  permission: Permission = "site:observe",
): View {
  demand(c.get("viewer"), permission);
  return viewOf(site, c);
}

/** A page of `here`, with `inside` below its name. `wide` takes the whole page, for tables. */
export function adminPage(
  view: View,
  here: AdminSection,
  inside: () => VNode,
  { wide = false, status }: { wide?: boolean; status?: Content["status"] } = {},
): Content {
  const { title, sections } = view.t.admin;
  return {
    title: `${sections[here]} · ${title}`,
    noIndex: true,
    ...(status && { status }),
    body: () => (
      <div class={wide ? "admin admin-wide" : "admin"}>
        <p class="label">{title}</p>
        <h1 class="page-title">{sections[here]}</h1>
        <nav class="tabs" aria-label={title}>
          {SECTIONS.filter(({ permission = "site:observe" }) =>
            may(rolesOf(view.viewer), permission)
          ).map(({ name, href }) => (
            <a href={href} aria-current={name === here ? "page" : undefined}>{sections[name]}</a>
          ))}
        </nav>
        {inside()}
      </div>
    ),
  };
}
