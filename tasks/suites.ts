/** Runs checks and test suites as processes of their own, and counts what came of them. */
import { followLines } from "../tests/support/node.ts";

/** What a check or a suite came to. `failed` has a name for each failure. */
export interface Outcome {
  readonly name: string;
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: number;
  readonly ms: number;
  /** Those that failed beside others, and passed when they were run again, alone. */
  readonly mended?: readonly string[];
}

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
/**
 * A suite that hangs is ended, in ms. The whole has 15 minutes on two idle cores (O1); on a busy
 * machine a slow suite is better than one that was cut short.
 */
const LONGEST_MS = 45 * 60_000;

/** `name`: others run beside it, and its lines are told apart. */
async function deno(args: readonly string[], env: Record<string, string> = {}, name?: string) {
  const began = performance.now();
  const output = name === undefined ? "inherit" : "piped";
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env,
    stdin: "null",
    stdout: output,
    stderr: output,
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
  if (name !== undefined) {
    await followLines(child, (line) => console.log(`${name.padEnd(9)} | ${line}`));
  }
  const { code } = await child.status;
  clearTimeout(timer);
  return { code, ms: performance.now() - began };
}

/** One deno command that either passes or fails, such as `fmt --check`. */
export async function check(name: string, ...args: string[]): Promise<Outcome> {
  const { code, ms } = await deno(args);
  return code === 0
    ? { name, passed: 1, failed: [], skipped: 0, ms }
    : { name, passed: 0, failed: [`${name}: deno ${args.join(" ")}`], skipped: 0, ms };
}

/**
 * The lock of all that tests import. `deno task` fetches whatever the project's own lock names, and
 * who only wants to start a node should not wait for a browser's driver.
 */
const LOCK = "--lock=tests/deno.lock";

/** Format, lint and types of the whole project. */
export const GATES: readonly (readonly [string, ...string[]])[] = [
  ["fmt", "fmt", "--check", "--quiet"],
  ["lint", "lint", "--quiet"],
  ["types", "check", LOCK, "--frozen", "--quiet", "."],
];

/** What `deno test` wrote down of one file. */
interface Report {
  readonly file: string;
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: number;
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  amp: "&",
};
const unescape = (text: string) =>
  text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? "");

/**
 * Reads the report of `deno test --junit-path`; pure. Deno writes one element a line, and marks a
 * test that the filter left out like a skipped one, but without a time.
 */
export function readReport(xml: string): Report[] {
  const suites = xml.split("<testsuite ").slice(1);
  return suites.map((suite) => {
    const file = unescape(/name="([^"]*)"/.exec(suite)?.[1] ?? "").replace(/^\.\//, "");
    let passed = 0;
    let skipped = 0;
    const failed: string[] = [];
    for (const test of suite.split("<testcase ").slice(1)) {
      const name = unescape(/^name="([^"]*)"/.exec(test)?.[1] ?? "");
      const head = test.slice(0, test.indexOf(">\n"));
      if (/<(failure|error)[ >]/.test(test)) failed.push(`${file}: ${name}`);
      else if (!test.includes("<skipped/>")) passed += 1;
      else if (/ time="/.test(head)) skipped += 1;
    }
    return { file, passed, failed, skipped };
  });
}

/** What a suite is run with. `files` are relative to the project. */
export interface SuiteOptions {
  readonly files: readonly string[];
  readonly filter?: string | undefined;
  readonly env?: Record<string, string>;
  /** Types were checked before. */
  readonly checked?: boolean;
}

/** Whether `file` has reported, or a contract that it runs: tests count where they are written. */
async function spoke(file: string, seen: ReadonlySet<string>): Promise<boolean> {
  if (seen.has(file)) return true;
  const text = await Deno.readTextFile(`${ROOT}/${file}`);
  const contracts = [...seen].filter((one) => one.endsWith("_contract.ts"));
  return contracts.some((one) => text.includes(one.slice(one.lastIndexOf("/"))));
}

/** Where a node is followed beside the tests, a line that it logs ends one read and begins another. */
const FOLLOWING: ReadonlySet<string> = new Set(["cluster", "flows", "fuzz", "browser"]);

/** Runs the tests in `files`. A file that does not load, or has no test, counts as a failure. */
export async function suite(name: string, options: SuiteOptions): Promise<Outcome> {
  const { files, filter, env, checked = false } = options;
  const path = await Deno.makeTempFile({ prefix: "veza-tests-", suffix: ".xml" });
  try {
    const { code, ms } = await deno(
      [
        ...["test", LOCK, "--frozen", "--allow-all"],
        // the browser's driver keeps timers and sockets of its own from one test to the next
        ...name === "browser" ? [] : ["--sanitize-resources"],
        ...FOLLOWING.has(name) ? [] : ["--sanitize-ops"],
        ...[`--junit-path=${path}`, ...checked ? ["--no-check"] : []],
        ...filter === undefined ? [] : [`--filter=${filter}`],
        ...files,
      ],
      env,
      name,
    );
    const reports = readReport(await Deno.readTextFile(path));
    const failed = reports.flatMap((report) => report.failed);
    const seen = new Set(reports.map(({ file }) => file));
    const silent: string[] = [];
    for (const file of files) if (!await spoke(file, seen)) silent.push(file);
    failed.push(...silent.map((file) => `${file}: ${NOT_LOADED}`));
    if (code !== 0 && failed.length === 0) failed.push(`${name}: deno test ended with ${code}`);
    const sum = (key: "passed" | "skipped") => reports.reduce((all, one) => all + one[key], 0);
    return { name, passed: sum("passed"), failed, skipped: sum("skipped"), ms };
  } finally {
    await Deno.remove(path);
  }
}

