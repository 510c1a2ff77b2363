/** Takes a file in as a form: what `POST /api/v1/tracks` and the page's own form have in common. */
import type { Viewer } from "../domain/auth.ts";
import type { Blobs } from "../media/blobs.ts";
import type { Accepted, Intake } from "./intake.ts";
import { receiveForm } from "./multipart.ts";

/** What a form takes beside its file, in bytes; the file is counted exactly while it arrives. */
const FORM_BYTES = 1024 * 1024;

export interface Receiver {
  /**
   * Reads the form of a signed-in caller; the bytes are answered for when this resolves.
   *
   * @param versionOf the track that the file is to be a version of; default: a new one
   */
  receive(request: Request, viewer: Viewer, versionOf?: string): Promise<Accepted>;
}

export function receiver({ blobs, intake }: { blobs: Blobs; intake: Intake }): Receiver {
  return {
    async receive(request, viewer, versionOf) {
      const announced = Number(request.headers.get("Content-Length") ?? 0);
      const { userId, maxBytes } = await intake.admit(viewer, Math.max(0, announced - FORM_BYTES));
      const place = intake.place(versionOf);
      const { fields, filename, taken } = await receiveForm(request, {
        open: () => blobs.writer(place.blobKey, { maxBytes }),
        maxBytes: maxBytes + FORM_BYTES,
      });
      return await intake.accept({ ...place, ...taken, userId, filename, fields });
    },
  };
}
