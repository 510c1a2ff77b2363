/** `deno task test`: all tests, on what they need, and one line that says how they went (O1). */
import { SHARED_SERVER, testServer } from "../tests/support/database.ts";
import { prepare } from "./prepare.ts";
import { check, conclude, findSuites, GATES, type Outcome, runSuites } from "./suites.ts";
import { provideTools } from "./tools.ts";

const HELP = `Usage: deno task test [--fast] [--filter TEXT] [--gate] [--yes]

  --fast         leaves the browser's tests out
  --filter TEXT  runs the tests with TEXT in their names (or /a pattern/)
  --gate         also checks format, lint and types, each counted as a test
  --yes          installs missing programs (as root on Debian) without asking; CI=true means it too
`;

interface Options {
  readonly fast: boolean;
  readonly gate: boolean;
  readonly yes: boolean;
  readonly filter: string | undefined;
}

/** The words of the command line; undefined when they are not understood. */
export function parseOptions(words: readonly string[]): Options | undefined {
  const options = { fast: false, gate: false, yes: false, filter: undefined as string | undefined };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === "--fast" || word === "--gate" || word === "--yes") {
      options[word.slice(2) as "fast" | "gate" | "yes"] = true;
    } else if (word.startsWith("--filter=")) options.filter = word.slice("--filter=".length);
    else if (word === "--filter" && rest[0] !== undefined) options.filter = rest.shift();
    else return undefined;
  }
  return options;
}

/** Runs `work`; what it throws becomes a failure with `name`, so that the rest still runs. */
async function attempt(name: string, work: () => Promise<string[]>): Promise<Outcome> {
  const began = performance.now();
  const done = (failed: string[]): Outcome => ({
    name,
    passed: 0,
    failed,
    skipped: 0,
    ms: performance.now() - began,
  });
  try {
    return done(await work());
  } catch (error) {
    return done([`${name}: ${error instanceof Error ? error.message : error}`]);
  }
}

async function main(words: readonly string[]): Promise<number> {
  if (words.includes("--help") || words.includes("-h")) {
    console.log(HELP);
    return 0;
  }
  const options = parseOptions(words);
  if (!options) {
    console.error(`Not understood: ${words.join(" ")}\n\n${HELP}`);
    return 2;
  }
  const { fast, filter, gate } = options;
  const ci = Boolean(Deno.env.get("CI"));
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
  Deno.chdir(root);
  const outcomes: Outcome[] = [];
  let missing: string[] = [];
  outcomes.push(
    await attempt("tools", async () => {
      missing = await provideTools({ yes: options.yes || ci, fast });
      return missing.map((tool) => `${tool} is missing`);
    }),
    await attempt("prepare", async () => {
      await prepare({ root });
      return [];
    }),
  );
  if (gate) { for (const [name, ...args] of GATES) outcomes.push(await check(name, ...args)); }

  const suites = await findSuites();
  if (fast) suites.delete("browser");
  else if (missing.includes("chromium")) {
    for (const file of suites.get("browser") ?? []) {
      outcomes.push(await attempt("browser", () => Promise.resolve([`${file}: no chromium`])));
    }
    suites.delete("browser");
  }
  await using owned = new AsyncDisposableStack();
  const env: Record<string, string> = {};
  outcomes.push(
    await attempt("database", async () => {
      env[SHARED_SERVER] = owned.use(await testServer()).socketDir;
      return [];
    }),
  );
  outcomes.push(...await runSuites(suites, { filter, env, checked: gate }));
  const ran = outcomes.filter(({ name }) => suites.has(name));
  if (ran.every(({ passed, failed }) => passed + failed.length === 0)) {
    const what = filter === undefined ? "There are no tests" : `No test matches ${filter}`;
    outcomes.push(await attempt("tests", () => Promise.resolve([what])));
  }
  return conclude(outcomes);
}

if (import.meta.main) Deno.exit(await main(Deno.args));
