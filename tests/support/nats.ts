/** A private nats-server with JetStream: killed, wiped, and cut off. */
import { type PrivateServer, privateServer } from "./private_server.ts";

export interface RunningNats extends PrivateServer {
  /** `nats://127.0.0.1:port`, the same after a restart. */
  readonly url: string;
  /** Kills it, empties its folder, and starts it again. */
  wipe(): Promise<void>;
}

/** Starts a server; resolves when it takes connections. */
export async function startNats(): Promise<RunningNats> {
  const server = await privateServer("nats-server", (port, folder) => [
    ...["-a", "127.0.0.1", "-p", String(port), "-js", "-sd", folder],
  ]);
  return Object.assign(server, {
    url: `nats://127.0.0.1:${server.port}`,
    async wipe() {
      await server.kill9();
      await Deno.remove(`${server.folder}/jetstream`, { recursive: true });
      await server.restart();
    },
  });
}
