/** Deno's server with one file in memory, as a process of its own: what any of ours could reach. */
import { type ServerProcess, startDenoServer } from "./server_process.ts";

/** Serves the file at `path` at every address, until it is disposed of. */
export const bareServer = (path: string): Promise<ServerProcess> =>
  startDenoServer("bare_server.ts", path);
