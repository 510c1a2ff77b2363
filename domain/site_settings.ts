/** What the people who run a site set of it: its name, rules and legal notice, and who may join. */
import { z } from "zod";
import type { Fault } from "./field_faults.ts";
import { isTooDeep } from "./markdown_depth.ts";

/** Whether new accounts are taken: at once, after approval, by invitation, or not (S4). */
export const REGISTRATION_MODES = ["open", "approval", "invite", "closed"] as const;
export const RegistrationMode = z.enum(REGISTRATION_MODES, {
  error: "must be open, approval, invite or closed",
});
export type RegistrationMode = z.infer<typeof RegistrationMode>;

/** The software's name, and a site's until it has one of its own. */
export const SOFTWARE = "Veza";
/** Most characters of the rules, and of the legal notice: about six printed pages. */
export const SITE_TEXT_MAX = 20_000;

/** One line: no line ends and no other control characters, for it goes into mails and titles. */
export const SiteName = z.string().trim().min(1).max(60)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, "takes one line of text");
/** Markdown; HTML in it is shown as text. Browsers send line ends as CRLF. */
const SiteText = z.string().transform((text) => text.replaceAll("\r\n", "\n").trim())
  .pipe(
    z.string().max(SITE_TEXT_MAX)
      .refine((text) => !isTooDeep(text), { params: { fault: "deep" satisfies Fault["kind"] } }),
  );

/** What anyone may know of a site. */
export const SiteSettings = z.object({
  name: z.string(),
  /** Null while there is none; at its address it never changes. */
  logoUrl: z.string().nullable(),
  rules: z.string().meta({ description: "Markdown; empty while there are none" }),
  legal: z.string().meta({ description: "Markdown; empty while there is none" }),
  registration: RegistrationMode,
});
export type SiteSettings = z.infer<typeof SiteSettings>;

/** The same for those who set it. */
export const SiteConfig = SiteSettings.extend({
  registrationFixed: z.boolean().meta({
    description: "The environment's REGISTRATION decides, and the setting does not count",
  }),
});
export type SiteConfig = z.infer<typeof SiteConfig>;

export const SitePatch = z.strictObject({
  name: SiteName.optional(),
  rules: SiteText.optional(),
  legal: SiteText.optional(),
  registration: RegistrationMode.optional(),
});
export type SitePatch = z.infer<typeof SitePatch>;

/** The row: null where nothing was set. */
export interface StoredSettings {
  readonly name: string;
  readonly rules: string;
  readonly legal: string;
  readonly registration: RegistrationMode | null;
  readonly logoVersion: string | null;
}

/** Where a picture of the site's logo is. */
export const logoUrl = (version: string, px = 320): string =>
  `/api/v1/site/logo?size=${px}&v=${version}`;
