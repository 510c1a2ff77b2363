/** What is set of the site, on this node: read before it answers, and its logo drawn here. */
import type { Config } from "../config.ts";
import type { Sql } from "../db/open.ts";
import { siteSettingsStore } from "../db/site_settings.ts";
import type { Tool } from "../media/ffmpeg.ts";
import { type Logo, logoMaker } from "../media/logo.ts";
import { siteSettings } from "../services/site_settings.ts";

/** Disposing ends the drawing of logos. */
export async function siteSettingsOf({ config, sql, ffmpeg, workDir }: {
  config: Config;
  sql: Sql;
  ffmpeg: Tool;
  workDir: string;
}) {
  const rows = siteSettingsStore(sql);
  const settings = siteSettings<Logo>({
    rows,
    fixed: config.registrationIsSet ? config.registration : null,
    fallback: config.registration,
  });
  await settings.refresh();
  const logos = logoMaker({ ffmpeg, workDir });
  return {
    settings,
    logoOf: rows.logo,
    logos,
    [Symbol.asyncDispose]: () => logos[Symbol.asyncDispose](),
  };
}
