/** Where PCM is loud: onsets and ends, for tests that measure when something is heard. */

/** Spans in seconds in which mono samples are over -26 dB; pauses under 0.2 s are none. */
export function loudSpans(pcm: Float32Array, rate: number): [from: number, to: number][] {
  const spans: [number, number][] = [];
  const step = Math.round(rate / 100);
  for (let at = 0; at + step <= pcm.length; at += step) {
    const peak = pcm.subarray(at, at + step)
      .reduce((most, one) => Math.max(most, Math.abs(one)), 0);
    if (peak < 0.05) continue;
    const span = spans.at(-1);
    if (span && at / rate - span[1] < 0.2) span[1] = (at + step) / rate;
    else spans.push([at / rate, (at + step) / rate]);
  }
  return spans;
}
