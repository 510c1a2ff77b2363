/** The cover of a track: made, kept among the blobs, and replaced (U9). */
import { join } from "node:path";
import { coverFile, coversFolder } from "../domain/blob_keys.ts";
import { isRejection, Rejection } from "../domain/errors.ts";
import type { Blobs } from "./blobs.ts";
import { makeCovers } from "./cover.ts";
import type { Tool } from "./ffmpeg.ts";
import { readMetadata } from "./metadata.ts";
import { openPicture, pictureIn } from "./picture_file.ts";
import { workQueue } from "./work_queue.ts";

/** The rows, as far as covers ask; `previous` is the key of the cover before. */
export interface CoverRows {
  /** The owner's choice; null when the track is gone. */
  choose(trackId: string, key: string | null): Promise<{ previous: string | null } | null>;
  /** What a file brought along; null when the owner has chosen, or the track is gone. */
  bring(trackId: string, key: string): Promise<{ previous: string | null } | null>;
  isOpen(trackId: string): Promise<boolean>;
}

/** A picture that is being received; nothing of it stays without a `commit`. */
export interface CoverWriter extends AsyncDisposable {
  /** Throws `too_large`, `disk_full`. */
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Makes it the cover that the owner chose. Throws `empty_file`, `bad_image`, `busy`, `disk_full`,
   * or `not_found` when the track went meanwhile.
   */
  commit(): Promise<void>;
}

export interface TrackCovers extends AsyncDisposable {
  writer(trackId: string): Promise<CoverWriter>;
  /** Takes the cover away, and keeps away what a file may bring along. */
  remove(trackId: string): Promise<void>;
  /**
   * Makes the picture inside a sound file the cover, unless the owner has chosen. Whether it did: a
   * picture that cannot be used is none. Throws the reason of `signal`, and outages.
   */
  bring(trackId: string, soundFile: string, signal: AbortSignal): Promise<boolean>;
}

export function trackCovers(
  { blobs, ffmpeg, workDir, rows, concurrency = 2, capacity = 50 }: {
    readonly blobs: Blobs;
    readonly ffmpeg: Tool;
    /** Scratch on this machine, best on the file system of the blobs. */
    readonly workDir: string;
    readonly rows: CoverRows;
    /** Pictures that are drawn at once. */
    readonly concurrency?: number;
    readonly capacity?: number;
  },
): TrackCovers {
  const queue = workQueue({ concurrency, capacity });

  /** Draws the sizes of a local picture and stores them; `take` makes them count. */
  const draw = async (
    trackId: string,
    scratch: string,
    signal: AbortSignal,
    take: (key: string) => Promise<{ previous: string | null } | null>,
  ): Promise<boolean> => {
    const outDir = join(scratch, "out");
    await Deno.mkdir(outDir);
    const covers = await makeCovers(ffmpeg, { input: pictureIn(scratch), outDir, signal });
    // a new name each time, so that what is at an address never changes
    const key = `${coversFolder(trackId)}/${crypto.randomUUID().slice(0, 8)}`;
    try {
      for (const { path, size } of covers) await blobs.adopt(path, coverFile(key, size));
    } catch (error) {
      await blobs.deletePrefix(key);
      throw error;
    }
    // when this throws, the row may name it all the same: then the collector finds out
    const taken = await take(key);
    const needless = taken ? taken.previous : key;
    if (needless !== null) await blobs.deletePrefix(needless);
    return taken !== null;
  };

  const makeScratch = async (): Promise<string> => {
    const scratch = join(workDir, `cover-${crypto.randomUUID()}`);
    await Deno.mkdir(scratch, { recursive: true });
    return scratch;
  };

  return {
    async writer(trackId) {
      const scratch = await makeScratch();
      const picture = await openPicture(scratch);
      return {
        write: picture.write,
        async commit() {
          picture.close();
          const taken = await queue.run((signal) =>
            draw(trackId, scratch, signal, (key) => rows.choose(trackId, key))
          );
          if (!taken) throw new Rejection("not_found", `No track ${trackId}`);
        },
        [Symbol.asyncDispose]: () => picture[Symbol.asyncDispose](),
      };
    },

    async remove(trackId) {
      const replaced = await rows.choose(trackId, null);
      if (!replaced) throw new Rejection("not_found", `No track ${trackId}`);
      if (replaced.previous) await blobs.deletePrefix(replaced.previous);
    },

    async bring(trackId, soundFile, signal) {
      if (!await rows.isOpen(trackId)) return false;
      const cover = (await readMetadata(soundFile, { signal }))?.cover;
      if (!cover) return false;
      const scratch = await makeScratch();
      try {
        await Deno.writeFile(pictureIn(scratch), cover.bytes);
        return await draw(trackId, scratch, signal, (key) => rows.bring(trackId, key));
      } catch (error) {
        if (isRejection(error, "bad_image")) return false;
        throw error;
      } finally {
        await Deno.remove(scratch, { recursive: true });
      }
    },

    [Symbol.asyncDispose]: () => queue[Symbol.asyncDispose](),
  };
}
