/** What every handler finds in its context. */
import type { Viewer } from "../domain/auth.ts";
import type { LimitName } from "../domain/limits.ts";
import type { Bell } from "../domain/notifications.ts";
import type { Limiter, Verdict } from "../services/limits.ts";

/** A limit that a request was counted by, and how much of it is left. */
export interface Counted {
  readonly name: LimitName;
  readonly verdict: Verdict;
}

/** Hono's environment: set by the middleware in `routes/middleware/`. */
export interface AppEnv {
  /** What `Deno.serve` says of the connection; absent when a test calls `app.request()`. */
  Bindings: { remoteAddr?: Deno.Addr };
  Variables: {
    /** Taken from `X-Request-Id` or made; returned, logged, carried on (H6). */
    requestId: string;
    /** The client's address: the peer, or what a trusted proxy says of it (S5). */
    address: string;
    /** For `nonce` attributes of scripts and styles under our CSP (S6). */
    nonce: string;
    /** The page may ask for the microphone (S6). */
    microphone?: boolean;
    viewer: Viewer;
    limiter: Limiter;
    /** The limit that was counted last; undefined where none was. */
    limit: Counted | undefined;
    /** What the bell of a page shows; only where a page of somebody signed in is asked for. */
    bell?: Bell;
    /** How many of one's rooms have something new; as with the bell. */
    unreadRooms?: number;
  };
}
