/** Live streams as the REST interface gives them and takes them, and who may see and host them. */
import { z } from "zod";
import { may, type Role } from "./auth.ts";
import { Id } from "./ids.ts";
import { TAKE_STATES } from "./recordings.ts";
import { storable } from "./storable.ts";
import { Visibility } from "./tracks.ts";

/**
 * `idle` has not begun; `live` has a host, or has been started and waits for one; `reconnecting` has
 * lost its host and waits; `ended` is final.
 */
export const LIVE_STATUSES = ["idle", "live", "reconnecting", "ended"] as const;
export const LiveStatus = z.enum(LIVE_STATUSES);
export type LiveStatus = z.infer<typeof LiveStatus>;

/** How the host sends: from a page of ours, or by Icecast's source protocol. */
export const VIAS = ["browser", "encoder"] as const;
export type Via = (typeof VIAS)[number];

/** What a host's program sends. `webm` are chunks of a browser's MediaRecorder. */
export const SOURCE_CODECS = ["opus", "vorbis", "mp3", "aac", "webm"] as const;

/** What comes from a host, as it was told at its beginning. */
export interface Source {
  readonly codec: (typeof SOURCE_CODECS)[number];
  readonly channels: 1 | 2;
  /** Samples per channel of a frame, at 48 kHz for Opus; 0 where they differ. */
  readonly frameSamples: number;
  /** Samples a second that its packets are counted in, in Hz; 48,000 where it is not said. */
  readonly rate?: number;
  /** What a decoder needs before the first packet, such as the head packets of Ogg. */
  readonly headers?: readonly Uint8Array[];
}

const LiveTitle = z.string().trim().min(1).max(200).check(storable);
const description = z.string().trim().max(5_000).check(storable);

export const NewLive = z.strictObject({
  title: LiveTitle,
  description: description.default(""),
  /** Whether it becomes a track when it ends (L7). */
  record: z.boolean().default(false),
  visibility: Visibility.default("public"),
  scheduledAt: z.iso.datetime().nullable().default(null),
});
export type NewLive = z.infer<typeof NewLive>;

export const LivePatch = z.strictObject({
  title: LiveTitle.optional(),
  description: description.optional(),
  record: z.boolean().optional(),
  visibility: Visibility.optional(),
  scheduledAt: z.iso.datetime().nullable().optional(),
  /** Who may take over from the host, without a cut (L6). */
  coHostId: Id.nullable().optional(),
});
export type LivePatch = z.infer<typeof LivePatch>;

/** Where a host's program sends to. */
export const EncoderAddress = z.object({
  url: z.string(),
  user: z.string(),
  key: z.string(),
});

const Named = z.object({ id: z.string(), username: z.string(), displayName: z.string() });

export const LiveView = z.object({
  id: z.string(),
  title: z.string(),
  description: z.string(),
  status: LiveStatus,
  visibility: Visibility,
  record: z.boolean(),
  hostId: z.string(),
  host: Named,
  /** Null for all but the host, and whom they have invited to take over (L6). */
  coHostId: z.string().nullable(),
  coHost: Named.extend({
    maySend: z.boolean().meta({
      description:
        "Whether they have the right to go live; else they are to become a creator first",
    }),
  }).nullable(),
  /** Who is heard now: the host, or who has taken over from them. */
  onAir: Named.nullable(),
  /** What listeners get; null while nobody is on air. */
  sound: z.object({
    codec: z.literal("opus"),
    channels: z.number().int(),
    bitrate: z.number().int().meta({ description: "Bits a second; 0 before it was measured" }),
  }).nullable(),
  roomId: z.string(),
  recordingTrackId: z.string().nullable(),
  /** Null for all but the host, and where nothing was recorded. */
  recordingState: z.enum(TAKE_STATES).nullable().meta({
    description: "What has become of the recording. `open`: it is made. `closing`: the stream is " +
      "over, and it is put together. `done`: it is a track. `empty`: there was nothing to keep. " +
      "`failed`: it could not be put together; all of it is kept, for an administrator to try again",
  }),
  scheduledAt: z.string().nullable(),
  startedAt: z.string().nullable(),
  endedAt: z.string().nullable(),
  createdAt: z.string(),
  /** How many listen, on all nodes; 0 while it is not on air. */
  listeners: z.number().int(),
  /** Null for those who may not host it. */
  publishUrl: z.string().nullable(),
  listenUrl: z.string(),
  hlsUrl: z.string(),
  httpUrls: z.object({ opus: z.string(), mp3: z.string() }),
  /** How long these three open a private stream, for players that cannot sign in; null: always. */
  urlsEndInMs: z.number().int().nullable(),
  /** Null for all but the host: the key is in it. */
  encoder: EncoderAddress.nullable(),
}).meta({ id: "LiveStream" });
export type LiveView = z.infer<typeof LiveView>;

