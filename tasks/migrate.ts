/**
 * `deno task migrate`: brings the database up to date, beside a running node or without one (O6).
 */
import { ConfigError, readConfig } from "../config.ts";
import { migrate, MigrationError } from "../db/migrate.ts";
import { openDatabase } from "../db/open.ts";
import { translate } from "../db/outages.ts";
import { isRejection } from "../domain/errors.ts";
import { readArgs } from "./args.ts";

const HELP = `Brings the database up to date, beside a running node or without one.

  deno task migrate

Exit code 1: it cannot be done, and why. 2: the settings are wrong.
`;

/** What happened, to people. */
const log = {
  info: (message: string, fields?: Record<string, unknown>) => console.log(say(message, fields)),
  warn: (message: string, fields?: Record<string, unknown>) => console.error(say(message, fields)),
  error: (message: string, fields?: Record<string, unknown>) => console.error(say(message, fields)),
};
const say = (message: string, fields: Record<string, unknown> = {}) =>
  [message, ...Object.entries(fields).map(([name, value]) => `${name}=${value}`)].join(" ");

async function main(): Promise<void> {
  await using database = await openDatabase(readConfig(), log, { share: true });
  const applied = await migrate(database.sql, undefined, log);
  console.log(applied.length > 0 ? `${applied.length} applied` : "Nothing to do: up to date");
}

if (import.meta.main) {
  readArgs(HELP, {});
  try {
    await main();
  } catch (thrown) {
    const error = translate(thrown);
    if (error instanceof ConfigError) {
      console.error(error.message);
      Deno.exit(2);
    }
    if (!(error instanceof MigrationError || isRejection(error))) throw thrown;
    console.error(error.message);
    Deno.exit(1);
  }
}
