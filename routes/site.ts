/** What the pages ask for, out of the stores and services that the REST routes use too. */
import { GUEST, type Role, rolesOf, type Session, type Viewer } from "../domain/auth.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { SessionStore, StoredSession } from "../db/sessions.ts";
import type { TrackStore } from "../db/tracks.ts";
import type { UserStore } from "../db/users.ts";
import type { Quota } from "../domain/quotas.ts";
import type { UploadRules } from "../domain/upload_rules.ts";
import { ownUser } from "../domain/users.ts";
import type { AccountService } from "../services/accounts.ts";
import type { Notifications } from "../services/notifications.ts";
import type { Sessions } from "../services/sessions.ts";
import type { JobDesk } from "./admin_jobs.ts";
import type { Catalogue } from "./catalogue.ts";
import { clearedCookie, sessionCookie } from "./middleware/session.ts";
import type { MediaAccess } from "./media_access.ts";
import type { AdmissionParts, Site, TrackTools, WebManifest } from "./pages/site.ts";
import type { Receiver } from "./receive.ts";
import type { RoomDesk } from "./room_desk.ts";
import type { RuntimeDesk } from "./runtime_desk.ts";
import type { SiteParts } from "./site_settings.ts";

/** How many tracks and people a search page shows at most. */
const FOUND = 30;

/** A stored session as its owner sees it, from the session that asks. */
export const shownSession = (session: StoredSession, currentId: string): Session => ({
  id: session.id,
  current: session.id === currentId,
  kind: session.kind,
  userAgent: session.userAgent,
  address: session.address,
  createdAt: session.createdAt.toISOString(),
  lastUsedAt: session.lastUsedAt.toISOString(),
  expiresAt: session.expiresAt.toISOString(),
});

const signedIn = (viewer: Viewer) => {
  if (viewer.kind === "guest") throw new Rejection("unauthenticated");
  return viewer;
};

export function site(
  {
    front,
    admission,
    desk,
    jobs,
    users,
    tracks,
    store,
    sessions,
    accounts,
    catalogue,
    access,
    tools,
    notifications,
    rooms,
    live,
    replay,
    receiver,
    publicUrl,
    manifest,
    secure,
    uploadMaxBytes,
    rulesOf,
    quotaOf,
  }: {
    front: SiteParts;
    admission: AdmissionParts;
    desk: RuntimeDesk;
    jobs: JobDesk;
    users: UserStore;
    tracks: TrackStore;
    store: SessionStore;
    sessions: Sessions;
    accounts: AccountService;
    catalogue: Catalogue;
    access: MediaAccess;
    tools: TrackTools;
    notifications: Notifications;
    rooms: RoomDesk;
    live: Site["live"];
    replay: Site["replay"];
    receiver: Receiver;
    publicUrl: string;
    manifest: () => WebManifest;
    secure: boolean;
    uploadMaxBytes: number;
    rulesOf: (roles: readonly Role[]) => UploadRules;
    quotaOf: (account: { userId: string; roles: readonly Role[] }) => Promise<Quota>;
  },
): Site {
  const end = async (id: string, userId: string): Promise<boolean> => {
    const ended = await store.revoke(id, userId);
    sessions.forget({ sessionId: id });
    return ended;
  };

  return {
    get siteName() {
      return front.settings.now().name;
    },
    get registration() {
      return front.settings.now().registration;
    },
    front,
    admission,
    publicUrl,
    desk,
    jobs,
    tools,
    notifications,
    rooms,
    live,
    replay,
    uploadMaxBytes,
    uploadRules: (viewer) => rulesOf(rolesOf(viewer)),
    quota: (viewer) => quotaOf(signedIn(viewer)),
    assets: manifest,
    tracks: {
      listPublic: async (query) => access.representAll(GUEST, await tracks.list(GUEST, query)),
      listByCreator: async ({ viewer, ...query }) =>
        access.representAll(viewer, await tracks.list(viewer, query)),
      async get(id, viewer) {
        try {
          return await access.represent(viewer, await catalogue.get(viewer, id));
        } catch (error) {
          if (isRejection(error, "not_found")) return null;
          throw error;
        }
      },
      update: async (id, patch, viewer) =>
        access.represent(viewer, await catalogue.update(viewer, id, patch)),
      remove: (id, viewer, cause) => catalogue.remove(viewer, id, cause),
      async receive(request, viewer, cause) {
        const { trackId } = await receiver.receive(request, viewer, { cause });
        return await access.represent(viewer, await catalogue.get(viewer, trackId));
      },
    },
    users: {
      byUsername: (username) => users.publicProfile({ username }),
      byId: (id) => users.publicProfile({ id }),
      search: (text, limit) => users.search(text, limit),
      async own(viewer) {
        const account = await users.byId(signedIn(viewer).userId);
        if (!account) throw new Rejection("session_ended");
        return ownUser(account);
      },
      async update(patch, viewer) {
        const account = await users.update(signedIn(viewer).userId, patch);
        if (!account) throw new Rejection("session_ended");
        return ownUser(account);
      },
    },
    accounts: {
      async register(wanted, from) {
        const grant = await accounts.registerCookie(wanted, from);
        return grant && { cookie: sessionCookie(grant, secure) };
      },
      login: async (wanted, from) => ({
        cookie: sessionCookie(await accounts.loginCookie(wanted, from), secure),
      }),
      async logout(viewer) {
        if (viewer.kind === "user") await end(viewer.sessionId, viewer.userId);
        return { cookie: clearedCookie(secure) };
      },
      async changePassword(change, viewer, cause) {
        const { userId, sessionId } = signedIn(viewer);
        await accounts.changePassword({ userId, sessionId }, change, cause);
        sessions.forget({ userId });
      },
    },
    sessions: {
      async list(viewer) {
        const { userId, sessionId } = signedIn(viewer);
        return (await store.list(userId)).map((session) => shownSession(session, sessionId));
      },
      async revoke(id, viewer) {
        if (!await end(id, signedIn(viewer).userId)) {
          throw new Rejection("not_found", "This session has ended already");
        }
      },
    },
    async search(query) {
      const [found, people] = await Promise.all([
        tracks.list(GUEST, { q: query, limit: FOUND }),
        users.search(query, FOUND),
      ]);
      const page = await access.representAll(GUEST, found);
      return { tracks: page.items, users: people };
    },
  };
}
