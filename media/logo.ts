/** The site's logo: a picture received, checked and drawn like a cover, and handed on as bytes. */
import { join } from "node:path";
import { COVER_MAX_BYTES, type CoverSize } from "../domain/covers.ts";
import { Rejection } from "../domain/errors.ts";
import { makeCovers } from "./cover.ts";
import type { Tool } from "./ffmpeg.ts";
import { diskError } from "./files.ts";
import { workQueue } from "./work_queue.ts";

/** A logo in its sizes, square WebP; `version` names it. */
export interface Logo {
  readonly version: string;
  readonly pictures: Readonly<Record<CoverSize, Uint8Array>>;
}

/** A picture that is being received; disposing of it removes what came. */
export interface LogoWriter extends AsyncDisposable {
  /** Throws `too_large`, `disk_full`. */
  write(chunk: Uint8Array): Promise<void>;
  /** Null when nothing came: a form's field that was left empty. Throws `bad_image`, `busy`. */
  commit(): Promise<Logo | null>;
}

export interface LogoMaker extends AsyncDisposable {
  writer(): Promise<LogoWriter>;
}

/** `workDir` is scratch on this machine. */
export function logoMaker({ ffmpeg, workDir }: { ffmpeg: Tool; workDir: string }): LogoMaker {
  const queue = workQueue({ concurrency: 1, capacity: 10 });

  const draw = async (scratch: string, signal: AbortSignal): Promise<Logo> => {
    const outDir = join(scratch, "out");
    await Deno.mkdir(outDir);
    const made = await makeCovers(ffmpeg, { input: join(scratch, "picture"), outDir, signal });
    const pictures = await Promise.all(
      made.map(async ({ size, path }) => [size, await Deno.readFile(path)] as const),
    );
    return {
      version: crypto.randomUUID().slice(0, 8),
      pictures: Object.fromEntries(pictures) as Record<CoverSize, Uint8Array>,
    };
  };

  return {
    async writer() {
      const scratch = join(workDir, `logo-${crypto.randomUUID()}`);
      await Deno.mkdir(scratch, { recursive: true });
      const file = await Deno.open(join(scratch, "picture"), { write: true, createNew: true });
      let bytes = 0;
      let open = true;
      const close = () => {
        if (open) file.close();
        open = false;
      };
      return {
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
        async commit() {
          close();
          return bytes === 0 ? null : await queue.run((signal) => draw(scratch, signal));
        },
        async [Symbol.asyncDispose]() {
          close();
          await Deno.remove(scratch, { recursive: true });
        },
      };
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
