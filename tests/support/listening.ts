/** Where a server of a test may listen, and waiting until it does. */
import { until } from "./processes.ts";

/** Resolves when `port` of loopback takes connections; fails when `child` ends instead. */
export async function untilListening(
  name: string,
  child: Deno.ChildProcess,
  port: number,
): Promise<void> {
  let ended = false;
  void child.status.then(() => ended = true);
  await until(name, async () => {
    if (ended) throw new Error(`${name} ended at once; is it installed?`);
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return false;
      throw error;
    }
  });
}

/** A port of loopback that nobody listens on at the moment. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
