/** Pictures made by ffmpeg for tests, and sound files that carry one. */
import { ffmpegMakes } from "./audio.ts";

/** A picture of one colour in this kind of file. `size` in pixels, as `600x400`. */
export const picture = (
  ending: string,
  colour: string,
  size = "400x400",
): Promise<Uint8Array<ArrayBuffer>> =>
  ffmpegMakes(ending, [
    ...["-f", "lavfi", "-i", `color=c=${colour}:s=${size}`, "-frames:v", "1"],
    ...(ending === "webp" ? ["-c:v", "libwebp"] : []),
  ]);

/** An MP3 of one second whose tag has this picture as its front cover. */
export async function songWithCover(
  cover: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const path = await Deno.makeTempFile({ suffix: ".png" });
  try {
    await Deno.writeFile(path, cover);
    return await ffmpegMakes("mp3", [
      ...["-f", "lavfi", "-i", "sine=d=1", "-i", path, "-map", "0:a", "-map", "1:v"],
      ...["-c:a", "libmp3lame", "-b:a", "128k", "-c:v", "copy", "-id3v2_version", "3"],
      ...["-metadata:s:v", "comment=Cover (front)", "-disposition:v", "attached_pic"],
    ]);
  } finally {
    await Deno.remove(path);
  }
}

/** What ffprobe tells of a file, as JSON. */
export async function probed<T>(bytes: Uint8Array<ArrayBuffer>, ending: string): Promise<T> {
  const path = await Deno.makeTempFile({ suffix: `.${ending}` });
  try {
    await Deno.writeFile(path, bytes);
    const { success, stdout, stderr } = await new Deno.Command("ffprobe", {
      args: ["-v", "error", "-show_streams", "-show_format", "-of", "json", path],
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(path);
  }
}

/** Red, green and blue of the middle of a picture. */
export async function middle(bytes: Uint8Array<ArrayBuffer>, ending: string): Promise<number[]> {
  const path = await Deno.makeTempFile({ suffix: `.${ending}` });
  try {
    await Deno.writeFile(path, bytes);
    const { stdout } = await new Deno.Command("ffmpeg", {
      args: [
        ...["-v", "error", "-i", path, "-vf", "format=rgb24,scale=1:1", "-f", "rawvideo", "pipe:1"],
      ],
    }).output();
    return [...stdout.subarray(0, 3)];
  } finally {
    await Deno.remove(path);
  }
}
