/** Who a cookie or token belongs to now, through a cache of five seconds (S1). */
import type { Role } from "../domain/auth.ts";
import { sessionLifetimeMs } from "../domain/auth.ts";
import { hashSecret } from "./secrets.ts";

/** A revoked session or a changed role is seen everywhere within this time (S1, S4), in ms. */
const FRESH_MS = 5_000;
const MOST_KEPT = 50_000;
/** A session's end slides forward at most this often, in ms: a write an hour, not one a request. */
const SLIDE_EVERY_MS = 3_600_000;

interface SessionUser {
  readonly sessionId: string;
  readonly kind: "cookie" | "token";
  readonly userId: string;
  readonly username: string;
  readonly roles: Role[];
  readonly tokenVersion: number;
  readonly remember: boolean;
  readonly lastUsedAt: Date;
  readonly expiresAt: Date;
}

/** A session that was looked up; `slid` when its end was moved for that. */
export type Found = SessionUser & { readonly slid?: true };

interface Store {
  find(by: { id: string } | { secretHash: Uint8Array }): Promise<SessionUser | null>;
  touch(id: string, expiresAt: Date): Promise<void>;
}

export interface Sessions {
  byCookie(secret: string): Promise<Found | null>;
  byId(sessionId: string): Promise<Found | null>;
  /** Makes a change to a session, or to all of an account, seen at once on this node. */
  forget(of: { sessionId: string } | { userId: string }): void;
}

/** Looks sessions up in `store`; callers that ask for the same one together share one query. */
export function sessionLookup(store: Store, now: () => number = Date.now): Sessions {
  const kept = new Map<
    string,
    { until: number; found: Promise<Found | null>; value?: Found | null }
  >();

  const find = async (
    by: { id: string } | { secretHash: Uint8Array },
  ): Promise<Found | null> => {
    const session = await store.find(by);
    if (session && now() - session.lastUsedAt.getTime() > SLIDE_EVERY_MS) {
      await store.touch(session.sessionId, new Date(now() + sessionLifetimeMs(session.remember)));
      return { ...session, slid: true as const };
    }
    return session;
  };

  const lookup = (key: string, load: () => Promise<Found | null>) => {
    const known = kept.get(key);
    if (known && known.until > now()) return known.found;
    const entry: { until: number; found: Promise<Found | null>; value?: Found | null } = {
      until: now() + FRESH_MS,
      found: load(),
    };
    entry.found.then((value) => entry.value = value, () => kept.delete(key)); // failures are not kept
    kept.delete(key);
    kept.set(key, entry);
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value!);
    return entry.found;
  };

  return {
    byCookie: (secret) =>
      lookup(`cookie ${secret}`, async () => await find({ secretHash: await hashSecret(secret) })),
    byId: (sessionId) => lookup(`id ${sessionId}`, () => find({ id: sessionId })),
    forget(of) {
      for (const [key, { value }] of kept) {
        // one still being looked up may have read the old row
        const hit = value === undefined ||
          (value &&
            ("userId" in of ? value.userId === of.userId : value.sessionId === of.sessionId));
        if (hit) kept.delete(key);
      }
    },
  };
}
