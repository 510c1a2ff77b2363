/** A private nats-server with JetStream: killed, wiped, and cut off. */
import { freePort } from "./listening.ts";
import { type PrivateServer, privateServer } from "./private_server.ts";

export interface RunningNats extends PrivateServer {
  /** `nats://127.0.0.1:port`, the same after a restart. */
  readonly url: string;
  /** Each connection that is open, and the subjects that it listens on. */
  connections(): Promise<readonly { readonly name: string; readonly subjects: string[] }[]>;
  /** Kills it, empties its folder, and starts it again. */
  wipe(): Promise<void>;
}

/** Starts a server; resolves when it takes connections. */
export async function startNats(): Promise<RunningNats> {
  const watched = freePort();
  const server = await privateServer("nats-server", (port, folder) => [
    ...["-a", "127.0.0.1", "-p", String(port), "-m", String(watched), "-js", "-sd", folder],
  ]);
  return Object.assign(server, {
    url: `nats://127.0.0.1:${server.port}`,
    async connections() {
      const answer = await fetch(`http://127.0.0.1:${watched}/connz?subs=1`);
      const { connections }: { connections: { name: string; subscriptions_list?: string[] }[] } =
        await answer.json();
      return connections.map(({ name, subscriptions_list: subjects = [] }) => ({ name, subjects }));
    },
    async wipe() {
      await server.kill9();
      await Deno.remove(`${server.folder}/jetstream`, { recursive: true });
      await server.restart();
    },
  });
}
