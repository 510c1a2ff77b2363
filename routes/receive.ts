/** Takes an uploaded file in: bytes to the blobs, type by content, a track and an upload for it. */
import type { Blobs } from "../media/blobs.ts";
import { demand, type Viewer } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { titleFromFilename, TrackFields } from "../domain/tracks.ts";
import type { NewUpload, UploadStore } from "../db/uploads.ts";
import { refuseInvalid } from "./endpoint.ts";
import { receiveForm } from "./multipart.ts";

/** What a form takes beside its file, in bytes; the file is counted exactly while it arrives. */
const FORM_BYTES = 1024 * 1024;

export interface Receiver {
  /** Reads the form of a signed-in caller; the bytes are answered for when this resolves. */
  receive(request: Request, viewer: Viewer): Promise<{ trackId: string; uploadId: string }>;
}

/**
 * What `POST /api/v1/tracks` and the page's own form have in common.
 *
 * @param begin wakes the upload's actor; the row is there by then, so a failure loses nothing
 */
export function receiver(
  { blobs, uploads, newId, displayName, sniff, tags, begin, maxBytes }: {
    blobs: Blobs;
    uploads: UploadStore;
    newId: () => string;
    /** An account's name, for the artist of a track that names none. */
    displayName: (userId: string) => Promise<string>;
    /** Throws the refusal that the content deserves: `empty_file`, `not_audio`, `drm_protected`. */
    sniff: (blobKey: string) => Promise<void>;
    /** What the file says of itself, cleaned; null when it says nothing. */
    tags: (blobKey: string) => Promise<
      { title: string | null; artist: string | null; genre: string | null } | null
    >;
    begin: (uploadId: string) => Promise<void>;
    maxBytes: number;
  },
): Receiver {
  return {
    async receive(request, viewer) {
      demand(viewer, "tracks:create");
      if (viewer.kind === "guest") throw new Rejection("unauthenticated");
      const { userId } = viewer;
      const announced = Number(request.headers.get("Content-Length") ?? 0);
      if (announced > maxBytes + FORM_BYTES) {
        throw new Rejection("too_large", `At most ${maxBytes} bytes are taken`);
      }
      const trackId = newId();
      const uploadId = newId();
      const blobKey = `tracks/${trackId}/${uploadId}/original`;
      const undo = () => blobs.deletePrefix(`tracks/${trackId}`);

      const { fields, filename, taken } = await receiveForm(request, {
        take: ({ stream }) => blobs.put(blobKey, stream, { maxBytes }),
        undo,
        maxBytes: maxBytes + FORM_BYTES,
      });
      try {
        await sniff(blobKey);
        // a form that nobody filled in sends empty fields
        const filled = Object.entries(fields).filter(([, value]) => value.trim() !== "");
        const parsed = TrackFields.safeParse(Object.fromEntries(filled));
        if (!parsed.success) refuseInvalid(parsed.error);
        const { title, artist, genre, ...rest } = parsed.data;
        const tagged = await tags(blobKey);
        await uploads.create(
          {
            ...rest,
            id: uploadId,
            trackId,
            userId,
            // deno-lint-ignore no-control-regex
            filename: filename.replace(/[\u0000-\u001f\u007f]/g, "").slice(0, 400),
            title: title ?? tagged?.title ?? titleFromFilename(filename),
            artist: artist ?? tagged?.artist ?? await displayName(userId),
            genre: genre || (tagged?.genre ?? ""),
            blobKey,
            bytes: taken.bytes,
            sha256: taken.sha256,
          } satisfies NewUpload,
        );
      } catch (error) {
        // an outage in the middle of the commit: the rows may be there, and then the bytes must be
        if (!await uploads.mayExist(uploadId)) await undo();
        throw error;
      }
      await begin(uploadId);
      return { trackId, uploadId };
    },
  };
}
