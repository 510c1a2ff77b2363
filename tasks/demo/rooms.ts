/** The rooms of the demo and what is said in them; all of it is invented. */

/** One line: who says it, and what others think of it. */
export interface DemoLine {
  /** A username of {@linkcode PEOPLE}. */
  readonly by: string;
  readonly text: string;
  /** The place of the line that it answers, from 0. */
  readonly answers?: number;
  /** One sign, and whose. */
  readonly signs?: Readonly<Record<string, readonly string[]>>;
}

export interface DemoRoom {
  readonly name: string;
  readonly topic: string;
  readonly lines: readonly DemoLine[];
}

/** Whoever says the first line made the room. */
export const ROOMS: readonly DemoRoom[] = [
  {
    name: "Workbench",
    topic: "Unfinished things, honest ears",
    lines: [
      { by: "wilga", text: "New here: post what is not done yet, say what you hear. No stars." },
      {
        by: "maren",
        text: "I have a drone that is either ten minutes too long or not long enough.",
      },
      {
        by: "lucienne",
        text: "Not long enough. It always is with you, and it is always right.",
        answers: 1,
        signs: { "😄": ["maren", "wilga"] },
      },
      { by: "tanemori", text: "今夜ビートを一つ上げます。キックが大きすぎるかも。" },
      { by: "wilga", text: "A kick is never too loud, only the rest too quiet.", answers: 3 },
      {
        by: "maren",
        text: "**Measured it:** −9 LUFS. It is too loud.",
        answers: 4,
        signs: { "🎧": ["tanemori"] },
      },
      {
        by: "tanemori",
        text: "`-14` にしました。ありがとう!",
        signs: { "❤️": ["maren", "wilga", "lucienne"] },
      },
    ],
  },
  {
    name: "Late listening",
    topic: "What is on, after midnight",
    lines: [
      { by: "tanemori", text: "終電のあと、何を聴いてる?" },
      { by: "lucienne", text: "La pluie sur le toit. Et un disque de mandoline de 1962." },
      { by: "maren", text: "Wind in the rigging. I left a recorder out on purpose." },
      {
        by: "lucienne",
        text: "Upload it, please. _Please._",
        answers: 2,
        signs: { "🌊": ["tanemori", "wilga"] },
      },
    ],
  },
  {
    name: "Machines and repairs",
    topic: "Belts, capacitors, firmware",
    lines: [
      { by: "wilga", text: "The left output of my mixer hums at 50 Hz. Ground loop, or age?" },
      { by: "lucienne", text: "Lift one end of the shield. If it stops, it is a loop." },
      {
        by: "wilga",
        text: "It stopped. Twenty minutes, and I had ordered capacitors.",
        answers: 1,
        signs: { "🔧": ["lucienne"] },
      },
    ],
  },
];
