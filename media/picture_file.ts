/** A picture that is being received into a scratch folder, no larger than a cover may be. */
import { join } from "node:path";
import { COVER_MAX_BYTES } from "../domain/covers.ts";
import { Rejection } from "../domain/errors.ts";
import { diskError } from "./files.ts";

/** Where the picture is in its scratch folder. */
export const pictureIn = (scratch: string): string => join(scratch, "picture");

/** Disposing of it removes the scratch folder with all that is in it. */
export interface PictureFile extends AsyncDisposable {
  /** How many have come. */
  readonly bytes: number;
  /** Throws `too_large`, `disk_full`. */
  write(chunk: Uint8Array): Promise<void>;
  /** Nothing more comes; may be called again. */
  close(): void;
}

/** Opens the picture in `scratch`, a folder of its own. */
export async function openPicture(scratch: string): Promise<PictureFile> {
  const file = await Deno.open(pictureIn(scratch), { write: true, createNew: true });
  let bytes = 0;
  let open = true;
  const close = () => {
    if (open) file.close();
    open = false;
  };
  return {
    get bytes() {
      return bytes;
    },
    async write(chunk) {
      bytes += chunk.byteLength;
      if (bytes > COVER_MAX_BYTES) {
        throw new Rejection("too_large", `A picture has at most ${COVER_MAX_BYTES} bytes`);
      }
      try {
        for (let at = 0; at < chunk.byteLength;) at += await file.write(chunk.subarray(at));
      } catch (error) {
        throw diskError(error);
      }
    },
    close,
    async [Symbol.asyncDispose]() {
      close();
      await Deno.remove(scratch, { recursive: true });
    },
  };
}
