/** A private redis-server, which keeps nothing over a restart. */
import { type PrivateServer, privateServer } from "./private_server.ts";

export interface RunningRedis extends PrivateServer {
  /** `redis://127.0.0.1:port`, the same after a restart. */
  readonly url: string;
}

/** Starts a server; resolves when it takes connections. */
export async function startRedis(): Promise<RunningRedis> {
  const server = await privateServer("redis-server", (port, dir) => {
    const settings = { bind: "127.0.0.1", port, dir, save: "", appendonly: "no" };
    return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  });
  return Object.assign(server, { url: `redis://127.0.0.1:${server.port}` });
}
