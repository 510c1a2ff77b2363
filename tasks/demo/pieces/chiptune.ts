/** Chiptune: two pulses, a stepped triangle and noise, as a console of 1983 had them. */
import type { Piece } from "../piece.ts";
import { finish } from "../sound/finish.ts";
import { noise, pulse, triangle } from "../sound/oscillator.ts";
import { chord, hz, type Key, note, SCALES } from "../sound/pitch.ts";
import { pick, type Random } from "../sound/random.ts";
import { grid, hits } from "../sound/rhythm.ts";
import { echo } from "../sound/space.ts";
import { blend, frames, place, RATE, silence, type Sound } from "../sound/stereo.ts";

const KEY: Key = { root: 57, scale: SCALES.minor };
const CHORUS = [0, 5, 2, 6];
const VERSE = [0, 3, 5, 4];
/** Pitches of a fast arpeggio change this often, as the screen is drawn, in seconds. */
const FRAME = 1 / 60;

/** A pulse that plays its pitches in turn, quickly: the chord of a machine with one voice. */
function blip(midis: readonly number[], width: number, held: number, fall: number): Sound {
  const sound = new Float32Array(frames(held));
  let phase = 0;
  for (let i = 0; i < sound.length; i++) {
    const t = i / RATE;
    const step = hz(midis[Math.floor(t / FRAME / 2) % midis.length] ?? 60) / RATE;
    phase = (phase + step) % 1;
    // loudness has sixteen steps
    const loud = Math.round(15 * Math.exp(-t / fall) * Math.min(1, (held - t) * 100)) / 15;
    sound[i] = pulse(phase, step, width) * loud;
  }
  return sound;
}

function stepped(midi: number, held: number): Sound {
  const sound = new Float32Array(frames(held));
  for (let i = 0; i < sound.length; i++) {
    const wave = triangle((hz(midi) * i / RATE) % 1);
    sound[i] = Math.round(wave * 7.5) / 7.5 * Math.min(1, (held - i / RATE) * 200);
  }
  return sound;
}

/** Noise that is held for `hold` samples at a time: the more, the lower. */
function crunch(hold: number, fall: number, random: Random): Sound {
  const sound = new Float32Array(frames(fall * 5));
  let value = 0;
  for (let i = 0; i < sound.length; i++) {
    if (i % hold === 0) value = noise(random);
    sound[i] = value * Math.exp(-i / RATE / fall);
  }
  return sound;
}

export const chiptune: Piece = ({ seconds, random }) => {
  const time = grid({ tempo: 150, seconds, tail: 0.8 });
  const [music, lead] = [silence(seconds), silence(seconds)];
  const [boom, snap, tick] = [
    crunch(40, 0.05, random),
    crunch(6, 0.06, random),
    crunch(2, 0.015, random),
  ];
  const phrase = () =>
    hits(pick(random, ["x.x. x.xx x..x ..x.", "x..x ..x. x.x. x...", "xxx. x.x. xxx. x.x."])).map((
      { step },
    ) => ({
      step,
      degree: pick(random, [7, 8, 9, 9, 11, 11, 13, 14]),
    }));
  // two phrases and an answer, over and over
  const [call, answer, other] = [phrase(), phrase(), phrase()];
  for (let bar = 0; bar < time.bars; bar++) {
    const isChorus = Math.floor(bar / 8) % 2 === 1;
    const step = (isChorus ? CHORUS : VERSE)[bar % 4] ?? 0;
    for (const at of [0, 4, 8, 12]) {
      const sound = blip(chord(KEY, step), 0.125, time.beat * 0.95, 0.35);
      place(music, sound, time.at(bar, at), { gain: 0.13, pan: -0.5 });
    }
    for (const { step: at } of hits("x.xx x.xx x.xx x.xx")) {
      const octave = at % 4 === 0 ? -24 : -12;
      place(music, stepped(note(KEY, step) + octave, time.step * 0.9), time.at(bar, at), {
        gain: 0.34,
      });
    }
    for (const { step: at, degree } of isChorus ? other : bar % 2 === 0 ? call : answer) {
      const midi = note(KEY, degree + (isChorus ? step % 3 : 0));
      const sound = blip([midi], isChorus ? 0.25 : 0.5, time.step * 1.9, 0.4);
      place(lead, sound, time.at(bar, at), { gain: 0.2, pan: 0.3 });
    }
    for (const { step: at } of hits("x... ..x. x... ....")) {
      place(music, boom, time.at(bar, at), { gain: 0.42 });
    }
    for (const { step: at } of hits(".... x... .... x..o")) {
      place(music, snap, time.at(bar, at), { gain: 0.3, pan: 0.1 });
    }
    for (const { step: at, strength } of hits("x.x. x.x. x.x. x.xx")) {
      place(music, tick, time.at(bar, at), { gain: 0.14 * strength, pan: 0.45 });
    }
  }
  echo(lead, { seconds: time.step * 3, feedback: 0.3, wet: 0.3, damping: 0.1 });
  blend(music, lead);
  return finish(music, { rmsDb: -15, fadeOut: 0.5 });
};
