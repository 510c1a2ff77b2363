/** Silence as segments of HLS: what is listed, again and again, while a host is away (L6). */
import { join } from "node:path";
import { HLS_SHAPES, type HlsForm } from "../../domain/hls_form.ts";
import { run, type Tool } from "../ffmpeg.ts";
import { hlsArgs, writtenSegments } from "./hls_output.ts";
import type { Silence } from "./live_playlist.ts";
import { OPUS_RATE, OpusMux, SILENCE } from "./ogg_opus.ts";

/** What goes before its names: no connection of a host has epoch 0. */
const LABEL = "0-0-";
/** How much of it goes on without a break, in seconds: a grace (L6), and some more. */
const SECONDS = 36;

export const isSilence = (name: string): boolean => name.startsWith(LABEL);

export interface MadeSilence {
  readonly silence: Silence;
  /** By their names in a list. */
  readonly files: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Gives what is made once, when it is first asked for: it is the same for every stream. */
export function silenceMaker(
  options: { ffmpeg: Tool; workDir: string; form: HlsForm },
): () => Promise<MadeSilence> {
  let made: Promise<MadeSilence> | undefined;
  return () =>
    made ??= make(options).catch((error) => {
      made = undefined; // who asks next tries again
      throw error;
    });
}

async function make(
  { ffmpeg, workDir, form }: { ffmpeg: Tool; workDir: string; form: HlsForm },
): Promise<MadeSilence> {
  await Deno.mkdir(workDir, { recursive: true });
  const outDir = await Deno.makeTempDir({ dir: workDir, prefix: "silence-" });
  try {
    await run(ffmpeg, {
      kind: "live",
      feed: ReadableStream.from(pages()),
      inputArgs: ["-f", "ogg"],
      args: hlsArgs(form),
      outDir,
    });
    const { init } = HLS_SHAPES[form];
    // the last is shorter than the others
    const written = (await writtenSegments(outDir)).slice(0, -1);
    if (written.length === 0) throw new Error("ffmpeg has made no segment of silence");
    const names = [...init === null ? [] : [init], ...written.map(({ name }) => name)];
    const files = await Promise.all(names.map(async (name) => {
      const bytes = await Deno.readFile(join(outDir, name));
      return [LABEL + name, bytes] as const;
    }));
    return {
      silence: {
        init: init && LABEL + init,
        segments: written.map(({ name, seconds }) => ({ name: LABEL + name, seconds })),
      },
      files: new Map(files),
    };
  } finally {
    await Deno.remove(outDir, { recursive: true });
  }
}

/** As Opus in Ogg, which is what segments are made of. */
function pages(): Uint8Array<ArrayBuffer>[] {
  const mux = new OpusMux({ channels: 2, serial: 1 });
  const count = SECONDS * OPUS_RATE / SILENCE.samples;
  const heads = mux.heads([], 0);
  const sound = Array.from({ length: count }, () => mux.push(SILENCE.packet(2), SILENCE.samples));
  return [...heads, ...sound.flat(), ...mux.flush(true)] as Uint8Array<ArrayBuffer>[];
}
