/** Makes the file of a track: played in a thread, limited, tagged and encoded by ffmpeg, and kept. */
import { run, type Tool } from "../../media/ffmpeg.ts";
import { coverGraph } from "./covers.ts";
import type { RenderOrder } from "./render_worker.ts";
import { seeded, seedOf } from "./sound/random.ts";
import { RATE } from "./sound/stereo.ts";
import type { DemoTrack, FileKind } from "./tracks.ts";

/** A track with what depends on the run. */
export interface RenderTask {
  readonly track: DemoTrack;
  readonly artist: string;
  readonly seconds: number;
  readonly seed: number;
}

export interface Rendered {
  readonly path: string;
  /** It was there from an earlier run. */
  readonly kept: boolean;
}

export interface Renderer extends Disposable {
  /** One after the other: a piece takes about 100 MB. */
  render(task: RenderTask): Promise<Rendered>;
}

const CODECS: Readonly<Record<FileKind, readonly string[]>> = {
  wav: ["-c:a", "pcm_s16le"],
  flac: ["-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24"],
  mp3: ["-c:a", "libmp3lame", "-b:a", "256k", "-id3v2_version", "3"],
};
/**
 * Holds samples under −3.1 dB of full scale. Between samples the wave is higher, and MP3 adds some:
 * together about 2 dB in these pieces, so nothing comes over full scale.
 */
const LIMITER = "alimiter=limit=0.7:level=false:attack=4:release=80";
/** The source of the music: a change of it makes other files. */
const SOURCE = ["covers.ts", "render.ts", "pieces", "sound"];

async function* textOf(path: URL): AsyncGenerator<string> {
  if ((await Deno.stat(path)).isFile) {
    yield await Deno.readTextFile(path);
    return;
  }
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name).sort();
  for (const name of names) yield* textOf(new URL(`${path.href}/${name}`));
}

/** A short value for what the music is made of. */
async function versionOfSource(): Promise<string> {
  const parts: string[] = [];
  for (const path of SOURCE) {
    for await (const text of textOf(new URL(path, import.meta.url))) parts.push(text);
  }
  return await shortHash(parts.join("\0"));
}

async function shortHash(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return new Uint8Array(digest).toHex().slice(0, 16);
}

/** @param folder what was rendered is kept in it, and found again */
export async function openRenderer(
  { ffmpeg, folder }: { ffmpeg: Tool; folder: string },
): Promise<Renderer> {
  const version = await versionOfSource();
  const work = `${folder}/.work`;
  // an earlier run may have been ended in the middle
  await Deno.remove(work, { recursive: true }).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
  await Deno.mkdir(work, { recursive: true });
  const worker = new Worker(new URL("./render_worker.ts", import.meta.url), { type: "module" });

  const play = (order: RenderOrder) =>
    new Promise<Float32Array<ArrayBuffer>>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<Float32Array<ArrayBuffer>>) => resolve(event.data);
      worker.onerror = (event) => {
        event.preventDefault();
        reject(new Error(`The piece ${order.piece} failed: ${event.message}`));
      };
      worker.postMessage(order);
    });

  return {
    async render(task) {
      const { track, artist, seconds, seed } = task;
      const { piece, kind } = track;
      const name = await shortHash(JSON.stringify([version, task]));
      const path = `${folder}/${piece}-${name}.${kind}`;
      if (await Deno.stat(path).then(() => true, () => false)) return { path, kept: true };
      const own = seedOf(track.title, seed);
      const samples = await play({ piece, seconds, seed: own });
      await Deno.writeFile(`${work}/music.f32`, new Uint8Array(samples.buffer));
      const input = ["-y", "-f", "f32le", "-ar", String(RATE), "-ac", "2", "-i", "music.f32"];
      const order = (...args: string[]) => run(ffmpeg, { args: [...input, ...args], outDir: work });
      const sound = ["-map", "0:a", "-af", LIMITER, ...CODECS[kind]];
      if (kind === "wav") {
        await order(...sound, "made.wav");
      } else {
        const graph = `${coverGraph(track.cover, seeded(own))}[cover]`;
        const picture = ["-pix_fmt", "yuvj420p", "-q:v", "3", "cover.jpg"];
        await order("-filter_complex", graph, "-map", "[cover]", "-frames:v", "1", ...picture);
        const tags = Object.entries({ title: track.title, artist, genre: track.genre });
        await order(
          ...["-i", "cover.jpg", ...sound, "-map", "1:v", "-c:v", "copy"],
          ...["-disposition:v", "attached_pic", "-metadata:s:v", "comment=Cover (front)"],
          ...tags.flatMap(([key, value]) => ["-metadata", `${key}=${value}`]),
          `made.${kind}`,
        );
      }
      await Deno.rename(`${work}/made.${kind}`, path);
      await Deno.remove(`${work}/music.f32`);
      return { path, kept: false };
    },
    [Symbol.dispose]: () => worker.terminate(),
  };
}
