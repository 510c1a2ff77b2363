/** An upload that comes in pieces: its wire form, and what its client may say of it (U3). */
import { z } from "zod";
import { type ErrorCode, Rejection } from "./errors.ts";
import { Failure } from "./tracks.ts";

/** An account may have this many unfinished uploads: a few albums, and not a disk full of nothing. */
export const MOST_UNFINISHED = 100;

/**
 * Refusals that are the file's own, or of what its client says of it: they will be the same at any
 * time and on any node. All others pass with the hour, and what has come is kept for them.
 */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  ...["empty_file", "not_audio", "drm_protected", "corrupt", "infected"] as const,
  ...["too_large", "too_long", "invalid"] as const,
]);
export const isFinal = (error: unknown): error is Rejection =>
  error instanceof Rejection && FINAL.has(error.code);

/** What a client says of its file (`Upload-Metadata`): name to text, or null for a bare name. */
export type UploadMetadata = Readonly<Record<string, string | null>>;

/** A track of the same account with the same bytes (U4). */
export const DuplicateOf = z.object({ id: z.string(), title: z.string(), createdAt: z.string() });
export type DuplicateOf = z.infer<typeof DuplicateOf>;

/** `GET uploads/{id}`. `offset` are the bytes that are safe on disk, of `length`. */
export const UploadState = z.object({
  id: z.string(),
  /** What it has become. */
  trackId: z.string().nullable(),
  status: z.enum(["receiving", "accepted", "refused"]),
  offset: z.number().int(),
  length: z.number().int(),
  filename: z.string(),
  title: z.string().nullable(),
  failure: Failure.nullable(),
  duplicateOf: DuplicateOf.nullable(),
  /** When it is forgotten if nothing more comes; null when it is a track's for good. */
  expiresAt: z.string().nullable(),
  createdAt: z.string(),
});
export type UploadState = z.infer<typeof UploadState>;

/** Names by which clients tell of the file and not of the track: `name` and `type` are Uppy's. */
const OF_THE_FILE = ["filename", "filetype", "name", "type", "relativePath"];
const LONGEST_FILENAME = 400;

/** The file's name as the client gave it, and the fields for its track, unchecked. */
export function splitMetadata(metadata: UploadMetadata) {
  const filename = (metadata.filename ?? metadata.name ?? "").slice(0, LONGEST_FILENAME);
  const fields = Object.fromEntries(
    Object.entries(metadata)
      .filter(([name]) => !OF_THE_FILE.includes(name))
      .map(([name, value]) => [name, value ?? ""]),
  );
  return { filename, fields };
}

/** Bytes of a digest, by the algorithms that are taken; tus asks for sha1 at least. */
const DIGESTS = { sha256: 32, sha1: 20 } as const;
export type ChecksumAlgorithm = keyof typeof DIGESTS;
export const CHECKSUM_ALGORITHMS = Object.keys(DIGESTS) as ChecksumAlgorithm[];

/** What the bytes of one request must hash to. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** In base64. */
  readonly digest: string;
}

/**
 * Reads `Upload-Checksum: sha256 <base64>`.
 *
 * @throws {Rejection} `bad_request`
 */
export function parseChecksum(header: string): Checksum {
  const [name = "", digest = "", ...rest] = header.trim().split(/ +/);
  const algorithm = CHECKSUM_ALGORITHMS.find((known) => known === name.toLowerCase());
  if (!algorithm) {
    const known = CHECKSUM_ALGORITHMS.join(" and ");
    throw new Rejection("bad_request", `The checksum "${name}" is not known here, but ${known}`);
  }
  const bytes = DIGESTS[algorithm];
  const isBase64 = /^[A-Za-z0-9+/]+={0,2}$/.test(digest) && digest.length % 4 === 0;
  if (rest.length > 0 || !isBase64 || atob(digest).length !== bytes) {
    throw new Rejection("bad_request", `Upload-Checksum wants ${bytes} bytes in base64`);
  }
  return { algorithm, digest };
}
