/** Who may hear a stream by a player, and the addresses that open a private one (L4, ADR 0010). */
import type { Context } from "hono";
import type { LiveRow } from "../db/live.ts";
import { GUEST, type Role, type Viewer } from "../domain/auth.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import { isId } from "../domain/ids.ts";
import { maySeeLive } from "../domain/live.ts";
import type { LiveTokens } from "../services/live_tokens.ts";
import type { AppEnv } from "./env.ts";

/** Where a player finds a stream. */
export interface LiveAddresses {
  readonly hlsUrl: string;
  readonly httpUrls: { readonly opus: string; readonly mp3: string };
  /** How long they are good, in ms; null: they do not end. */
  readonly urlsEndInMs: number | null;
}

/** A stream that the request may hear. */
export interface LiveOpened {
  readonly stream: LiveRow;
  /** What its list passes on to the files that it names; null where they need nothing. */
  readonly token: string | null;
}

/** What of a stream its addresses are made of. */
type Addressed = Pick<LiveRow, "id" | "keyGeneration" | "visibility">;

export interface LiveAccess {
  /** The addresses that open for this viewer, who may hear the stream. */
  addresses(viewer: Viewer, stream: Addressed): Promise<LiveAddresses>;
  /**
   * The stream that a player asks for. Public and unlisted ones are open. Of a private one, the
   * address has to carry a token (`?t=`) whose bearer may still hear it, or the session that comes
   * with it may.
   *
   * @throws {Rejection} `link_expired` for a token that has ended, else `not_found` (H3)
   */
  open(c: Context<AppEnv>, id: string): Promise<LiveOpened>;
  /** The stream as it is now; null: it is gone. */
  now(id: string): Promise<LiveRow | null>;
  /** Whether who was let in may hear it still: by what they may now, or by the token they brought. */
  hears(viewer: Viewer, token: string | undefined, stream: LiveRow): Promise<boolean>;
}

export function liveAccess(
  { rowOf, rolesOf, tokens, publicUrl, now = Date.now }: {
    /** `afresh`: as it is now; else it may be a moment old. */
    rowOf: (id: string, afresh?: "afresh") => Promise<LiveRow | null>;
    /** An account's present roles; null when it is gone. */
    rolesOf: (userId: string) => Promise<readonly Role[] | null>;
    tokens: LiveTokens;
    publicUrl: string;
    now?: () => number;
  },
): LiveAccess {
  /** Whether the one whom a token was given to may hear the stream now. */
  const stillHears = async (bound: string, stream: LiveRow): Promise<boolean> => {
    const roles = await rolesOf(bound);
    return roles !== null && maySeeLive({ kind: "user", userId: bound, roles }, stream);
  };

  /** Null for who may not hear it. */
  const openedBy = async (
    viewer: Viewer,
    given: string | undefined,
    stream: LiveRow,
  ): Promise<LiveOpened | null> => {
    if (maySeeLive(viewer, stream)) return { stream, token: null };
    if (given === undefined) return null;
    const verdict = await tokens.verify(given, stream, now());
    if (verdict.kind === "ended") {
      throw new Rejection("link_expired", "This address has ended; ask for the stream again");
    }
    const isTheirs = verdict.kind === "good" && await stillHears(verdict.viewer, stream);
    return isTheirs ? { stream, token: given } : null;
  };

  return {
    async addresses(viewer, stream) {
      const at = `${publicUrl}/live/${stream.id}`;
      // whoever is no user hears no private stream
      const isSigned = stream.visibility === "private" && viewer.kind === "user";
      const query = isSigned ? `?t=${await tokens.sign(stream, viewer.userId, now())}` : "";
      return {
        hlsUrl: `${at}/index.m3u8${query}`,
        httpUrls: { opus: `${at}/stream.opus${query}`, mp3: `${at}/stream.mp3${query}` },
        urlsEndInMs: isSigned ? tokens.leastMs : null,
      };
    },

    async open(c, id) {
      const missing = () => new Rejection("not_found", `There is no stream ${id}`);
      if (!isId(id)) throw missing();
      const [viewer, given] = [c.get("viewer"), c.req.query("t")];
      const opened = (stream: LiveRow | null) => stream && openedBy(viewer, given, stream);
      // who was let in a moment ago is not turned away for what was known before
      const found = await opened(await rowOf(id)) ?? await opened(await rowOf(id, "afresh"));
      if (!found) throw missing();
      return found;
    },

    now: (id) => rowOf(id, "afresh"),

    async hears(viewer, token, stream) {
      const roles = viewer.kind === "user" ? await rolesOf(viewer.userId) : null;
      const asks = viewer.kind === "user" && roles !== null ? { ...viewer, roles } : GUEST;
      try {
        return await openedBy(asks, token, stream) !== null;
      } catch (error) {
        if (isRejection(error, "link_expired")) return false;
        throw error;
      }
    },
  };
}
