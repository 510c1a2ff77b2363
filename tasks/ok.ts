/** `deno task ok`: the gate before a commit; format, lint, types, layers and unit tests. */
import { readArgs } from "./args.ts";
import { prepare } from "./prepare.ts";
import { check, conclude, findSuites, GATES, type Outcome, suite } from "./suites.ts";

const HELP = `Checks before a commit: format, lint, types, layers, unit tests.

  deno task ok

Exit code 1 where one of them fails. "deno task test" runs all tests.
`;

if (import.meta.main) {
  readArgs(HELP, {});
  const root = decodeURIComponent(new URL("..", import.meta.url).pathname).replace(/\/$/, "");
  Deno.chdir(root);
  const outcomes: Outcome[] = [];
  for (const [name, ...args] of GATES) outcomes.push(await check(name, ...args));
  await prepare({ root });
  const suites = await findSuites();
  for (const name of ["layers", "unit"]) {
    const files = suites.get(name);
    if (files) outcomes.push(await suite(name, { files, checked: true }));
  }
  Deno.exit(conclude(outcomes));
}
