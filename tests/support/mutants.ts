/** Damaged music: files of every kind that Veza takes, mutated by zzuf, each the same every time. */
import { ffmpegMakes, KINDS } from "./audio.ts";

export interface Mutant {
  /** The line that makes it again out of the file before it was damaged. */
  readonly name: string;
  readonly filename: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Shares of bits that are changed: from a spot here and there to next to nothing left. */
const RATIOS = ["0.00004", "0.0004", "0.004", "0.03"];
/** Where: everywhere, or in the head only, which has the sizes, counts and tags. */
const RANGES = [[], ["-b", "0-4096"], ["-b", "0-512"]];

/** A second of sound as each kind, with tags and a cover where the kind can have one. */
export async function healthySongs(tag: string): Promise<Map<string, Uint8Array<ArrayBuffer>>> {
  const cover = await Deno.makeTempFile({ suffix: ".png" });
  try {
    const red = ["-f", "lavfi", "-i", "color=red:s=48x48", "-frames:v", "1"];
    await Deno.writeFile(cover, await ffmpegMakes("png", red));
    const sound = ["-f", "lavfi", "-i", "aevalsrc='0.3*sin(660*t)|0.3*sin(990*t)':s=44100:d=1"];
    const tags = ["title", "artist", "album", "comment"].flatMap((one) => [
      "-metadata",
      `${one}=${tag}`,
    ]);
    const picture = ["-i", cover, "-map", "0:a", "-map", "1:v", "-disposition:v", "attached_pic"];
    const made = new Map<string, Uint8Array<ArrayBuffer>>();
    const make = async (name: string, codec: readonly string[], more: readonly string[] = []) => {
      const ending = name.slice(name.lastIndexOf(".") + 1);
      made.set(name, await ffmpegMakes(ending, [...sound, ...more, ...codec, ...tags]));
    };
    const { wav = [], aiff = [], flac = [], mp3 = [], m4a = [], ogg = [], opus = [] } = KINDS;
    await make("a.wav", [...wav, "-write_id3v2", "1"]);
    await make("a.aiff", [...aiff, "-write_id3v2", "1"], picture);
    await make("a.flac", flac, picture);
    await make("a.mp3", mp3, [...picture, "-c:v", "copy"]);
    await make("a.m4a", m4a, [...picture, "-c:v", "copy"]);
    await make("alac.m4a", ["-c:a", "alac"], [...picture, "-c:v", "copy"]);
    await make("a.aac", m4a);
    await make("a.ogg", ogg);
    await make("a.opus", opus);
    return made;
  } finally {
    await Deno.remove(cover);
  }
}

/** The mutant with this number: kind, place and amount of damage follow from it. */
export async function mutant(
  songs: ReadonlyMap<string, Uint8Array<ArrayBuffer>>,
  number: number,
): Promise<Mutant> {
  const names = [...songs.keys()];
  const filename = names[number % names.length]!;
  const turn = Math.floor(number / names.length);
  const ratio = RATIOS[turn % RATIOS.length]!;
  const range = RANGES[Math.floor(turn / RATIOS.length) % RANGES.length]!;
  const args = ["-s", String(number), "-r", ratio, ...range];
  const child = new Deno.Command("zzuf", {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const writer = child.stdin.getWriter();
  const written = writer.write(songs.get(filename)!).then(() => writer.close());
  const { stdout, success } = await child.output();
  await written;
  const name = `zzuf ${args.join(" ")} <${filename}`;
  if (!success) throw new Error(`${name} failed`);
  return { name, filename, bytes: stdout };
}
