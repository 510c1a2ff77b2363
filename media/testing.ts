/** Helpers of the media tests: scratch folders, real audio made by ffmpeg, and a look at /proc. */
import assert from "node:assert/strict";
import { type ErrorCode, Rejection } from "../domain/errors.ts";
import { type Blobs, diskBlobs } from "./blobs.ts";
import { run, type Tool } from "./ffmpeg.ts";
import { findFfmpeg } from "./find_ffmpeg.ts";
import type { Job, Report } from "./job.ts";
import { transcode, type TranscodeDeps } from "./transcode.ts";

/** Deno 2.9 leaves the sanitizers off unless a test asks for them. */
export const STRICT = { sanitizeOps: true, sanitizeResources: true };

let found: Promise<Tool> | undefined;
/** The ffmpeg of this machine, looked for once. */
export const theTool = (): Promise<Tool> => found ??= findFfmpeg();

export interface Scratch extends AsyncDisposable {
  readonly dir: string;
  path(name: string): string;
}

export async function scratchFolder(): Promise<Scratch> {
  const dir = await Deno.makeTempDir({ prefix: "veza-media-" });
  return {
    dir,
    path: (name) => `${dir}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(dir, { recursive: true }),
  };
}

/** Makes `name` in the scratch folder out of the lavfi graph `sound`; returns its path. */
export async function makeAudio(
  scratch: Scratch,
  name: string,
  sound: string,
  args: readonly string[] = [],
): Promise<string> {
  await run(await theTool(), {
    args: ["-y", "-f", "lavfi", "-i", sound, ...args, name],
    outDir: scratch.dir,
  });
  return scratch.path(name);
}

/** Integrated loudness and true peak as ffmpeg's own meter tells them; −70 for silence. */
export async function meter(path: string): Promise<{ lufs: number; peakDb: number }> {
  const { log } = await run(await theTool(), {
    input: path,
    args: ["-map", "0:a:0", "-af", "ebur128=peak=true:framelog=verbose", "-f", "null", "-"],
  });
  const last = (pattern: RegExp) => {
    const line = log.findLast((one) => pattern.test(one)) ?? "";
    return Number(pattern.exec(line)?.[1]);
  };
  return { lufs: last(/^\s*I:\s+(\S+) LUFS/), peakDb: last(/^\s*Peak:\s+(\S+) dBFS/) };
}

/** How long a file plays when it is decoded to its end, in milliseconds. */
export async function playedMs(path: string, sampleRate: number): Promise<number> {
  let bytes = 0;
  await run(await theTool(), {
    input: path,
    args: ["-map", "0:a:0", "-ac", "1", "-ar", String(sampleRate), "-f", "s16le", "pipe:1"],
    onOutput: (chunk) => void (bytes += chunk.length),
  });
  return bytes / 2 / sampleRate * 1_000;
}

/** A transcode of a local file in a store of its own. */
export interface Bench extends AsyncDisposable {
  readonly blobs: Blobs;
  readonly scratch: Scratch;
  readonly reports: Report[];
  go(path: string, more?: Partial<TranscodeDeps & Pick<Job, "maxSeconds">>): Promise<
    Awaited<ReturnType<typeof transcode>>
  >;
  /** A rendition's init and segments as one file that ffmpeg plays. */
  joined(name: string): Promise<string>;
  text(key: string): Promise<string>;
  /** Asserts that neither scratch nor a temporary file is left. */
  clean(): void;
}

export const PREFIX = "tracks/t1/1";

export async function transcodeBench(): Promise<Bench> {
  const scratch = await scratchFolder();
  const blobs = diskBlobs(scratch.path("media"));
  const reports: Report[] = [];
  const text = async (key: string) => new TextDecoder().decode(await blobs.read(key));
  return {
    blobs,
    scratch,
    reports,
    text,
    async go(path, { maxSeconds = 7_200, ...deps } = {}) {
      await blobs.put("sources/u1", (await Deno.open(path)).readable);
      const job: Job = {
        trackId: "t1",
        uploadId: "u1",
        attempt: 1,
        sourceKey: "sources/u1",
        outputPrefix: PREFIX,
        maxSeconds,
      };
      return await transcode(job, {
        blobs,
        ffmpeg: await theTool(),
        workDir: scratch.path("work"),
        report: (report) => void reports.push(report),
        ...deps,
      });
    },
    async joined(name) {
      const playlist = await text(`${PREFIX}/${name}/index.m3u8`);
      const init = /URI="([^"]+)"/.exec(playlist)?.[1];
      const segments = playlist.split("\n").filter((line) => /^seg-/.test(line));
      const parts = init === undefined ? segments : [init, ...segments];
      const path = scratch.path(`${name}.${init === undefined ? "ts" : "mp4"}`);
      using file = await Deno.open(path, { write: true, create: true, truncate: true });
      for (const part of parts) {
        await file.write(await blobs.read(`${PREFIX}/${name}/${part}`));
      }
      return path;
    },
    clean() {
      assert.deepEqual([...Deno.readDirSync(scratch.path("work"))], []);
      assert.deepEqual([...Deno.readDirSync(scratch.path("media/.tmp"))], []);
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

/** Asserts that `work` ends in a refusal with this code; returns its sentence. */
export async function refused(work: Promise<unknown>, code: ErrorCode): Promise<string> {
  const error = await work.then((value) => ({ value }), (reason: unknown) => reason);
  assert.ok(error instanceof Rejection, `wanted ${code}, but got ${Deno.inspect(error)}`);
  assert.equal(error.code, code, error.message);
  return error.message;
}

/** Ids of the processes whose command line holds `mark`. */
export function processesWith(mark: string): number[] {
  return [...Deno.readDirSync("/proc")].map((entry) => Number(entry.name)).filter((pid) => {
    if (!pid || pid === Deno.pid) return false;
    try {
      return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes(mark);
    } catch {
      // It ended while we looked.
      return false;
    }
  });
}

/** Waits until `met` says so, at most `ms` milliseconds. */
export async function until(met: () => boolean, what: string, ms = 5_000): Promise<void> {
  const end = performance.now() + ms;
  while (!met()) {
    assert.ok(performance.now() < end, `waited ${ms} ms in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
