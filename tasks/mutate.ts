/** `deno task mutate`: breaks one rule at a time in a copy of the project, and wants a red test. */
import { readWords, refuse } from "./args.ts";

const HELP = `Breaks rules on purpose, one at a time, and sees that their tests notice.

  deno task mutate            all of tests/mutations/*.patch
  deno task mutate NAME …     those whose name contains NAME
  --list                      what there is
  --check                     only whether each patch still applies

Each patch begins with the test that has to fail:
  Rule: A3
  Test: actors/runtime/cell_test.ts
  Name: [A3] a crash answers its caller at once and without its details
`;

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
const FOLDER = "tests/mutations";
/** A test that a mutation makes hang is ended, and counts as red, in ms. */
const LONGEST_MS = 120_000;

export interface Mutation {
  readonly name: string;
  readonly rule: string;
  readonly test: string;
  readonly title: string;
}

/** Reads the head of a patch; throws when a line of it is missing. */
export function readMutation(name: string, text: string): Mutation {
  const line = (key: string) => {
    const found = new RegExp(`^${key}: (.+)$`, "m").exec(text.split("\n--- ")[0] ?? "");
    if (!found?.[1]) throw new Error(`${name} has no line "${key}: …" before its diff`);
    return found[1].trim();
  };
  return { name, rule: line("Rule"), test: line("Test"), title: line("Name") };
}

async function run(command: string, args: readonly string[], cwd: string) {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), LONGEST_MS);
  const { code, stdout, stderr } = await child.output();
  clearTimeout(timer);
  return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

export async function mutations(): Promise<Mutation[]> {
  const found: Mutation[] = [];
  for await (const { name } of Deno.readDir(`${ROOT}/${FOLDER}`)) {
    if (!name.endsWith(".patch")) continue;
    const text = await Deno.readTextFile(`${ROOT}/${FOLDER}/${name}`);
    found.push(readMutation(name.replace(/\.patch$/, ""), text));
  }
  return found.sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether the patch of `name` fits the tree at `root`. */
export async function applies(name: string, root = ROOT): Promise<boolean> {
  return (await run("git", ["apply", "--check", `${ROOT}/${FOLDER}/${name}.patch`], root)).code ===
    0;
}

/** A copy of what git knows, changed or not, without history. */
async function copyOf(to: string): Promise<void> {
  const { text } = await run(
    "git",
    ["ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    ROOT,
  );
  for (const path of text.split("\0").filter(Boolean)) {
    const there = await Deno.stat(`${ROOT}/${path}`).then(() => true, () => false);
    if (!there) continue;
    await Deno.mkdir(`${to}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    await Deno.copyFile(`${ROOT}/${path}`, `${to}/${path}`);
  }
  // programs and bundle are as they were: no mutation is of theirs
  await Deno.symlink(`${ROOT}/.cache`, `${to}/.cache`);
}

/** Runs the one test; says whether it failed by running, and not by being absent. */
async function isRed({ test, title }: Mutation, root: string): Promise<boolean | string> {
  const filter = `/^${title.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")}/`;
  const { code, text } = await run(Deno.execPath(), [
    ...["test", "--allow-all", "--no-check", "--lock=tests/deno.lock", "--quiet"],
    ...[`--filter=${filter}`, test],
  ], root);
  // deno-lint-ignore no-control-regex
  const plain = text.replace(/\x1b\[[0-9;]*m/g, "");
  const failed = Number(/\| (\d+) failed/.exec(plain)?.[1] ?? 0);
  const passed = Number(/\| (\d+) passed/.exec(plain)?.[1] ?? 0);
  if (failed > 0) return true;
  if (code !== 0 && !/(\d+) passed/.test(plain)) return true; // ended, or brought down with it
  return passed > 0 ? false : `no test of ${test} has the name "${title}"`;
}

if (import.meta.main) {
  const { values, positionals } = readWords(HELP, {
    list: { type: "boolean" },
    check: { type: "boolean" },
  });
  const all = await mutations();
  const strange = positionals.find((part) => !all.some(({ name }) => name.includes(part)));
  if (strange !== undefined) {
    refuse(HELP, `No mutation has "${strange}" in its name; --list tells what there is`);
  }
  const chosen = all.filter(({ name }) =>
    positionals.length === 0 || positionals.some((part) => name.includes(part))
  );
  const alive: string[] = [];
  const word = values.check ? "applies" : "killed";
  const folder = await Deno.makeTempDir({ prefix: "veza-mutate-" });
  try {
    if (!values.list && !values.check) await copyOf(folder);
    for (const mutation of chosen) {
      const { name, rule, title } = mutation;
      const patch = `${ROOT}/${FOLDER}/${name}.patch`;
      if (values.list) {
        console.log(`${rule.padEnd(5)} ${name.padEnd(32)} ${title}`);
        continue;
      }
      if (!await applies(name)) {
        alive.push(`${name}: the patch does not apply any more`);
      } else if (!values.check) {
        await run("git", ["apply", patch], folder);
        const red = await isRed(mutation, folder);
        await run("git", ["apply", "--reverse", patch], folder);
        if (red !== true) alive.push(`${name}: ${red || `"${title}" passes all the same`}`);
      }
      console.log(`${alive.at(-1)?.startsWith(`${name}:`) ? "ALIVE " : word} ${rule} ${name}`);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
  for (const one of alive) console.error(one);
  if (!values.list) console.log(`${chosen.length - alive.length} ${word}, ${alive.length} alive`);
  Deno.exit(alive.length === 0 ? 0 : 1);
}
