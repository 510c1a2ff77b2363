/** Measures the contestants of a bench in turn, A B A B …, and keeps every reading. */
import type { Bench, Contestant } from "./bench.ts";

/** What was read of one contestant: for each measure it has, a figure a round. */
export interface Seen {
  readonly name: string;
  readonly role: Contestant["role"];
  readonly figures: Readonly<Record<string, readonly number[]>>;
}

/** Scratch lies on a disk: /tmp may be memory, which is neither endless nor what uploads meet. */
const scratch = () => Deno.makeTempDir({ dir: ".cache", prefix: "bench-" });

/** Plays all rounds of `bench`. `short`: one round, no warm-up, tiny sizes. */
export async function play(
  bench: Bench,
  { short, minutes, say }: { short: boolean; minutes: number; say: (line: string) => void },
): Promise<Seen[]> {
  await using owned = new AsyncDisposableStack();
  const folder = await scratch();
  owned.defer(() => Deno.remove(folder, { recursive: true }));
  const contestants = await bench.open({
    ...{ short, minutes, owned },
    folder: await Deno.realPath(folder),
  });
  const seen = contestants.map(({ name, role }) => ({
    name,
    role,
    figures: {} as Record<string, number[]>,
  }));
  const warmUps = short ? 0 : bench.warmUps;
  const rounds = warmUps + (short ? 1 : bench.rounds);
  for (let round = 0; round < rounds; round++) {
    for (const [at, contestant] of contestants.entries()) {
      const readings = Object.entries(await contestant.round())
        .filter((entry): entry is [string, number] => entry[1] !== undefined);
      const wrong = readings.find(([, figure]) => !Number.isFinite(figure));
      if (wrong) throw new Error(`${contestant.name} has no figure of "${wrong[0]}": ${wrong[1]}`);
      if (round < warmUps) continue;
      for (const [key, figure] of readings) (seen[at]!.figures[key] ??= []).push(figure);
      const told = readings.map(([key, figure]) =>
        `${bench.measures[key]!.title} ${Number(figure.toPrecision(4))} ${
          bench.measures[key]!.unit
        }`
      );
      say(`${round - warmUps + 1}/${rounds - warmUps}  ${contestant.name}: ${told.join(", ")}`);
    }
  }
  return seen;
}
