/** Who may fetch the files of a track, and the addresses that open them (U14). */
import type { Context } from "hono";
import { z } from "zod";
import type { TrackStore } from "../db/tracks.ts";
import type { Role, Viewer } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { isId } from "../domain/ids.ts";
import type { Page } from "../domain/pages.ts";
import { maySee, publicTrack, type StoredTrack, type Track } from "../domain/tracks.ts";
import type { MediaTokens } from "../services/media_tokens.ts";
import type { AppEnv } from "./env.ts";

/** As it stands in the addresses of a track that is not public. */
export const MediaToken = z.string().max(200).optional();

/** A track whose file the request may have. */
export interface Opened {
  readonly track: StoredTrack;
  /** What the addresses in a playlist carry; null where they need nothing. */
  token(): Promise<string | null>;
}

export interface MediaAccess {
  /** The track as this viewer gets it: its addresses open for the viewer, and for a while. */
  represent(viewer: Viewer, track: StoredTrack): Promise<Track>;
  representAll(viewer: Viewer, page: Page<StoredTrack>): Promise<Page<Track>>;
  /**
   * The track of a request for one of its files. A file of a public track is open. Of the others,
   * every address needs a token (`?t=`) that this viewer was given; with `or: "session"`, as at
   * addresses that are made of an id alone, a session that may see the track will do as well.
   *
   * @throws {Rejection} `link_expired` for whom the track is there, else `not_found` (H3)
   */
  open(c: Context<AppEnv>, id: string, or?: "session"): Promise<Opened>;
}

/** Tells what carries a token from what does not, in an address that may have a query. */
const withQuery = (url: string, query: string) => `${url}${url.includes("?") ? "&" : "?"}${query}`;

export function mediaAccess(
  { tracks, rolesOf, tokens, baseUrl, now = Date.now }: {
    tracks: Pick<TrackStore, "byId">;
    /** An account's present roles; null when it is gone. */
    rolesOf: (userId: string) => Promise<readonly Role[] | null>;
    tokens: MediaTokens;
    /** Of a CDN, without a slash at its end; empty where we serve the files ourselves. */
    baseUrl: string;
    now?: () => number;
  },
): MediaAccess {
  const bearer = (viewer: Viewer) => viewer.kind === "user" ? viewer.userId : "guest";

  /** Whether the one whom a token was given to may see the track now. */
  const stillSees = async (bound: string, track: StoredTrack): Promise<boolean> => {
    if (bound === "guest") return maySee({ kind: "guest" }, track);
    const roles = await rolesOf(bound);
    return roles !== null && maySee({ kind: "user", userId: bound, roles }, track);
  };

  /** What anyone gets of a public track; once for each row, which may be kept (O7). */
  const open = new WeakMap<StoredTrack, Track>();

  const withAddresses = (stored: StoredTrack, query: string): Track => {
    const track = publicTrack(stored);
    const at = (url: string | null) => url && baseUrl + (query ? withQuery(url, query) : url);
    return {
      ...track,
      streamUrl: at(track.streamUrl),
      waveformUrl: at(track.waveformUrl),
      coverUrl: at(track.coverUrl),
      urlsEndInMs: query ? tokens.leastMs : null,
    };
  };

  const represent = async (viewer: Viewer, stored: StoredTrack): Promise<Track> => {
    if (stored.visibility !== "public") {
      const token = await tokens.sign({ trackId: stored.id, viewer: bearer(viewer) }, now());
      return withAddresses(stored, `t=${token}`);
    }
    const known = open.get(stored) ?? withAddresses(stored, "");
    open.set(stored, known);
    return known;
  };

  return {
    represent,
    async representAll(viewer, page) {
      return {
        ...page,
        items: await Promise.all(page.items.map((one) => represent(viewer, one))),
      };
    },
    async open(c, id, or) {
      const missing = () => new Rejection("not_found", `No track ${id}`);
      const track = isId(id) ? await tracks.byId(id) : null;
      if (!track) throw missing();
      if (track.visibility === "public") return { track, token: () => Promise.resolve(null) };

      const viewer = c.get("viewer");
      const sees = maySee(viewer, track);
      const fresh = (of: string) => () => tokens.sign({ trackId: id, viewer: of }, now());
      const given = c.req.query("t");
      const verdict = given === undefined
        ? { kind: "false" as const }
        : await tokens.verify(given, { trackId: id }, now());
      // a CDN brings no session, so that only one that is there can tell whose token it is
      const theirs = verdict.kind === "good" &&
        (viewer.kind === "guest" || viewer.userId === verdict.viewer);
      if (given !== undefined && theirs) {
        if (!await stillSees(verdict.viewer, track)) throw missing();
        // a token alone does not beget tokens for ever: it would outlive the session it came from
        return { track, token: sees ? fresh(verdict.viewer) : () => Promise.resolve(given) };
      }
      if (or === "session" && viewer.kind === "user" && sees) {
        return { track, token: fresh(viewer.userId) };
      }
      if (!sees && verdict.kind !== "ended") throw missing();
      throw new Rejection("link_expired", "This address has ended; ask for the track again");
    },
  };
}
