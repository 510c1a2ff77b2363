/** `deno task config`: the settings in force, a line each, with secrets masked (O3). */
import { ConfigError, readConfig } from "../config.ts";
import { describeConfig } from "../node/settings_shown.ts";
import { readArgs } from "./args.ts";

const HELP =
  `Prints the settings in force, a line each, with secrets masked. What they are: .env.example.

  deno task config

Exit code 2: some are wrong; each is told by name.
`;

if (import.meta.main) {
  readArgs(HELP, {});
  try {
    for (const [name, value] of Object.entries(describeConfig(readConfig()))) {
      console.log(`${name}=${value}`);
    }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
