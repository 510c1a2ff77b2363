/** PCM to peaks: the picture of a track, in audiowaveform's binary form (U9). */

/** Peaks at three zooms, finest first: frames a pixel at up to 48 kHz. */
const ZOOMS = [256, 2_048, 16_384] as const;
/** Bytes of a version 2 header: version, flags, rate, samples per pixel, length, channels. */
const HEADER = 24;

/** Gathers peaks from interleaved 32-bit floats; holds 8 bytes for each pixel and no PCM. */
export interface PeakCollector {
  /** Takes the next bytes, little-endian; a chunk may end inside a sample. */
  take(bytes: Uint8Array<ArrayBuffer>): void;
  /** Frames (samples of one channel) so far. */
  readonly frames: number;
  /** The largest magnitude so far, 1 being full scale. */
  readonly peak: number;
  /** The `.dat` files, finest first, of the signal raised by `gainDb` and clipped. */
  finish(gainDb: number): Uint8Array<ArrayBuffer>[];
}

/**
 * Peaks over all channels together: the smallest and largest sample of any of them, so that two
 * channels in opposite phase do not look silent. `sampleRate` in Hz.
 */
export function collectPeaks(sampleRate: number, channels: number): PeakCollector {
  // Higher rates get more frames a pixel, so that memory depends on the duration alone.
  const scale = Math.max(1, Math.ceil(sampleRate / 48_000));
  const perPixel = ZOOMS[0] * scale;
  const perPixelSamples = perPixel * channels;
  let mins = new Float32Array(4_096);
  let maxs = new Float32Array(4_096);
  let pixels = 0;
  let low = Infinity;
  let high = -Infinity;
  let inPixel = 0;
  let samples = 0;
  let peak = 0;
  let carry = new Uint8Array(0);

  const close = () => {
    if (pixels === mins.length) {
      mins = grown(mins);
      maxs = grown(maxs);
    }
    mins[pixels] = low;
    maxs[pixels] = high;
    pixels++;
    peak = Math.max(peak, -low, high);
    low = Infinity;
    high = -Infinity;
    inPixel = 0;
  };

  return {
    get frames() {
      return Math.floor(samples / channels);
    },
    get peak() {
      return Math.max(peak, -low, high, 0);
    },
    take(bytes) {
      let whole = bytes;
      if (carry.length > 0 || bytes.byteOffset % 4 !== 0) {
        whole = new Uint8Array(carry.length + bytes.length);
        whole.set(carry);
        whole.set(bytes, carry.length);
      }
      const count = Math.floor(whole.length / 4);
      carry = whole.slice(count * 4);
      const values = new Float32Array(whole.buffer, whole.byteOffset, count);
      samples += count;
      for (let at = 0; at < count;) {
        const end = Math.min(count, at + perPixelSamples - inPixel);
        inPixel += end - at;
        // Local copies: the loop below sees every sample of every track.
        let least = low, most = high;
        for (; at < end; at++) {
          const value = values[at]!;
          if (value < least) least = value;
          if (value > most) most = value;
        }
        low = least;
        high = most;
        if (inPixel === perPixelSamples) close();
      }
    },
    finish(gainDb) {
      if (inPixel > 0) close();
      const gain = 10 ** (gainDb / 20);
      return ZOOMS.map((zoom) => {
        const group = zoom / ZOOMS[0];
        return encode(sampleRate, zoom * scale, mins, maxs, pixels, group, gain);
      });
    },
  };
}

function grown(array: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const larger = new Float32Array(array.length * 2);
  larger.set(array);
  return larger;
}

function encode(
  sampleRate: number,
  perPixel: number,
  mins: Float32Array,
  maxs: Float32Array,
  pixels: number,
  group: number,
  gain: number,
): Uint8Array<ArrayBuffer> {
  const length = Math.ceil(pixels / group);
  const view = new DataView(new ArrayBuffer(HEADER + length * 2));
  view.setInt32(0, 2, true);
  view.setUint32(4, 1, true); // flags: 8 bit
  view.setInt32(8, sampleRate, true);
  view.setInt32(12, perPixel, true);
  view.setUint32(16, length, true);
  view.setInt32(20, 1, true); // channels
  for (let at = 0; at < length; at++) {
    let low = Infinity, high = -Infinity;
    for (let one = at * group; one < Math.min(pixels, (at + 1) * group); one++) {
      low = Math.min(low, mins[one]!);
      high = Math.max(high, maxs[one]!);
    }
    view.setInt8(HEADER + at * 2, eightBit(low * gain));
    view.setInt8(HEADER + at * 2 + 1, eightBit(high * gain));
  }
  return new Uint8Array(view.buffer);
}

const eightBit = (value: number) => Math.max(-128, Math.min(127, Math.round(value * 128))) || 0;

/** Peaks for a picture `points` wide: `min` from −1 to 0, `max` from 0 to 1. */
export interface Peaks {
  readonly min: number[];
  readonly max: number[];
}

/**
 * A `.dat` of version 2 with 8 bits as exactly `points` peaks. Where it has fewer pixels than
 * points, pixels are repeated. Throws a `RangeError` for another format.
 */
export function resamplePeaks(dat: Uint8Array, points: number): Peaks {
  const view = new DataView(dat.buffer, dat.byteOffset, dat.byteLength);
  if (dat.byteLength < HEADER || view.getInt32(0, true) !== 2 || view.getUint32(4, true) !== 1) {
    throw new RangeError("The waveform is not audiowaveform data of version 2 with 8 bits");
  }
  const length = Math.min(view.getUint32(16, true), (dat.byteLength - HEADER) >> 1);
  const min: number[] = [];
  const max: number[] = [];
  for (let point = 0; point < points; point++) {
    const from = Math.floor(point * length / points);
    const to = Math.max(from + 1, Math.floor((point + 1) * length / points));
    let low = 0, high = 0;
    for (let at = from; at < Math.min(to, length); at++) {
      low = Math.min(low, view.getInt8(HEADER + at * 2));
      high = Math.max(high, view.getInt8(HEADER + at * 2 + 1));
    }
    min.push(low / 128);
    max.push(high / 127);
  }
  return { min, max };
}