async function* testFiles(folder: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(folder || ".")) {
    if (name.startsWith(".") || name === "data") continue;
    const path = folder ? `${folder}/${name}` : name;
    if (isDirectory) yield* testFiles(path);
    else if (/_test\.tsx?$/.test(name)) yield path;
  }
}

/**
 * The test files by suite, in the order to run them: `unit` is beside the code, `layers` are the
 * rules of who imports whom, the rest are the folders of `tests/`.
 */
export async function findSuites(): Promise<Map<string, string[]>> {
  const suites = new Map<string, string[]>([["layers", []], ["unit", []]]);
  for await (const file of testFiles("")) {
    const [top, folder = "", below] = file.split("/");
    const name = top !== "tests" ? "unit" : below ? folder : "layers";
    suites.set(name, [...suites.get(name) ?? [], file]);
  }
  // quick and telling first, the slowest last; folders not named here come before the fuzz
  const order = ["layers", "unit", "contracts", "flows", "", "fuzz", "browser"];
  const rank = (name: string) => order.includes(name) ? order.indexOf(name) : order.indexOf("");
  return new Map(
    [...suites].filter(([, files]) => files.length > 0)
      .map(([name, files]): [string, string[]] => [name, files.sort()])
      .sort(([a], [b]) => rank(a) - rank(b) || a.localeCompare(b)),
  );
}

/** The long suites, and into how many pieces their files are dealt out. */
const PIECES: Readonly<Record<string, number>> = { flows: 8, browser: 3 };

/**
 * How many pieces run side by side. Tests wait more than they work: with two at once, the processors
 * of a small machine are busy for less than half of the time.
 */
const LANES = 3;

/** Runs the suites, the long ones in pieces. The outcomes are in the order of `suites`. */
export async function runSuites(
  suites: ReadonlyMap<string, readonly string[]>,
  options: Omit<SuiteOptions, "files">,
): Promise<Outcome[]> {
  const pieces = [...suites].flatMap(([name, files]) => {
    const many = PIECES[name] ?? 1;
    return Array.from({ length: many }, (_, nth) => files.filter((_, n) => n % many === nth))
      .filter((piece) => piece.length > 0)
      .map((piece) => ({ name, files: piece }));
  });
  const outcomes = new Map<string, Outcome>();
  const lane = async () => {
    for (let piece = pieces.shift(); piece; piece = pieces.shift()) {
      const { name, files } = piece;
      const came = await suite(name, { ...options, files });
      const before = outcomes.get(name);
      outcomes.set(name, before ? both(before, came) : came);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  await runAgain(suites, outcomes, options);
  return [...suites.keys()].flatMap((name) => outcomes.get(name) ?? []);
}

/** So many files are run again at most: where more fail, it is not for the others beside them. */
const AGAIN_MOST = 5;

/**
 * Runs files in which tests failed once more, alone: what a slow machine broke off is told apart from
 * what is broken. Both are told in the end.
 */
async function runAgain(
  suites: ReadonlyMap<string, readonly string[]>,
  outcomes: Map<string, Outcome>,
  options: Omit<SuiteOptions, "files">,
): Promise<void> {
  const again = [...suites].flatMap(([name, files]) => {
    const failed = outcomes.get(name)?.failed ?? [];
    return files.filter((file) => failed.some((one) => one.startsWith(`${file}: `)))
      .map((file) => ({ name, file }));
  });
  if (again.length > AGAIN_MOST) return;
  for (const { name, file } of again) {
    console.log(`\nAgain, alone: ${file}`);
    const came = await suite(name, { ...options, files: [file] });
    outcomes.set(name, corrected(outcomes.get(name)!, file, came));
  }
}

const NOT_LOADED = "did not load, or has no test";

/** The outcome of a suite of which one file was run again; pure. */
export function corrected(first: Outcome, file: string, again: Outcome): Outcome {
  const isOfFile = (one: string) => one.startsWith(`${file}: `);
  const before = first.failed.filter(isOfFile);
  const passed = before.some((one) => one.endsWith(NOT_LOADED))
    ? again.passed
    : before.length - again.failed.length;
  return {
    ...first,
    passed: first.passed + passed,
    failed: [...first.failed.filter((one) => !isOfFile(one)), ...again.failed],
    ms: first.ms + again.ms,
    mended: [...first.mended ?? [], ...before.filter((one) => !again.failed.includes(one))],
  };
}

/** What two pieces of one suite came to. */
const both = (one: Outcome, other: Outcome): Outcome => ({
  name: one.name,
  passed: one.passed + other.passed,
  failed: [...one.failed, ...other.failed],
  skipped: one.skipped + other.skipped,
  ms: one.ms + other.ms,
});

/** Prints what failed by name, a line a suite, and last the sum. Returns the exit code. */
export function conclude(outcomes: readonly Outcome[]): number {
  const failed = outcomes.flatMap((outcome) => outcome.failed);
  console.log();
  for (const { name, passed, failed: names, skipped, ms } of outcomes) {
    const counts = `${passed} passed, ${names.length} failed${
      skipped ? `, ${skipped} skipped` : ""
    }`;
    console.log(`${name.padEnd(10)} ${counts} (${(ms / 1_000).toFixed(1)} s)`);
  }
  const mended = outcomes.flatMap((outcome) => outcome.mended ?? []);
  if (mended.length > 0) {
    console.log("\nFailed beside the others, and passed when run again, alone:");
    for (const name of mended) console.log(`  ${name}`);
  }
  if (failed.length > 0) console.log(`\nFailed:\n${failed.map((name) => `  ${name}`).join("\n")}`);
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const skipped = outcomes.reduce((sum, outcome) => sum + outcome.skipped, 0);
  console.log();
  console.log(
    `${passed} passed, ${failed.length} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`,
  );
  return failed.length > 0 ? 1 : 0;
}
