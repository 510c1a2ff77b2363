/** A track: its wire form, its life from bytes to music, and who may see it. */
import { z } from "zod";
import { may, type Role } from "./auth.ts";
import { type ErrorCode, ERRORS } from "./errors.ts";

export const VISIBILITIES = ["public", "unlisted", "private"] as const;
export const Visibility = z.enum(VISIBILITIES);
export type Visibility = z.infer<typeof Visibility>;

export const STATUSES = ["uploading", "processing", "playable", "ready", "failed"] as const;
export const TrackStatus = z.enum(STATUSES);
export type TrackStatus = z.infer<typeof TrackStatus>;

/** The stages of processing, in order (U5). `failed` may follow any. */
export const STAGES = [
  "received",
  "scanned",
  "probed",
  "measured",
  "segmenting",
  "playable",
  "ready",
] as const;
export const Stage = z.enum(STAGES);
export type Stage = z.infer<typeof Stage>;

const codes = Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]];
/** Why processing ended without music: a code of the error table, and a sentence. */
export const Failure = z.object({ code: z.enum(codes), detail: z.string() });
export type Failure = z.infer<typeof Failure>;

export const Loudness = z.object({
  /** Integrated loudness after EBU R128, in LUFS; null for silence. */
  integratedLufs: z.number().nullable(),
  /** True peak in dBTP; null for silence. */
  truePeakDb: z.number().nullable(),
  /** What playback renditions are raised by, in dB. */
  gainDb: z.number(),
});
export type Loudness = z.infer<typeof Loudness>;

export const Source = z.object({
  codec: z.string(),
  /** Hz */
  sampleRate: z.number().int(),
  channels: z.number().int(),
  bytes: z.number().int(),
  sha256: z.string(),
});
export type Source = z.infer<typeof Source>;

export const Track = z.object({
  id: z.string(),
  title: z.string(),
  artist: z.string(),
  creatorId: z.string(),
  creatorUsername: z.string(),
  genre: z.string(),
  description: z.string(),
  visibility: Visibility,
  /** Whether others may take it as a file; its owner always may. */
  downloadable: z.boolean(),
  status: TrackStatus,
  stage: Stage.nullable(),
  percent: z.number().min(0).max(100),
  failure: Failure.nullable(),
  durationMs: z.number().int().nullable(),
  loudness: Loudness.nullable(),
  source: Source.nullable(),
  streamUrl: z.string().nullable(),
  waveformUrl: z.string().nullable(),
  coverUrl: z.string().nullable(),
  /** How long these addresses are good from now on; null for ever. Ask for the track again then. */
  urlsEndInMs: z.number().int().nullable(),
  likeCount: z.number().int(),
  playCount: z.number().int(),
  commentCount: z.number().int(),
  createdAt: z.string(),
  updatedAt: z.string(),
});
export type Track = z.infer<typeof Track>;

export const TrackTitle = z.string().trim().min(1).max(200);

/** The text fields of an upload form; all may be left out and come in any order. */
export const TrackFields = z.strictObject({
  title: TrackTitle.optional(),
  artist: z.string().trim().max(200).optional(),
  genre: z.string().trim().max(60).default(""),
  description: z.string().trim().max(5_000).default(""),
  visibility: Visibility.default("public"),
  /** Whether others may take it as a file; text, for forms have nothing else. */
  downloadable: z.enum(["true", "false"]).default("true"),
});
export type TrackFields = z.infer<typeof TrackFields>;

export const TrackPatch = z.strictObject({
  title: TrackTitle.optional(),
  artist: z.string().trim().max(200).optional(),
  genre: z.string().trim().max(60).optional(),
  description: z.string().trim().max(5_000).optional(),
  visibility: Visibility.optional(),
  downloadable: z.boolean().optional(),
});
export type TrackPatch = z.infer<typeof TrackPatch>;

/** What the page is told while a file becomes music; `event: progress` of `tracks/{id}/events`. */
export const Progress = z.object({
  /** The version that it tells of; null once the track is gone. */
  uploadId: z.string().nullable(),
  stage: Stage.nullable(),
  /** 0 to 100 over all stages; never falls. */
  percent: z.number(),
  status: TrackStatus,
  failure: Failure.nullable(),
});
export type Progress = z.infer<typeof Progress>;

/** A version of a track: an upload of it. The track shows one of them, the `current`. */
export const TrackVersion = z.object({
  /** Of the upload. */
  id: z.string(),
  status: TrackStatus,
  stage: Stage.nullable(),
  percent: z.number(),
  failure: Failure.nullable(),
  current: z.boolean(),
  createdAt: z.string(),
  durationMs: z.number().int().nullable(),
  source: Source.nullable(),
  /** As the client named the file. */
  filename: z.string(),
});
export type TrackVersion = z.infer<typeof TrackVersion>;

/** `GET tracks/{id}/waveform`: peaks of the gained signal, both arrays `points` long. */
export const Waveform = z.object({
  durationMs: z.number().int(),
  points: z.number().int(),
  /** −1 to 0 each */
  min: z.array(z.number()),
  /** 0 to 1 each */
  max: z.array(z.number()),
});
export type Waveform = z.infer<typeof Waveform>;

/** A track with the places of its blobs, which no client sees. */
export interface StoredTrack extends Track {
  /** The upload that the track shows; null before the first. */
  readonly currentUploadId: string | null;
  /** Prefix of the renditions; null until the first segment can be played. */
  readonly mediaKey: string | null;
  /** Prefix of the waveforms; null until they are drawn. */
  readonly waveformKey: string | null;
  /** Prefix of the cover's sizes; null where there is none. */
  readonly coverKey: string | null;
}

/** The track as clients see it. */
export function publicTrack(of: StoredTrack): Track {
  const {
    currentUploadId: _upload,
    mediaKey: _media,
    waveformKey: _waveform,
    coverKey: _cover,
    ...track
  } = of;
  return track;
}

/** Who the creator is and how far the track may be seen: all that the rules below need. */
export interface TrackAccess {
  readonly creatorId: string;
  readonly visibility: Visibility;
}

/** Who looks, as far as these rules ask. */
type Onlooker =
  | { readonly kind: "guest" }
  | { readonly kind: "user"; readonly userId: string; readonly roles: readonly Role[] };

const owns = (viewer: Onlooker, track: TrackAccess) =>
  viewer.kind === "user" && viewer.userId === track.creatorId;
const moderates = (viewer: Onlooker) =>
  viewer.kind === "user" && may(viewer.roles, "tracks:delete-any");

/** Public and unlisted tracks are open to whoever has the address; private ones to their owner. */
export const maySee = (viewer: Onlooker, track: TrackAccess): boolean =>
  track.visibility !== "private" || owns(viewer, track) || moderates(viewer);
export const mayEdit = (viewer: Onlooker, track: TrackAccess): boolean => owns(viewer, track);
export const mayDelete = (viewer: Onlooker, track: TrackAccess): boolean =>
  owns(viewer, track) || moderates(viewer);

/** A title from a file's name: no path, no ending, underscores as spaces, never empty. */
export function titleFromFilename(filename: string): string {
  const base = filename.split(/[/\\]/).at(-1) ?? "";
  // deno-lint-ignore no-control-regex
  const plain = base.replace(/\.[^.]{1,8}$/, "").replace(/[\u0000-\u001f\u007f]/g, "")
    .replaceAll("_", " ").trim();
  return plain.slice(0, 200) || "Untitled";
}
