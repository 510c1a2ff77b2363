/** A process that works until it is told to stop: signals, failures in words, and exit codes. */
import { NatsUnreachable } from "../actors/runtime/connection_nats.ts";
import { type Config, ConfigError, readConfig } from "../config.ts";
import { DataDirInUse } from "../db/data_lock.ts";
import { EmbeddedFailed } from "../db/embedded.ts";
import { MigrationError } from "../db/migrate.ts";
import { PortTaken } from "../routes/serve.ts";
import type { Log } from "../services/log.ts";
import { KeysDiffer } from "./key_prints.ts";

/** Who asks again after this time wants the end now, in ms. */
const IMPATIENT_MS = 2_000;

/** A node or a worker that has started. Disposing of it ends it in reverse order. */
export interface Running extends AsyncDisposable {
  /** Resolves, with the reason, when it cannot go on. */
  readonly failed: Promise<Error>;
}

/**
 * What escapes from one request or stream is a defect, and is told; it must not take the rooms,
 * streams and uploads of everybody else with it.
 */
export function survive(log: Pick<Log, "error">): void {
  addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    log.error("a promise was rejected and nobody looked", { error: event.reason });
  });
  addEventListener("error", (event) => {
    event.preventDefault();
    log.error("an error escaped", { error: event.error });
  });
}

/** Failures that a person can mend: told in words, without a stack. */
const isForPeople = (error: unknown): error is Error =>
  [
    ConfigError,
    DataDirInUse,
    EmbeddedFailed,
    KeysDiffer,
    MigrationError,
    NatsUnreachable,
    PortTaken,
  ].some((kind) => error instanceof kind);

/**
 * Starts, and runs until SIGINT or SIGTERM; a second one ends it at once. Then the process exits: 0
 * after a signal, 2 where the settings are wrong, 1 for anything else. It takes no words but
 * `--help`, at which it says `help`.
 */
export async function runUntilStopped(
  start: (config: Config) => Promise<Running>,
  help: string,
): Promise<never> {
  if (Deno.args.length > 0) {
    const isAsked = Deno.args.some((word) => word === "--help" || word === "-h");
    if (isAsked) console.log(help);
    else console.error(`Not understood: ${Deno.args.join(" ")}\n\n${help}`);
    Deno.exit(isAsked ? 0 : 2);
  }
  const stop = Promise.withResolvers<void>();
  let asked = Infinity;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      // Ctrl-C comes twice at once, from the terminal and from the task runner
      if (performance.now() - asked > IMPATIENT_MS) Deno.exit(130);
      asked = Math.min(asked, performance.now());
      stop.resolve();
    });
  }
  try {
    await using running = await start(readConfig());
    const broken = await Promise.race([stop.promise, running.failed]);
    if (broken) throw broken;
  } catch (error) {
    console.error(isForPeople(error) ? error.message : error);
    Deno.exit(error instanceof ConfigError ? 2 : 1);
  }
  Deno.exit(0);
}
