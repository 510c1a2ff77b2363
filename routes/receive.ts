/** Takes an uploaded file in: bytes to the blobs, type by content, a track and an upload for it. */
import type { Context } from "hono";
import type { BlobStore } from "../media/blobs.ts";
import { Rejection } from "../domain/errors.ts";
import { titleFromFilename, TrackFields } from "../domain/tracks.ts";
import type { NewUpload, UploadStore } from "../db/uploads.ts";
import { newId } from "../services/ids.ts";
import { refuseInvalid, signedIn } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import { receiveForm } from "./multipart.ts";

export interface Receiver {
  /** Reads the form of a request by a signed-in caller; the bytes are answered for when it ends. */
  receive(c: Context<AppEnv>): Promise<{ trackId: string; uploadId: string }>;
}

/**
 * What `POST /api/v1/tracks` and the page's own form have in common.
 *
 * @param begin wakes the upload's actor; the row is there by then, so a failure loses nothing
 */
export function receiver(
  { blobs, uploads, displayName, sniff, begin, maxBytes }: {
    blobs: BlobStore;
    uploads: UploadStore;
    /** An account's name, for the artist of a track that names none. */
    displayName: (userId: string) => Promise<string>;
    /** Throws the refusal that the content deserves: `empty_file`, `not_audio`, `drm_protected`. */
    sniff: (blobKey: string) => Promise<void>;
    begin: (uploadId: string) => Promise<void>;
    maxBytes: number;
  },
): Receiver {
  return {
    async receive(c) {
      const { userId } = signedIn(c);
      const announced = Number(c.req.header("Content-Length") ?? 0);
      // the form itself takes some bytes; the file is counted exactly while it arrives
      if (announced > maxBytes + 1024 * 1024) {
        throw new Rejection("too_large", `At most ${maxBytes} bytes are taken`);
      }
      const trackId = newId();
      const uploadId = newId();
      const blobKey = `tracks/${trackId}/${uploadId}/original`;
      const undo = () => blobs.delete(blobKey);

      const { fields, filename, taken } = await receiveForm(c.req.raw, {
        take: ({ stream }) => blobs.put(blobKey, stream, { maxBytes }),
        undo,
      });
      try {
        await sniff(blobKey);
        const parsed = TrackFields.safeParse(fields);
        if (!parsed.success) refuseInvalid(parsed.error);
        const { title, artist, ...rest } = parsed.data;
        await uploads.create(
          {
            ...rest,
            id: uploadId,
            trackId,
            userId,
            filename: filename.slice(0, 400),
            title: title ?? titleFromFilename(filename),
            artist: artist || await displayName(userId),
            blobKey,
            bytes: taken.bytes,
            sha256: taken.sha256,
          } satisfies NewUpload,
        );
      } catch (error) {
        await undo();
        throw error;
      }
      await begin(uploadId);
      return { trackId, uploadId };
    },
  };
}
