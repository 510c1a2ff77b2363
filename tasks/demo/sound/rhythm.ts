/** Time in music: bars, steps, swing, and rhythms written as words. */

/** The grid that a piece is laid on. */
export interface Grid {
  /** How many whole bars there are. */
  readonly bars: number;
  /** Length of one bar, one beat and one step, in seconds. */
  readonly bar: number;
  readonly beat: number;
  readonly step: number;
  /** When a step of a bar begins, in seconds; steps may be fractions or lie past the bar. */
  at(bar: number, step?: number): number;
}

export interface GridOptions {
  /** Beats a minute. */
  readonly tempo: number;
  readonly beats?: number;
  readonly stepsPerBeat?: number;
  /** Where the second of two steps lies between them: 0.5 is straight, 0.62 swings. */
  readonly swing?: number;
  /** Of the whole piece. */
  readonly seconds: number;
  /** Kept free after the last bar, to ring out, in seconds. */
  readonly tail?: number;
}

/** As many bars as fit into the piece; at least one, which may then be cut. */
export function grid(options: GridOptions): Grid {
  const { tempo, beats = 4, stepsPerBeat = 4, swing = 0.5, seconds, tail = 1.5 } = options;
  const beat = 60 / tempo;
  const step = beat / stepsPerBeat;
  const bar = beat * beats;
  return {
    bars: Math.max(1, Math.floor((seconds - Math.min(tail, seconds / 4)) / bar)),
    bar,
    beat,
    step,
    at(number, at = 0) {
      const late = Math.floor(at) % 2 === 1 ? (swing - 0.5) * 2 * step : 0;
      return number * bar + at * step + late;
    },
  };
}

/** A hit of a rhythm. */
export interface Hit {
  readonly step: number;
  /** 0 to 1. */
  readonly strength: number;
}

const STRENGTHS: Readonly<Record<string, number>> = { X: 1, x: 0.75, o: 0.35 };

/** Reads `X..x.o..`: a strong, a usual and a ghostly hit; all else is a rest, spaces do not count. */
export const hits = (rhythm: string): Hit[] =>
  [...rhythm.replaceAll(" ", "")].flatMap((letter, step) => {
    const strength = STRENGTHS[letter];
    return strength === undefined ? [] : [{ step, strength }];
  });

/**
 * Which part of a piece a bar is in: 0 is the first and `parts − 1` the last. A piece that has no
 * room for its parts is all middle, so that even five seconds of it sound whole.
 */
export function partOf(bar: number, bars: number, parts: number): number {
  return bars < parts * 2 ? Math.floor(parts / 2) : Math.floor(bar * parts / bars);
}