/**
 * Of a recording that is made. `interrupted`: what comes now is not stored, and is lost unless that
 * is mended soon; `full`: it has all that it may have.
 */
export const RECORDING_STATES = ["recording", "interrupted", "full"] as const;
export type RecordingState = (typeof RECORDING_STATES)[number];

/** How it goes, for its host. */
export const LiveStats = z.object({
  status: LiveStatus,
  epoch: z.number().int().meta({ description: "One for each connection of a host" }),
  via: z.enum(VIAS).nullable(),
  codec: z.enum(SOURCE_CODECS).nullable(),
  channels: z.number().int().nullable(),
  listeners: z.number().int(),
  peakListeners: z.number().int(),
  bitrate: z.number().int().meta({ description: "Bits a second, over the last seconds" }),
  framesReceived: z.number().int().meta({ description: "Of this connection" }),
  framesMissing: z.number().int().meta({ description: "Left out by the host, of this connection" }),
  framesRefused: z.number().int().meta({ description: "Wrong, or too many, of this connection" }),
  missingMs: z.number().int().meta({
    description: "Left out by the host since the stream began, also while they were away; in ms " +
      "of sound, of which the recording has silence",
  }),
  recording: z.enum(RECORDING_STATES).nullable().meta({
    description: "`interrupted`: what comes now is not stored, and is lost unless that is mended " +
      "soon. `full`: it has all that it may have. null: nothing is recorded",
  }),
  /** Since when the recording goes as it does. */
  recordingSince: z.string().nullable(),
  hands: z.array(Named.extend({ raisedAt: z.string() })).meta({
    description: "Of listeners, in the order in which they were raised",
  }),
  /** Milliseconds since the last frame; null while there is none. */
  silentMs: z.number().int().nullable(),
  startedAt: z.string().nullable(),
  durationMs: z.number().int(),
}).meta({ id: "LiveStats" });
export type LiveStats = z.infer<typeof LiveStats>;

/** Who looks, as far as these rules ask. */
type Onlooker =
  | { readonly kind: "guest" }
  | { readonly kind: "user"; readonly userId: string; readonly roles: readonly Role[] };

/** All that these rules need of a stream. */
export interface LiveAccess {
  readonly hostId: string;
  readonly coHostId: string | null;
  readonly visibility: Visibility;
}

export const isHost = (viewer: Onlooker, stream: Pick<LiveAccess, "hostId">): boolean =>
  viewer.kind === "user" && viewer.userId === stream.hostId;
const isCoHost = (viewer: Onlooker, stream: LiveAccess) =>
  viewer.kind === "user" && viewer.userId === stream.coHostId;
const moderates = (viewer: Onlooker) =>
  viewer.kind === "user" && may(viewer.roles, "live:stop-any");

/** Public and unlisted streams are open to whoever has the address. */
export const maySeeLive = (viewer: Onlooker, stream: LiveAccess): boolean =>
  stream.visibility !== "private" || isHost(viewer, stream) || isCoHost(viewer, stream) ||
  moderates(viewer);
/** Going on air also takes the right `live:host` (S4). */
export const mayPublish = (viewer: Onlooker, stream: LiveAccess): boolean =>
  isHost(viewer, stream) || isCoHost(viewer, stream);
export const mayStopLive = (viewer: Onlooker, stream: LiveAccess): boolean =>
  isHost(viewer, stream) || moderates(viewer);
/** Numbers of its health. */
export const mayInspectLive = (viewer: Onlooker, stream: LiveAccess): boolean =>
  mayPublish(viewer, stream) || moderates(viewer);
