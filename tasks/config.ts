/** `deno task config`: the settings in force, a line each, with secrets masked (O3). */
import { ConfigError, describeConfig, readConfig } from "../config.ts";

if (import.meta.main) {
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
