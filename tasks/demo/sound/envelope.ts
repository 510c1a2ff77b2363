/** How loud a note is from its start to its end. */

/** Times in seconds, `sustain` from 0 to 1. */
export interface Envelope {
  readonly attack: number;
  readonly decay: number;
  readonly sustain: number;
  readonly release: number;
}

/** How long a note sounds that is held for `held` seconds. */
export const soundingFor = ({ release }: Envelope, held: number): number => held + release;

/** The level, 0 to 1, at `t` seconds of a note that is held for `held` seconds. */
export function level(envelope: Envelope, t: number, held: number): number {
  if (t > held) {
    const left = 1 - (t - held) / envelope.release;
    // squared: an ear hears a straight line as a note that hangs on and then breaks off
    return left <= 0 ? 0 : pressed(envelope, held) * left * left;
  }
  return pressed(envelope, t);
}

function pressed({ attack, decay, sustain }: Envelope, t: number): number {
  if (t < attack) return t / attack;
  // a third of the decay is the time constant: 95 % of the way is done at its end
  return sustain + (1 - sustain) * Math.exp(-3 * (t - attack) / decay);
}
