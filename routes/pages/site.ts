/** What the pages need of the rest of Veza; whoever constructs them provides it. */
import type { Login, PasswordChange, Registration, Session, Viewer } from "../../domain/auth.ts";
import type { EventMetadata } from "../../domain/events.ts";
import type { Page, PageQuery } from "../../domain/pages.ts";
import type { Quota } from "../../domain/quotas.ts";
import type { Track, TrackPatch, TrackVersion } from "../../domain/tracks.ts";
import type { UploadRules } from "../../domain/upload_rules.ts";
import type { OwnUser, PublicUser, UserPatch } from "../../domain/users.ts";
import type { RegistrationMode } from "../../domain/site_settings.ts";
import type { InviteDesk } from "../../services/invites.ts";
import type { RegistrationDesk } from "../../services/registrations.ts";
import type { SetupDesk } from "../../services/setup.ts";
import type { JobDesk } from "../admin_jobs.ts";
import type { SiteParts } from "../site_settings.ts";
import type { LiveDesk } from "../live_desk.ts";
import type { ReplayDesk } from "../live_replay.ts";
import type { RoomDesk } from "../room_desk.ts";
import type { RuntimeDesk } from "../runtime_desk.ts";
import type { Notifications } from "../../services/notifications.ts";

/** One file of the browser's bundle: where it is served, and what it imports at once. */
export interface Asset {
  readonly url: string;
  readonly imports: readonly string[];
}

/** `.cache/web/manifest.json`: source path → what to load (`tasks/bundle.ts` writes it). */
export type WebManifest = Readonly<Record<string, Asset>>;

/** Where a request came from, for sessions and limits. */
export interface RequestMeta {
  readonly address: string;
  readonly cause: EventMetadata;
  /** Of the page; mails are written in it. */
  readonly language?: string;
}

/** A session that began: what goes into `Set-Cookie`. */
export interface Begun {
  readonly cookie: string;
}

/** Tracks as one viewer sees them; what may not be seen is null or left out (H3). */
export interface TrackPages {
  /** Public and playable, newest first. */
  listPublic(query: PageQuery): Promise<Page<Track>>;
  /** One artist's: to others public and playable ones, to the artist all in every status. */
  listByCreator(query: PageQuery & { creatorId: string; viewer: Viewer }): Promise<Page<Track>>;
  get(id: string, viewer: Viewer): Promise<Track | null>;
  /** Throws a Rejection: `not_found`, `forbidden`. */
  update(id: string, patch: TrackPatch, viewer: Viewer): Promise<Track>;
  remove(id: string, viewer: Viewer, cause: EventMetadata): Promise<void>;
  /** Takes the multipart body of the upload form without script, streaming. */
  receive(request: Request, viewer: Viewer, cause: EventMetadata): Promise<Track>;
}

/** What is done with a track beside showing it. Ids of others' tracks are `not_found` (H3). */
export interface TrackTools {
  /** Where the file is; null while it is being made: ask again. `bitrate` in kbit/s. */
  download(
    id: string,
    wanted: { format: string; bitrate?: number },
    viewer: Viewer,
  ): Promise<string | null>;
  /** Takes the picture in the body, a form or the picture itself. */
  setCover(id: string, request: Request, viewer: Viewer): Promise<void>;
  removeCover(id: string, viewer: Viewer): Promise<void>;
  /** The newest first. */
  versions(id: string, viewer: Viewer): Promise<readonly TrackVersion[]>;
  /** Takes the multipart body of the form without script, streaming. */
  addVersion(id: string, request: Request, viewer: Viewer, cause: EventMetadata): Promise<void>;
  makeVersionCurrent(id: string, versionId: string, viewer: Viewer): Promise<void>;
  removeVersion(
    id: string,
    versionId: string,
    viewer: Viewer,
    cause: EventMetadata,
  ): Promise<void>;
}

/** The ways in: the setup link, invitations, and the queue of those who wait. */
export interface AdmissionParts {
  readonly setup: SetupDesk;
  readonly invites: InviteDesk;
  readonly registrations: RegistrationDesk;
}

/** Everything that pages ask for. Every method may throw a Rejection. */
export interface Site {
  readonly siteName: string;
  /** What its people have set of it, and where they set it. */
  readonly front: SiteParts;
  /** How people come in. */
  readonly admission: AdmissionParts;
  /** Without a slash at its end; for what other sites show of ours. */
  readonly publicUrl: string;
  /** Whether new accounts are taken: without asking, after approval, by invitation, or not. */
  readonly registration: RegistrationMode;
  /** The largest upload, in bytes; shown beside the drop zone. */
  readonly uploadMaxBytes: number;
  /** What this viewer may upload, and why nothing is taken where that is so (U12). */
  uploadRules(viewer: Viewer): UploadRules;
  /** How much a signed-in viewer stores. */
  quota(viewer: Viewer): Promise<Quota>;
  /** The bundle. A function, so that a development server can bundle anew. */
  assets(): WebManifest;
  /** For administrators: the runtime, and the jobs. */
  readonly desk: RuntimeDesk;
  readonly jobs: JobDesk;
  readonly tracks: TrackPages;
  readonly tools: TrackTools;
  readonly notifications: Notifications;
  readonly rooms: RoomDesk;
  /** The chat of streams beside their recordings. */
  readonly replay: ReplayDesk;
  readonly live: Pick<LiveDesk, "get" | "list" | "stats">;
  readonly users: {
    byUsername(username: string): Promise<PublicUser | null>;
    byId(id: string): Promise<PublicUser | null>;
    /** Up to `limit` people whose name or username has these letters. */
    search(text: string, limit: number): Promise<PublicUser[]>;
    own(viewer: Viewer): Promise<OwnUser>;
    update(patch: UserPatch, viewer: Viewer): Promise<OwnUser>;
  };
  readonly accounts: {
    /** Null when the account is made, and waits for approval. */
    register(registration: Registration, meta: RequestMeta): Promise<Begun | null>;
    login(login: Login, meta: RequestMeta): Promise<Begun>;
    /** Ends the viewer's session; the cookie clears it in the browser. */
    logout(viewer: Viewer): Promise<Begun>;
    /** Ends the viewer's other sessions. Throws a Rejection: `wrong_password`, `weak_password`. */
    changePassword(change: PasswordChange, viewer: Viewer, cause: EventMetadata): Promise<void>;
  };
  readonly sessions: {
    list(viewer: Viewer): Promise<Session[]>;
    revoke(id: string, viewer: Viewer): Promise<void>;
  };
  search(query: string): Promise<{ tracks: Track[]; users: PublicUser[] }>;
}
