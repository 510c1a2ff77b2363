/** Entry point of a worker. `deno task worker` prepares, then runs it. */
import { WORKER_HELP } from "../node/help.ts";
import { runUntilStopped } from "../node/run.ts";
import { startWorker } from "../node/worker.ts";

if (import.meta.main) await runUntilStopped(startWorker, WORKER_HELP);
