/** Sound for benches: not music, but no easier for an encoder than music is. */

/** Tones in Hz, each with its own slow swell in Hz: three voices, spread over the stereo field. */
const VOICES = [[110, 0.11], [277.2, 0.7], [659.3, 1.9], [1_975.5, 4.1]] as const;

/**
 * Writes `seconds` of stereo WAV at 44.1 kHz in 16 bits: tones that swell, and in each ear its own
 * pink noise with a beat, the same bytes each time. FLAC makes about 0.65 of it, as of music.
 */
export async function makeSound(path: string, seconds: number): Promise<void> {
  const noise = (seed: number) => `anoisesrc=c=pink:r=44100:a=0.25:seed=${seed}:d=${seconds}`;
  const tones = VOICES.map(([hz]) => `sine=f=${hz}:r=44100:d=${seconds}`);
  const sources = [...tones, noise(1), noise(2)].flatMap((one) => ["-f", "lavfi", "-i", one]);
  const swells = VOICES.map(([, swell], at) =>
    `[${at}]tremolo=f=${swell}:d=0.8,volume=0.6[t${at}]`
  );
  const first = VOICES.length;
  const filters = [
    ...swells,
    `[${first}]tremolo=f=2:d=0.9[n0]`,
    `[${first + 1}]tremolo=f=4:d=0.7[n1]`,
    "[t0][t1]amix=2:normalize=0,asplit[low0][low1]",
    "[low0][t2][n0]amix=3:normalize=0[l]",
    "[low1][t3][n1]amix=3:normalize=0[r]",
    "[l][r]join=inputs=2:channel_layout=stereo,volume=0.8",
  ];
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-nostdin", "-hide_banner", "-v", "error", "-y", "-bitexact", ...sources],
      ...["-filter_complex", filters.join(";"), "-c:a", "pcm_s16le", path],
    ],
    stdin: "null",
  }).spawn().status;
  if (!success) throw new Error(`ffmpeg could not make ${path}`);
}
