/** A server as a process of its own, which prints its port in a line and ends with its input. */

/** A server that answers until it is disposed of. */
export interface ServerProcess extends AsyncDisposable {
  /** With a slash at its end. */
  readonly url: string;
  readonly pid: number;
}

/**
 * Starts `command`, and resolves when it has printed its port.
 *
 * @throws {Error} when it ends before
 */
export async function startServer(
  command: string,
  args: readonly string[],
): Promise<ServerProcess> {
  const child = new Deno.Command(command, { args: [...args], stdin: "piped", stdout: "piped" })
    .spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value } = await lines.read();
  const port = Number(value);
  if (!(port > 0)) throw new Error(`${command} ${args.join(" ")} printed no port: ${value}`);
  return {
    url: `http://127.0.0.1:${port}/`,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await lines.cancel();
      await child.status;
    },
  };
}

/** The path of a script in `bench/loads/`. */
export const loadPath = (name: string): string =>
  decodeURIComponent(new URL(`loads/${name}`, import.meta.url).pathname);

/** Starts `bench/loads/<name>` by this Deno. */
export const startDenoServer = (name: string, ...args: string[]): Promise<ServerProcess> =>
  startServer(Deno.execPath(), ["run", "-q", "--no-check", "--allow-all", loadPath(name), ...args]);
