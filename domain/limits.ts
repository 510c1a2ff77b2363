/** How often one may ask: the table of rule S5, and how settings change it. */

/** At most `limit + burst` requests in any window of `windowMs`. */
export interface LimitRule {
  readonly limit: number;
  readonly windowMs: number;
  readonly burst: number;
}

const MINUTE = 60_000;

/** Source: rule S5; `media`, `upload` and `static` are sized for what comes in many requests. */
export const LIMITS = {
  login: { limit: 5, windowMs: 15 * MINUTE, burst: 2 },
  register: { limit: 3, windowMs: 60 * MINUTE, burst: 1 },
  api: { limit: 1_000, windowMs: MINUTE, burst: 100 },
  guest: { limit: 100, windowMs: MINUTE, burst: 20 },
  // of one person in one room; counted by the room itself (C11)
  message: { limit: 10, windowMs: 1_000, burst: 20 },
  // a page that is opened anew opens its socket anew
  socket: { limit: 60, windowMs: MINUTE, burst: 10 },
  socketGuest: { limit: 10, windowMs: MINUTE, burst: 2 },
  media: { limit: 3_000, windowMs: MINUTE, burst: 600 },
  upload: { limit: 3_000, windowMs: MINUTE, burst: 600 },
  static: { limit: 3_000, windowMs: MINUTE, burst: 600 },
} as const satisfies Record<string, LimitRule>;
export type LimitName = keyof typeof LIMITS;

/** Settings over the table: `off` lifts all. */
export type LimitSettings = "off" | Readonly<Record<string, LimitRule>>;

/** The rules in force, or null where limits are off. */
export function limitRules(settings: LimitSettings): Readonly<Record<LimitName, LimitRule>> | null {
  if (settings === "off") return null;
  const names = Object.keys(LIMITS) as LimitName[];
  const rules = names.map((name) => [name, settings[name] ?? LIMITS[name]]);
  return Object.fromEntries(rules) as Record<LimitName, LimitRule>;
}
