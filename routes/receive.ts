/** Takes a file in as a form: what `POST /api/v1/tracks` and the page's own form have in common. */
import type { Viewer } from "../domain/auth.ts";
import type { Rejection } from "../domain/errors.ts";
import type { EventMetadata } from "../domain/events.ts";
import { quotaExceeded } from "../domain/quotas.ts";
import type { Blobs } from "../media/blobs.ts";
import type { Accepted, Admitted, Intake } from "./intake.ts";
import { type FileSink, receiveForm } from "./multipart.ts";

/** What a form takes beside its file, in bytes; the file is counted exactly while it arrives. */
const FORM_BYTES = 1024 * 1024;

export interface Receiver {
  /**
   * Reads the form of a signed-in caller; the bytes are answered for when this resolves.
   *
   * @param options `versionOf` is the track that the file is to be a version of; default: a new one
   */
  receive(
    request: Request,
    viewer: Viewer,
    options?: { readonly cause?: EventMetadata; readonly versionOf?: string },
  ): Promise<Accepted>;
}

/** Room for one file, kept until it is disposed of. */
interface Room extends Disposable {
  /** Bytes of the file, before it is known whether the account has the same ones already. */
  readonly most: number;
  /** Why there is not more. */
  readonly refusal: () => Rejection;
}

/** Refuses what goes on after there is no room. */
function within<T>({ most, refusal }: Room, sink: FileSink<T>): FileSink<T> {
  let bytes = 0;
  return {
    async write(chunk) {
      bytes += chunk.byteLength;
      if (bytes > most) throw refusal();
      await sink.write(chunk);
    },
    commit: () => sink.commit(),
    [Symbol.asyncDispose]: () => sink[Symbol.asyncDispose](),
  };
}

/** @param promised bytes that the caller's unfinished resumable uploads have announced */
export function receiver({ blobs, intake, promised }: {
  blobs: Blobs;
  intake: Intake;
  promised: (userId: string) => Promise<number>;
}): Receiver {
  /** Bytes that the forms under way may still bring, by account. */
  const coming = new Map<string, number>();

  /**
   * Keeps room in the quota, so that forms at once do not each count on the same. One whose size is
   * not announced gets all that it may take. Without a wait inside: none can come in between.
   */
  function roomFor({ userId, maxBytes, quota }: Admitted, announced: number | null): Room {
    const others = coming.get(userId) ?? 0;
    const used = others + (quota?.used ?? 0);
    const left = quota ? quota.limit - used : Infinity;
    const refusal = () => quotaExceeded({ used, limit: quota?.limit ?? 0, wanted: announced ?? 0 });
    if (left < Math.max(1, announced ?? 0)) throw refusal();
    const kept = announced ?? Math.min(maxBytes, left);
    coming.set(userId, others + kept);
    return {
      most: left + FORM_BYTES, // the commit decides to the byte; what is stored already needs none
      refusal,
      [Symbol.dispose]() {
        const rest = (coming.get(userId) ?? 0) - kept;
        if (rest > 0) coming.set(userId, rest);
        else coming.delete(userId);
      },
    };
  }

  return {
    async receive(request, viewer, { cause, versionOf } = {}) {
      const length = request.headers.get("Content-Length");
      const announced = length === null ? null : Math.max(0, Number(length) - FORM_BYTES);
      const others = viewer.kind === "user" ? await promised(viewer.userId) : 0;
      const admitted = await intake.admit(viewer, announced, others);
      const { userId, maxBytes } = admitted;
      using room = roomFor(admitted, announced);
      const place = intake.place(versionOf);
      const { fields, filename, taken } = await receiveForm(request, {
        open: async () => within(room, await blobs.writer(place.blobKey, { maxBytes })),
        maxBytes: maxBytes + FORM_BYTES,
      });
      return await intake.accept({ ...place, ...taken, userId, filename, fields, cause });
    },
  };
}
