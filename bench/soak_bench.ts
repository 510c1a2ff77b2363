/** P12: mixed load for long on one node: whether memory, open files and answers stay as they are. */
import { defineBench } from "./bench.ts";
import { answersAfter, launch } from "./launched.ts";
import { runLoad } from "./load.ts";
import type { Sample, SoakOrder } from "./loads/soak.ts";
import { makeSound } from "./sound.ts";
import { summarize } from "./statistics.ts";
import { growth } from "./thirds.ts";

const SAMPLE_SECONDS = 10;

export const bench = defineBench({
  rule: "P12",
  title: "Soak",
  what: "One node under about 200 reads a second (a track, a list, the first page, a segment), a " +
    "sign-in and sign-out each second, and one upload after the other: transcoded whole, followed " +
    "by its events, listened to, deleted. Looked at every 10 s; growth is the median of the last " +
    "third of the samples divided by that of the middle third. Any failed request ends the run.",
  tools: [],
  rounds: 1,
  long: true,
  warmUps: 0,
  measures: {
    memoryGrowth: {
      title: "memory, last third ÷ middle third",
      unit: "×",
      better: "less",
      targets: [{ atMost: 1.05 }],
    },
    handleGrowth: {
      title: "open files, last third ÷ middle third",
      unit: "×",
      better: "less",
      targets: [{ atMost: 1.05 }],
    },
    p99Growth: {
      title: "p99 of reads, last third ÷ middle third",
      unit: "×",
      better: "less",
      targets: [{ atMost: 1.25 }],
    },
    memory: { title: "memory", unit: "MiB", better: "less", targets: [] },
    handles: { title: "open files", unit: "files", better: "less", targets: [] },
    p99: { title: "p99 of reads", unit: "ms", better: "less", targets: [] },
    reads: { title: "reads", unit: "/s", better: "more", targets: [] },
    minutes: { title: "it took", unit: "min", better: "more", targets: [] },
  },
  open: async (stage) => {
    const wav = `${stage.folder}/sound.wav`;
    await makeSound(wav, 5);
    const node = stage.owned.use(launch(`${stage.folder}/node`));
    await answersAfter(node, "/readyz");
    const seconds = stage.short ? 4 : stage.minutes * 60;
    const sampleEverySeconds = stage.short ? 1 : SAMPLE_SECONDS;
    const round = async () => {
      const { url, pid } = node;
      const order: SoakOrder = { url, pid, wav, seconds, sampleEverySeconds };
      const samples = await runLoad<Sample[]>("soak", order);
      const of = (key: keyof Sample) => samples.map((sample) => sample[key]);
      const median = (key: keyof Sample) => summarize(of(key)).median;
      return {
        memoryGrowth: growth(of("memoryMiB")),
        handleGrowth: growth(of("handles")),
        p99Growth: growth(of("p99Ms")),
        memory: median("memoryMiB"),
        handles: median("handles"),
        p99: median("p99Ms"),
        reads: median("reads") / sampleEverySeconds,
        minutes: seconds / 60,
      };
    };
    return [{ name: "Veza", role: "ours", round }];
  },
});
