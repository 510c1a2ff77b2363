/** Audio made by ffmpeg for tests: real files of every kind that Veza takes. */

/** How each kind is encoded; the key is the file's ending. */
export const KINDS: Readonly<Record<string, readonly string[]>> = {
  wav: ["-c:a", "pcm_s16le"],
  flac: ["-c:a", "flac"],
  mp3: ["-c:a", "libmp3lame", "-b:a", "192k"],
  m4a: ["-c:a", "aac", "-b:a", "128k"],
  ogg: ["-c:a", "libvorbis"],
  opus: ["-c:a", "libopus"],
  aiff: ["-c:a", "pcm_s16be"],
};

/** Runs ffmpeg and answers with what it wrote to a file with this ending. */
export async function ffmpegMakes(
  ending: string,
  args: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const path = await Deno.makeTempFile({ suffix: `.${ending}` });
  try {
    const { success, stderr } = await new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-hide_banner", "-v", "error", "-y", ...args, path],
      stdin: "null",
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readFile(path);
  } finally {
    await Deno.remove(path);
  }
}

/** A chord of `seconds` that swells, in this kind of file, stereo at 44.1 kHz. */
export const song = (ending: string, seconds: number): Promise<Uint8Array<ArrayBuffer>> =>
  ffmpegMakes(ending, [
    "-f",
    "lavfi",
    "-i",
    `aevalsrc='0.3*sin(220*2*PI*t)*(0.3+0.7*t/${seconds})|0.3*sin(330*2*PI*t)':s=44100:d=${seconds}`,
    ...(KINDS[ending] ?? []),
  ]);

/**
 * What ffmpeg hears in a file with this ending: mono at 48 kHz, and the lines of its log that are
 * errors.
 */
export async function decoded(
  bytes: Uint8Array,
  ending: string,
): Promise<{ samples: Float32Array; errors: string[] }> {
  const path = await Deno.makeTempFile({ suffix: `.${ending}` });
  try {
    await Deno.writeFile(path, bytes);
    const { stdout, stderr } = await new Deno.Command("ffmpeg", {
      args: ["-nostdin", "-v", "error", "-i", path, "-ac", "1", "-ar", "48000", "-f", "f32le", "-"],
      stdin: "null",
    }).output();
    const errors = new TextDecoder().decode(stderr).split("\n").filter((line) => line !== "");
    return { samples: new Float32Array(stdout.slice().buffer), errors };
  } finally {
    await Deno.remove(path);
  }
}
