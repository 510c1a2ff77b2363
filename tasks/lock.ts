/** `deno task lock`: both lock files after a change of imports, the project's and the tests'. */
import { readArgs } from "./args.ts";

const HELP = `Writes both lock files after a change of imports: deno.lock, and tests/deno.lock,
which has what only tests need too.

  deno task lock
`;

const TESTS = "tests/deno.lock";
const BASE = ".cache/tests.lock";

async function deno(...args: string[]): Promise<void> {
  const { code } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn().status;
  if (code !== 0) Deno.exit(code);
}

if (import.meta.main) {
  readArgs(HELP, {});
  Deno.chdir(new URL("..", import.meta.url));
  await deno("install", "--quiet");
  await Deno.mkdir(".cache", { recursive: true });
  // from the project's on, so that nothing stays that no import names any more
  await Deno.copyFile("deno.lock", BASE);
  await deno("check", "--quiet", `--lock=${BASE}`, ".");
  await Deno.copyFile(BASE, TESTS);
}
