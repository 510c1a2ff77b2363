/** `deno task bench`: our program and its peers side by side, and the tables that come of it (P). */
import type { Bench } from "../bench/bench.ts";
import { describeCommit, describeMachine } from "../bench/machine.ts";
import { report, type Result } from "../bench/report.ts";
import { play } from "../bench/rounds.ts";
import { readWords, refuse } from "./args.ts";
import { prepare } from "./prepare.ts";
import { provideTools } from "./tools.ts";

const HELP = `Usage: deno task bench [NAMES…] [--short] [--minutes=N] [--list] [--yes]

  NAMES    the benches to run; all when none is named
  --short  one round of tiny sizes, to see that they still run; writes nothing
  --minutes=N  how long the soak takes (5)
  --list   says what there is
  --yes    installs missing programs (as root on Debian) without asking; CI=true means it too

It writes bench/RESULTS.md and bench/results.json; benches that are not run keep their tables.
For figures that mean something, let nothing else run on the machine.
`;

const RESULTS = "bench/results.json";
const REPORT = "bench/RESULTS.md";
const ENDING = "_bench.ts";
/** Of a soak, unless told otherwise. */
const MINUTES = 5;

/** All benches by name, in the order of their rules. */
export async function findBenches(): Promise<Map<string, Bench>> {
  const found: [string, Bench][] = [];
  for await (const { name } of Deno.readDir("bench")) {
    if (!name.endsWith(ENDING)) continue;
    const { bench } = await import(new URL(`../bench/${name}`, import.meta.url).href);
    found.push([name.slice(0, -ENDING.length), bench]);
  }
  const byRule = new Intl.Collator("en", { numeric: true });
  return new Map(
    found.sort(([a, one], [b, two]) => byRule.compare(one.rule, two.rule) || byRule.compare(a, b)),
  );
}

async function readResults(): Promise<Record<string, Result>> {
  try {
    return JSON.parse(await Deno.readTextFile(RESULTS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    throw error;
  }
}

/** Writes both files, in the form that the gate wants. */
async function write(text: string, results: Readonly<Record<string, Result>>): Promise<void> {
  await Deno.writeTextFile(RESULTS, JSON.stringify(results));
  await Deno.writeTextFile(REPORT, text);
  const args = ["fmt", "--quiet", RESULTS, REPORT];
  const { success } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn()
    .status;
  if (!success) throw new Error(`deno fmt failed on ${RESULTS} and ${REPORT}`);
}

/** Runs one bench and says what it saw; its result, without the place it ran in. */
async function run(
  name: string,
  bench: Bench,
  { short, minutes }: { short: boolean; minutes: number },
): Promise<Pick<Result, "loadBefore" | "seen">> {
  console.log(`\n--- ${name}: ${bench.rule} ${bench.title}`);
  const [loadBefore = 0] = Deno.loadavg();
  const seen = await play(bench, { short, minutes, say: (line) => console.log(line) });
  return { loadBefore, seen };
}

async function main(): Promise<number> {
  const flag = { type: "boolean", default: false } as const;
  const { values, positionals: named } = readWords(HELP, {
    ...{ short: flag, list: flag, yes: flag },
    minutes: { type: "string", default: String(MINUTES) },
  });
  const minutes = Number(values.minutes);
  if (!(minutes > 0)) refuse(HELP, `--minutes is "${values.minutes}": wanted a number over 0`);
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname);
  Deno.chdir(root);
  const all = await findBenches();
  const unknown = named.filter((name) => !all.has(name));
  if (unknown.length > 0) {
    refuse(HELP, `Not understood: ${unknown.join(" ")}; there are ${[...all.keys()].join(", ")}`);
  }
  if (values.list) {
    for (const [name, { rule, title }] of all) {
      console.log(`${name.padEnd(16)} ${rule.padEnd(4)} ${title}`);
    }
    return 0;
  }
  const { short } = values;
  const chosen = [...all].filter(([name]) => named.length === 0 || named.includes(name));
  const only = ["ffmpeg", "ffprobe", ...chosen.flatMap(([, { tools }]) => tools)];
  const yes = values.yes || Boolean(Deno.env.get("CI"));
  const missing = await provideTools({ yes, only });
  if (missing.length > 0) {
    console.error(`Missing: ${missing.join(", ")}`);
    return 1;
  }
  await prepare({ root: root.replace(/\/$/, "") });
  const place = { ...await describeMachine(), commit: await describeCommit() };
  const failed: string[] = [];
  for (const [name, bench] of chosen) {
    try {
      const date = new Date().toISOString().slice(0, 10);
      const result = { date, ...place, ...await run(name, bench, { short, minutes }) };
      const results = { ...await readResults(), [name]: result };
      const text = report(all, results); // also in short: what cannot be told is a failure
      if (!short) await write(text, results);
    } catch (error) {
      console.error(error);
      failed.push(name);
    }
  }
  if (failed.length > 0) console.error(`\nFailed: ${failed.join(", ")}`);
  else if (!short) console.log(`\nWritten: ${REPORT}, ${RESULTS}`);
  return failed.length > 0 ? 1 : 0;
}

if (import.meta.main) Deno.exit(await main());
