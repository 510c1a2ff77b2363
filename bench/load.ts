/** Runs a load generator as a process of its own: what it costs is not the contestant's. */

const PATH = new URL("./loads/", import.meta.url);

/**
 * Runs `loads/<name>.ts` with `order` as its only argument, in JSON, and answers with the line of
 * JSON that it prints.
 *
 * @throws {Error} with what it printed, when it fails
 */
export async function runLoad<T>(
  name: string,
  order: unknown,
  flags: readonly string[] = [],
): Promise<T> {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--frozen", "--no-check", "--allow-all", ...flags],
      ...[decodeURIComponent(new URL(`${name}.ts`, PATH).pathname), JSON.stringify(order)],
    ],
    stdin: "null",
    stderr: "inherit",
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (!success) throw new Error(`The load generator ${name} failed:\n${text}`);
  return JSON.parse(text);
}
