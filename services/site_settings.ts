/** What is set of the site, at hand for every page: read again when it may have changed (S4). */
import {
  logoUrl,
  type RegistrationMode,
  type SiteConfig,
  type SitePatch,
  SOFTWARE,
  type StoredSettings,
} from "../domain/site_settings.ts";

/** A change on another node is seen by the first request after this time, in ms; S4 has 5 s. */
const FRESH_MS = 2_000;

interface Rows<Logo> {
  read(): Promise<StoredSettings>;
  change(patch: SitePatch): Promise<void>;
  setLogo(logo: Logo | null): Promise<void>;
}

export interface SiteDesk<Logo> {
  /** As they were read last. */
  now(): SiteConfig;
  /**
   * Reads them again where they are older than {@linkcode FRESH_MS}. Throws outages, and after one
   * tries again when as much time has gone by.
   */
  refresh(): Promise<void>;
  /** Reads them again now. */
  reread(): Promise<void>;
  /** Changes what `patch` names: at once on this node, within five seconds on others. */
  change(patch: SitePatch): Promise<SiteConfig>;
  setLogo(logo: Logo | null): Promise<SiteConfig>;
}

const NEVER_SET: StoredSettings = {
  name: SOFTWARE,
  rules: "",
  legal: "",
  registration: null,
  logoVersion: null,
};

/**
 * The settings over `rows`. `fixed` is what the environment says of registration, which wins;
 * `fallback` counts where nobody has said anything.
 */
export function siteSettings<Logo>({ rows, fixed, fallback, clock = Date.now }: {
  rows: Rows<Logo>;
  fixed: RegistrationMode | null;
  fallback: RegistrationMode;
  clock?: () => number;
}): SiteDesk<Logo> {
  let known = NEVER_SET;
  let knownAt = -Infinity;
  let failedAt = -Infinity;
  let begun = 0;
  let taken = 0;
  let reading: Promise<void> | null = null;

  const read = async () => {
    const turn = ++begun;
    const at = clock();
    const found = await rows.read();
    if (turn < taken) return; // begun before a change that has been read already
    [known, knownAt, taken] = [found, at, turn];
  };

  const now = (): SiteConfig => ({
    name: known.name,
    logoUrl: known.logoVersion === null ? null : logoUrl(known.logoVersion),
    rules: known.rules,
    legal: known.legal,
    registration: fixed ?? known.registration ?? fallback,
    registrationFixed: fixed !== null,
  });

  return {
    now,
    reread: read,
    async refresh() {
      // while the database is away, not every request may wait for it: much needs none
      if (clock() - Math.max(knownAt, failedAt) < FRESH_MS) return;
      reading ??= read().catch((error) => {
        failedAt = clock();
        throw error;
      }).finally(() => reading = null);
      await reading;
    },
    async change(patch) {
      await rows.change(patch);
      await read();
      return now();
    },
    async setLogo(logo) {
      await rows.setLogo(logo);
      await read();
      return now();
    },
  };
}
