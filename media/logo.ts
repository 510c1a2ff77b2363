/** The site's logo: a picture received, checked and drawn like a cover, and handed on as bytes. */
import { join } from "node:path";
import type { CoverSize } from "../domain/covers.ts";
import { makeCovers } from "./cover.ts";
import type { Tool } from "./ffmpeg.ts";
import { openPicture, pictureIn } from "./picture_file.ts";
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
    const made = await makeCovers(ffmpeg, { input: pictureIn(scratch), outDir, signal });
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
      const picture = await openPicture(scratch);
      return {
        write: picture.write,
        async commit() {
          picture.close();
          return picture.bytes === 0 ? null : await queue.run((signal) => draw(scratch, signal));
        },
        [Symbol.asyncDispose]: () => picture[Symbol.asyncDispose](),
      };
    },
    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
