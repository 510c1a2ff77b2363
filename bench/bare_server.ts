/** Deno's server with one file in memory, as a process of its own: what any of ours could reach. */

/** Serves the file at `path` at every address, until it is disposed of. */
export async function bareServer(
  path: string,
): Promise<AsyncDisposable & { readonly url: string }> {
  const script = new URL("./loads/bare_server.ts", import.meta.url);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-q", "--no-check", "--allow-all", decodeURIComponent(script.pathname), path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const { value: port = "" } = await lines.read();
  return {
    url: `http://127.0.0.1:${Number(port)}/`,
    async [Symbol.asyncDispose]() {
      await child.stdin.close();
      await lines.cancel();
      await child.status;
    },
  };
}
