/** What is set of the site, and its logo: SQL and rows, nothing else (S4). */
import type { CoverSize } from "../domain/covers.ts";
import type { SitePatch, StoredSettings } from "../domain/site_settings.ts";
import type { Sql, TransactionSql } from "./open.ts";

/** A logo in its sizes, WebP; `version` names it in its address. */
export interface StoredLogo {
  readonly version: string;
  readonly pictures: Readonly<Record<CoverSize, Uint8Array>>;
}

/** Changes what `patch` names, in a transaction of the caller's or alone. */
export async function changeSettings(
  run: Sql | TransactionSql,
  { name, rules, legal, registration }: SitePatch,
): Promise<void> {
  await run`
    update site_settings set
      name = coalesce(${name ?? null}, name),
      rules = coalesce(${rules ?? null}, rules),
      legal = coalesce(${legal ?? null}, legal),
      registration = coalesce(${registration ?? null}, registration),
      updated_at = now()`;
}

/** The store of settings. */
export const siteSettingsStore = (sql: Sql) => ({
  async read(): Promise<StoredSettings> {
    const [row] = await sql<StoredSettings[]>`
      select name, rules, legal, registration,
        (select version from site_logos limit 1) as "logoVersion"
      from site_settings`;
    if (!row) throw new Error("The table site_settings is empty; wanted the one row it came with");
    return row;
  },

  /** What is left out stays as it is. */
  change: (patch: SitePatch): Promise<void> => changeSettings(sql, patch),

  /** Replaces the logo; null takes it away. */
  async setLogo(logo: StoredLogo | null): Promise<void> {
    await sql.begin(async (tx) => {
      // two that come at once: the later one's sizes all stand, never a mixture
      await tx`select from site_settings for update`;
      await tx`delete from site_logos`;
      for (const [size, bytes] of Object.entries(logo?.pictures ?? {})) {
        await tx`insert into site_logos (size, version, bytes)
          values (${size}, ${logo?.version ?? ""}, ${bytes})`;
      }
    });
  },

  async logo(size: CoverSize): Promise<{ version: string; bytes: Uint8Array } | null> {
    const [row] = await sql<{ version: string; bytes: Uint8Array }[]>`
      select version, bytes from site_logos where size = ${size}`;
    return row ?? null;
  },
});

export type SiteSettingsStore = ReturnType<typeof siteSettingsStore>;
